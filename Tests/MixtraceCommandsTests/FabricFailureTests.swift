import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Fabrics that a trace cannot be replayed on: a row that says why, the others as ever.
@Suite("Fabrics without a result")
struct FabricFailureTests {
  @Test(
    "a failure that a fabric cannot have leaves the others their results",
    arguments: [
      ("controller", "fat-tree", "no circuits to control"),
      ("leaf 0 uplink 0", "ideal", "no such link"),
      ("region 0 plane 0", "rail-optimised", "there are 0 regions"),
      ("link 0 1", "mixnet", "no such link"),
    ])
  func impossible(failure: String, fabric: String, reason: String) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let able = ["controller": "mixnet", "region 0 plane 0": "mixnet", "link 0 1": "ring"]
      let outcome = mixtrace(
        "replay", trace, "--fabric", able[failure] ?? "fat-tree", "--fabric", fabric,
        "--switch-radix", "4", "--fail", failure, "--format", "json")
      #expect(outcome.status == .doneWithWarnings, "\(outcome.errors)")
      let rows = try outcome.rows("fabrics")
      let failed = try #require(rows.first { $0["fabric"] as? String == fabric })
      #expect(failed["completion_ns"] is NSNull)
      #expect((failed["failure"] as? String)?.contains(reason) == true, "\(failed)")
      let other = try #require(rows.first { $0["fabric"] as? String != fabric })
      #expect(other["completion_ns"] is Double && other["failure"] is NSNull)
      let said = try outcome.sentences()
      #expect(said.contains("\(fabric) has no result: ") && said.contains(reason), "\(said)")
      #expect(!said.contains("with the fastest electrical one, \(fabric)"))
    }
  }

  @Test("one reason is said once, with all the fabrics that have it")
  func together() throws {
    try withScratchFolder { folder in
      let outcome = mixtrace(
        "replay", try SmallTrace.write(in: folder), "--fail", "controller", "--format", "json")
      #expect(outcome.status == .doneWithWarnings)
      let said = try outcome.sentences()
      #expect(
        said.contains("ideal; fat-tree; fat-tree-3to1; rail-optimised have no result: "), "\(said)")
      #expect(said.components(separatedBy: "no circuits to control").count == 2)
      #expect(try outcome.rows("fabrics").count == 8)
    }
  }

  @Test("a fabric with a failure stands beside itself without")
  func slowdown() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      func row(_ options: String...) throws -> [String: Any] {
        try #require(
          try succeeding(
            ["replay", trace, "--fabric", "fat-tree", "--nic-rate", "1 Gb/s", "--format", "json"]
              + options
          ).rows("fabrics").first)
      }
      let failed = try row("--fail", "server 1 nic 0")
      let healthy = try row()
      #expect(healthy["failure_slowdown_share"] is NSNull)
      let (time, usual) = (failed["completion_ns"] as? Double, healthy["completion_ns"] as? Double)
      let slower = try #require(failed["failure_slowdown_share"] as? Double)
      #expect(slower > 0)
      #expect(abs(slower + 1 - (try #require(time)) / (try #require(usual))) < 1e-12)
    }
  }

  @Test("nothing replayed is a failure, with every fabric's reason")
  func none() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = mixtrace(
        "replay", trace, "--fabric", "ideal", "--fabric", "fat-tree", "--fail", "controller")
      #expect(outcome.status == .failed)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains("ideal; fat-tree have no result"), "\(outcome.errors)")
    }
  }

  @Test("the report says which fabric has no result")
  func report() throws {
    try withScratchFolder { folder in
      let page = folder.path("r.html")
      let outcome = mixtrace(
        "report", try SmallTrace.write(in: folder), "-o", page, "--fabric", "fat-tree",
        "--fabric", "mixnet", "--fail", "controller")
      #expect(outcome.status == .doneWithWarnings, "\(outcome.errors)")
      #expect(try String(contentsOfFile: page, encoding: .utf8).contains("fat-tree has no result"))
    }
  }

  @Test("a value that does not fit one fabric is no matter to another")
  func unnamed() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      try succeeding("replay", trace, "--fabric", "fat-tree", "--alpha", "99")
      let outcome = mixtrace(
        "replay", trace, "--fabric", "fat-tree", "--fabric", "mixnet", "--alpha", "99")
      #expect(outcome.status == .wrongUsage)
      #expect(outcome.errors.contains("fabric mixnet: 99 optical NICs"), "\(outcome.errors)")
      let path = folder.path("s.csv")
      _ = mixtrace(
        "sweep", trace, "-o", path, "--fabric", "fat-tree", "--fabric", "mixnet", "--vary",
        "alpha=2,99")
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      let trees = lines.filter { $0.contains(",fat-tree,") }.map(fieldsOfCSV)
      let completion = try #require(fieldsOfCSV(lines[0]).firstIndex(of: "completion_ns"))
      #expect(trees.count == 2)
      #expect(trees.allSatisfy { Double($0[completion]) ?? 0 > 0 })
    }
  }
}
