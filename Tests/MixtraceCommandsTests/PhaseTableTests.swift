import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// `replay --phases`: one table of every phase on every fabric.
@Suite("Phases of a replay")
struct PhaseTableTests {
  private static let fabrics = ["--fabric", "fat-tree", "--fabric", "mixnet"]

  @Test("each row names its fabric and role; places are numbers")
  func rows() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let rows = try succeeding(
        ["replay", trace, "--phases", "--all-roles", "--format", "json"] + Self.fabrics
      ).rows("phases")
      let names = Set(rows.compactMap { $0["fabric"] as? String })
      #expect(names == ["fat-tree", "mixnet", "mixnet, set once", "mixnet, commodity NIC"])
      #expect(Set(rows.compactMap { $0["role"] as? String }).isSuperset(of: ["expert", "data"]))
      let expert = rows.filter { $0["role"] as? String == "expert" }
      #expect(Set(expert.compactMap { $0["layer"] as? Int }) == [0, 1])
      #expect(Set(rows.compactMap { $0["iteration"] as? Int }) == [0, 1, 2])
      // A gradient's ring belongs to no layer.
      #expect(rows.contains { $0["role"] as? String == "data" && $0["layer"] is NSNull })
    }
  }

  @Test("CSV holds all fabrics")
  func csv() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let rows = try succeeding(
        ["replay", trace, "--phases", "--format", "csv"] + Self.fabrics
      ).csv
      #expect(
        rows[0].prefix(6) == ["fabric", "iteration", "micro_batch", "layer", "role", "phase"])
      let one = try succeeding(
        "replay", trace, "--phases", "--format", "csv", "--fabric", "fat-tree"
      ).csv
      #expect(rows.count - 1 == 4 * (one.count - 1))
    }
  }

  @Test("a fabric given twice and two tables at once are refused")
  func refused() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let twice = mixtrace("replay", trace, "--fabric", "mixnet", "--fabric", "mixnet")
      #expect(twice.status == .wrongUsage)
      #expect(twice.errors.contains("--fabric mixnet is given twice"))
      let both = mixtrace("replay", trace, "--as-recorded", "--phases", "--fabric", "fat-tree")
      #expect(both.status == .wrongUsage)
      #expect(both.errors.contains("--phases"))
    }
  }
}
