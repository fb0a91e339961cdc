import Foundation
import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

@Suite struct EffectiveRankTests {
  @Test func `one pattern, n patterns, and an empty diagonal that is none`() {
    // Hot senders and receivers, with and without what they send themselves.
    var product = TrafficMatrix(size: 8)
    for source in 0..<8 {
      for destination in 0..<8 {
        product[source, destination] = Int64((source + 1) * (destination + 2))
      }
    }
    #expect(isClose(effectiveRank(product), 1, within: 1e-6))
    #expect(isClose(effectiveRank(product.withoutDiagonal), 1, within: 1e-6))
    #expect(isClose(effectiveRank(Fixture.uniform(5)), 1, within: 1e-9))
    var identity = TrafficMatrix(size: 6)
    for end in 0..<6 { identity[end, end] = 7 }
    #expect(isClose(effectiveRank(identity), 6, within: 1e-9))
    #expect(effectiveRank(TrafficMatrix(size: 3)) == nil)
    #expect(effectiveRank(Fixture.uniform(257)) == nil)
  }

  @Test func `scale and direction change nothing`() throws {
    var random = RandomStream(seed: 21)
    for size in 2...12 {
      var matrix = Fixture.random(size, &random)
      matrix[0, 0] = 1
      let rank = try #require(effectiveRank(matrix))
      #expect((1...Double(size) + 1e-9).contains(rank))
      #expect(isClose(effectiveRank(matrix.transposed), rank, within: 1e-6))
      for cell in matrix.cells.indices { matrix.cells[cell] *= 1000 }
      #expect(isClose(effectiveRank(matrix), rank, within: 1e-9))
    }
  }

  /// Singular values of [[4, 0], [3, −5]] are √40 and √10.
  @Test func `singular values of a matrix done by hand`() {
    let values = singularValues([4, 0, 3, -5], size: 2)
    #expect(isClose(values[0], 40.0.squareRoot(), within: 1e-12))
    #expect(isClose(values[1], 10.0.squareRoot(), within: 1e-12))
  }

  /// One-sided rotations (Hestenes 1958) share no step with reflections.
  @Test func `singular values are those that rotations find`() {
    var random = RandomStream(seed: 27)
    for size in 1...24 {
      for rank in [1, (size + 1) / 2, size] {
        // A product of two thin matrices, of the rank wanted.
        let left = (0..<size * rank).map { _ in random.unit() - 0.3 }
        let right = (0..<size * rank).map { _ in random.unit() - 0.3 }
        let cells = (0..<size * size).map { cell in
          (0..<rank).reduce(0.0) {
            $0 + left[cell / size * rank + $1] * right[cell % size * rank + $1]
          }
        }
        let (found, expected) = (singularValues(cells, size: size), rotated(cells, size: size))
        #expect(found.count == size)
        for (value, other) in zip(found, expected) {
          #expect(abs(value - other) <= 1e-13 * expected[0] * Double(size), "\(size) of \(rank)")
        }
      }
    }
    #expect(singularValues([Double](repeating: 0, count: 9), size: 3) == [0, 0, 0])
    #expect(isClose(singularValues([-3], size: 1).first, 3, within: 1e-12))
  }

  private func rotated(_ cells: [Double], size: Int) -> [Double] {
    var rows = (0..<size).map { Array(cells[$0 * size..<($0 + 1) * size]) }
    func product(_ one: Int, _ other: Int) -> Double {
      zip(rows[one], rows[other]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for _ in 0..<60 {
      for first in 0..<size {
        for second in first + 1..<max(first + 1, size) {
          let (left, right, both) = (
            product(first, first), product(second, second), product(first, second)
          )
          guard abs(both) > 1e-16 * (left * right).squareRoot(), both != 0 else { continue }
          let slope = (right - left) / (2 * both)
          let tangent = (slope < 0 ? -1 : 1) / (abs(slope) + (1 + slope * slope).squareRoot())
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          for column in 0..<size {
            let (one, other) = (rows[first][column], rows[second][column])
            rows[first][column] = cosine * (one - tangent * other)
            rows[second][column] = cosine * (tangent * one + other)
          }
        }
      }
    }
    return (0..<size).map { product($0, $0).squareRoot() }.sorted(by: >)
  }

  /// From numpy's singular values.
  @Test(
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
    arguments: [
      ("mixnet_tokens_8x8_measured", 2.1363467237600933),
      ("mixnet_wm_ep8_zipf", 6.211142026587898), ("mixnet_wm_ep16_zipf", 10.363166687415633),
    ])
  func `published matrices`(name: String, expected: Double) throws {
    let matrix = try Fixture.real("mixnet/\(name).txt")
    #expect(isClose(effectiveRank(matrix), expected, within: 1e-9))
  }
}

@Suite struct CoverageTests {
  @Test func `shares, idle pairs and destinations of a small matrix`() throws {
    // 0 sends 90, 5, 5; 1 sends 30, 30, 40; 2 and 3 nothing. Mean pair: 200 / 12.
    let matrix = TrafficMatrix(rows: [
      [9, 90, 5, 5], [30, 0, 30, 40], [0, 0, 0, 0], [0, 0, 0, 0],
    ])
    let coverage = try #require(Coverage(matrix))
    #expect(coverage.points.map(\.pairCount) == [1, 2, 4, 8, 12])
    #expect(coverage.points.map(\.share) == [0.45, 0.65, 0.95, 1, 1])
    #expect(coverage.sparsity.map(\.threshold) == [0, 0.01, 0.1, 0.5])
    // Six of twelve are idle; 5 and 5 are below half of 16.7.
    let shares: [Double] = coverage.sparsity.map(\.share)
    #expect(isClose(shares[0], 0.5, within: 1e-12))
    #expect(isClose(shares[2], 0.5, within: 1e-12))
    #expect(isClose(shares[3], 8.0 / 12, within: 1e-12))
    #expect(coverage.sourceCount == 2)
    #expect(coverage.medianDestinations == 1)
    #expect(coverage.mostDestinations == 3)
    #expect(Coverage(TrafficMatrix(size: 4)) == nil)
  }
}
