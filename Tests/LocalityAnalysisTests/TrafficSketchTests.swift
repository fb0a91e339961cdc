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

  @Test func `many ends keep exact totals and pairs within the stated error`() {
    for precision in [8, 50, 400] {
      let ends = 2000
      var sketch = TrafficSketch(endCount: ends, precision: precision)
      var exact: [UInt64: Int64] = [:]
      var received = [Int64](repeating: 0, count: ends)
      var sent = received
      var kept = received
      var total: Int64 = 0
      for (source, destination, bytes) in stream(20_000, ends: ends, seed: 2) {
        sketch.add(source: source, destination: destination, bytes: bytes)
        guard source != destination else {
          kept[source] += bytes
          continue
        }
        sent[source] += bytes
        exact[UInt64(source * ends + destination), default: 0] += bytes
        received[destination] += bytes
        total += bytes
      }
      #expect(sketch.bytes == total)
      #expect(sketch.received == received)
      #expect(sketch.sent == sent)
      #expect(sketch.kept == kept && sketch.ownBytes == kept.reduce(0, +))
      let error = sketch.heavyPairs.errorBytes
      #expect(error > 0)
      #expect(error <= total / Int64(precision))
      let heavy = sketch.heavyPairs.pairs
      #expect(heavy.count <= 2 * precision)
      for pair in heavy {
        let truth = exact[UInt64(pair.source * ends + pair.destination)] ?? 0
        #expect(pair.atLeast <= truth && truth <= pair.atMost)
      }
      let names = Set(heavy.map { UInt64($0.source * ends + $0.destination) })
      for (pair, bytes) in exact where bytes > error { #expect(names.contains(pair)) }
    }
  }

  @Test func `amounts beyond the largest integer stop there`() {
    var sketch = TrafficSketch(endCount: 2000, precision: 1)
    for pair in 0..<9 { sketch.add(source: pair, destination: 1999, bytes: .max) }
    #expect(sketch.bytes == .max)
    #expect(sketch.heavyPairs.errorBytes == .max)
  }
}
