import LocalityAnalysis
import Testing
import TraceModel

@Suite struct TrafficSketchTests {
  /// Transfers between `ends` ends, few of them heavy.
  private func stream(_ count: Int, ends: Int, seed: UInt64) -> [(Int, Int, Int64)] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { _ in
      let heavy = random.below(3) == 0
      return (
        heavy ? random.below(4) : random.below(ends), heavy ? 5 : random.below(ends),
        Int64(1 + random.below(heavy ? 4000 : 400))
      )
    }
  }

  @Test func `few ends are exact`() {
    var sketch = TrafficSketch(endCount: 16)
    var matrix = TrafficMatrix(size: 16)
    for (source, destination, bytes) in stream(5000, ends: 16, seed: 1) {
      sketch.add(source: source, destination: destination, bytes: bytes)
      matrix[source, destination] += bytes
    }
    let remote = matrix.withoutDiagonal
    #expect(sketch.exactPairs == remote)
    #expect(sketch.bytes == remote.total)
    #expect(sketch.ownBytes == matrix.total - remote.total)
    #expect(sketch.sent == remote.rowSums)
    #expect(sketch.received == remote.columnSums)
    #expect(sketch.errorBytes == 0)
    #expect(sketch.structure == PairStructure(remote))
    let top = sketch.heaviest(3)
    #expect(top.count == 3)
    #expect(top.first?.atLeast == remote.cells.max())
    #expect(top.allSatisfy { $0.atLeast == $0.atMost })
  }

  @Test func `many ends keep exact totals and pairs within the stated error`() {
    for precision in [8, 50, 400] {
      let ends = 2000
      var sketch = TrafficSketch(endCount: ends, precision: precision)
      var exact: [UInt64: Int64] = [:]
      var received = [Int64](repeating: 0, count: ends)
      var total: Int64 = 0
      for (source, destination, bytes) in stream(20_000, ends: ends, seed: 2)
      where source != destination {
        sketch.add(source: source, destination: destination, bytes: bytes)
        exact[UInt64(source * ends + destination), default: 0] += bytes
        received[destination] += bytes
        total += bytes
      }
      #expect(sketch.bytes == total)
      #expect(sketch.received == received)
      #expect(sketch.exactPairs == nil)
      #expect(sketch.errorBytes > 0)
      #expect(sketch.errorBytes <= total / Int64(precision))
      let kept = sketch.heaviest(.max)
      #expect(kept.count <= 2 * precision)
      for pair in kept {
        let truth = exact[UInt64(pair.source * ends + pair.destination)] ?? 0
        #expect(pair.atLeast <= truth && truth <= pair.atMost)
      }
      let names = Set(kept.map { UInt64($0.source * ends + $0.destination) })
      for (pair, bytes) in exact where bytes > sketch.errorBytes { #expect(names.contains(pair)) }
    }
  }

  @Test func `a workload adds up to its matrix`() {
    let demand = TrafficMatrix(rows: [[7, 3, 5], [0, 0, 2], [1, 0, 0]])
    let workload = expertWorkload(
      [(0, 0, demand), (1, 0, demand)], phases: Phase.allToAlls, bytesPerUnit: 10)
    var sketch = TrafficSketch(endCount: 3)
    sketch.add(workload)
    #expect(sketch.exactPairs == workload.trafficMatrix()?.withoutDiagonal)
    #expect(sketch.ownBytes == 2 * 4 * 70)
    #expect(sketch.transferCount == 2 * 4 * 5)
  }

  @Test func `amounts beyond the largest integer stop there`() {
    var sketch = TrafficSketch(endCount: 2000, precision: 1)
    for pair in 0..<9 { sketch.add(source: pair, destination: 1999, bytes: .max) }
    #expect(sketch.bytes == .max)
    #expect(sketch.errorBytes == .max)
    #expect(TrafficSketch(endCount: 3).receipts == nil)
  }
}
