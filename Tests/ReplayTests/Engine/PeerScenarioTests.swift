import Foundation
import Replay
import TestSupport
import Testing

@Suite struct PeerScenarioTests {
  /// Scenario S1: 128 nodes, all pairs, NICs of 50 bytes/ns, pools of 4 and 16 of them.
  static func scenarioS1() -> FluidProblem {
    let nodes = 128
    var problem = FluidProblem()
    let tiers = [(1, 50.0), (4, 200.0), (16, 800.0)].map { (group, capacity) in
      (
        group: group,
        up: (0..<nodes / group).map { _ in problem.appendLink(capacity: capacity) },
        down: (0..<nodes / group).map { _ in problem.appendLink(capacity: capacity) }
      )
    }
    for source in 0..<nodes {
      for destination in 0..<nodes where destination != source {
        let climbed = tiers.filter {
          $0.group == 1 || source / $0.group != destination / $0.group
        }
        problem.appendFlow(
          bytes: Double(((31 * source + 17 * destination) % 97 + 1) * 16_384),
          over: climbed.map { $0.up[source / $0.group] }
            + climbed.reversed().map { $0.down[destination / $0.group] })
      }
    }
    return problem
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func everyFlowOfS1EndsWhenTheReferenceSays() throws {
    let reference = try Programs.run(
      ["gzip", "-dc", RealInputs.path("peers/fct/S1_fluid_spray.csv.gz")]
    ).output.split(separator: "\n").dropFirst()
    let problem = Self.scenarioS1()
    let solution = try problem.solve()
    #expect(reference.count == problem.flowCount)
    #expect(abs(solution.completion / 1000 - 2083.717) < 0.0006)
    var mismatches = 0
    for (flow, line) in reference.enumerated() {
      let cells = line.split(separator: ",")
      let microseconds = try #require(Double(cells[3]))
      #expect(Double(cells[2]) == problem.flowBytes[flow])
      let error = abs(solution.finish[flow] / 1000 - microseconds)
      if error > 1e-6 * microseconds + 0.0005001 { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }
}
