import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Bounds beside every row, in the table and for programs.
@Suite("Bounds of a replay")
struct BoundTests {
  @Test("each fabric's bounds are listed, one is the tightest and stands in its row")
  func listed() throws {
    try withScratchFolder { folder in
      let outcome = try succeeding(
        "replay", SmallTrace.write(in: folder), "--fabric", "torus-2d", "--fabric", "mixnet",
        "--fabric", "fat-tree", "--format", "json")
      let bounds = try outcome.rows("bounds")
      for row in try outcome.rows("fabrics") {
        let label = try #require(row["fabric"] as? String)
        let own = bounds.filter { $0["fabric"] as? String == label }
        let tightest = own.filter { $0["standing"] as? String == "tightest" }
        #expect(tightest.count == 1, "\(label)")
        #expect(tightest.first?["bound"] as? String == row["bound"] as? String)
        #expect(tightest.first?["bound_ns"] as? Double == row["bound_ns"] as? Double)
        let completion = try #require(row["completion_ns"] as? Double)
        for bound in own where bound["standing"] as? String != "does not apply" {
          #expect(try #require(bound["bound_ns"] as? Double) <= completion * (1 + 1e-9))
        }
        for bound in own { #expect((bound["assumptions"] as? String)?.isEmpty == false) }
      }
      func gap(_ fabric: String) -> Double? {
        bounds.first {
          $0["fabric"] as? String == fabric
            && $0["bound"] as? String == "maximum concurrent flow"
        }?["certified_gap_share"] as? Double
      }
      #expect(try #require(gap("torus-2d")) <= 0.02)
      #expect(gap("fat-tree") == nil && gap("mixnet") == nil)
    }
  }

  @Test("details name the bounds and, beside them, what hindsight would have made")
  func details() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let options = ["replay", trace, "--fabric", "mixnet", "--fabric", "ring"]
      let plain = try succeeding(options).output
      #expect(!plain.contains("Lower bounds of the completion"))
      let details = try succeeding(options + ["--details"]).output.replacing("\n", with: " ")
      #expect(details.contains("Lower bounds of the completion"))
      #expect(details.contains("chain: every end sends when"))
      #expect(details.contains("best policy in hindsight: no bound"))
      #expect(
        details.contains("maximum concurrent flow on all optical: circuits are free to choose"))
    }
  }

  @Test("the main table fits a terminal of 100 columns")
  func width() throws {
    try withScratchFolder { folder in
      let output = try succeeding("replay", SmallTrace.write(in: folder)).output
      let table = output.components(separatedBy: "Completion by fabric\n")[1]
        .components(separatedBy: "\n\n")[0]
      #expect(table.split(separator: "\n").allSatisfy { $0.count <= 100 })
      #expect(table.contains("──  ──"))
      #expect(table.contains("chain"))
    }
  }
}
