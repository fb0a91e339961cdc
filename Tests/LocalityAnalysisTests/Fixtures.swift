import Foundation
import TestSupport
import TraceModel

/// Matrices whose statistics are known (computed with numpy, independently of this code).
enum Fixture {
  /// Every off-diagonal cell from a formula of source and destination.
  static func matrix(_ size: Int, _ cell: (Int, Int) -> Int) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: size)
    for source in 0..<size {
      for destination in 0..<size where source != destination {
        matrix[source, destination] = Int64(cell(source, destination))
      }
    }
    return matrix
  }

  static let f8 = matrix(8) { ((7 * $0 + 13 * $1 + 5 * $0 * $1) % 17) + 1 }
  /// Two planted blocks of four.
  static let b8 = matrix(8) { $0 / 4 == $1 / 4 ? 10 : 1 }
  /// Heavy pairs at distance ±3, light ones elsewhere.
  static let p8 = matrix(8) { [3, 5].contains(($1 - $0 + 8) % 8) ? 40 : 1 }
  static let shift8 = matrix(8) { ($0 + 1) % 8 == $1 ? 1 : 0 }
  static func uniform(_ size: Int, bytes: Int = 1) -> TrafficMatrix {
    matrix(size) { _, _ in bytes }
  }

  /// Integers of random size, some of them zero, zero diagonal.
  static func random(_ size: Int, _ random: inout RandomStream) -> TrafficMatrix {
    matrix(size) { _, _ in random.below(3) == 0 ? 0 : random.below(1000) }
  }

  /// Rows of integers as MixNet's simulator writes them: [[1,2],[3,4]].
  static func real(_ name: String) throws -> TrafficMatrix {
    let data = try Data(contentsOf: URL(fileURLWithPath: RealInputs.path(name)))
    return TrafficMatrix(rows: try JSONDecoder().decode([[Int64]].self, from: data))
  }
}

/// A workload of expert all-to-alls, one per matrix, all four phases where asked for.
func expertWorkload(
  _ demands: [(iteration: Int32, layer: Int32, matrix: TrafficMatrix)], layout: Layout? = nil,
  grain: Grain = .server, phases: [Phase] = [.dispatchForward], bytesPerUnit: Int64 = 1,
  provenance: [String: Provenance] = [:]
) -> Workload {
  var set = DemandSet()
  var steps: [Workload.Step] = []
  for (number, entry) in demands.enumerated() {
    let demand = set.append(entry.matrix)
    for phase in phases {
      steps.append(
        Workload.Step(
          operation: Int32(number), kind: .allToAll, role: .expert, phase: phase,
          iteration: entry.iteration, layer: entry.layer, demand: demand,
          isTransposed: phase.runsFromExperts, bytesPerUnit: bytesPerUnit))
    }
  }
  let size = demands.first?.matrix.size ?? 0
  return Workload(
    grain: grain, layout: layout ?? Layout(serverCount: size, gpusPerServer: 1), demands: set,
    steps: steps, provenance: provenance)
}

func isClose(_ value: Double?, _ expected: Double, within tolerance: Double = 5e-6) -> Bool {
  guard let value else { return false }
  return abs(value - expected) <= tolerance
}
