import Foundation
import TestSupport
import TraceModel

/// The demands on which schedulers are compared; unit rates, so that times are demand ÷ ports.
enum Fixtures {
  static let a4 = TrafficMatrix(rows: [[0, 5, 1, 2], [3, 0, 4, 1], [2, 2, 0, 6], [1, 4, 3, 0]])

  static let f8 = matrix(8) { Int64((7 * $0 + 13 * $1 + 5 * $0 * $1) % 17 + 1) }

  /// 40 at ring offsets ±s, 1 elsewhere.
  static func p8(_ offset: Int) -> TrafficMatrix {
    matrix(8) { [offset, 8 - offset].contains(($1 - $0 + 8) % 8) ? 40 : 1 }
  }

  private static func matrix(_ size: Int, _ cell: (Int, Int) -> Int64) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: size)
    for row in 0..<size {
      for column in 0..<size where row != column { matrix[row, column] = cell(row, column) }
    }
    return matrix
  }

  /// The measured tokens per (source, expert) that MixNet's simulator carries, without its diagonal.
  static func shipped() throws -> TrafficMatrix {
    let data = try Data(
      contentsOf: URL(
        fileURLWithPath: RealInputs.path("mixnet/mixnet_tokens_8x8_measured.txt")))
    return TrafficMatrix(rows: try JSONDecoder().decode([[Int64]].self, from: data)).withoutDiagonal
  }

  /// Random bytes without ties, so that no scheduler has to break one.
  static func random(_ size: Int, _ random: inout RandomStream) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: size)
    for row in 0..<size {
      for column in 0..<size where row != column {
        matrix[row, column] = 1 + Int64(random.below(1 << 30))
      }
    }
    return matrix
  }
}
