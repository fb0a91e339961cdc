import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Options that only some fabrics have.
@Suite("Options of some fabrics")
struct FabricChoiceTests {
  @Test("options that no fabric here has are refused in words")
  func refused() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      for (options, words) in [
        (["--fabric", "fat-tree", "--duplex", "independent"], "--duplex"),
        (["--fabric", "mixnet", "--routing", "ecmp"], "--routing"),
        (["--fabric", "fat-tree", "--queue-pairs", "4"], "--queue-pairs needs --routing ecmp"),
        (["--fabric", "fat-tree-ecmp", "--routing", "spray"], "paths of its own"),
        (["--whole-boxes", "--cost", "mixnet-paper"], "counts ports, not boxes"),
      ] {
        let outcome = mixtrace(["replay", trace] + options)
        #expect(outcome.status == .wrongUsage, "\(options)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
      let sweep = mixtrace(
        "sweep", trace, "--fabric", "mixnet", "--vary", "routing=ecmp", "-o", folder.path("s.csv"))
      #expect(sweep.status == .wrongUsage && sweep.errors.contains("--routing"))
    }
  }

  @Test("duplex, paths, queue pairs and the islands' rate are in force and printed")
  func inForce() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      func values(_ options: String...) throws -> [String: String] {
        try succeeding(["replay", trace, "--format", "json"] + options).rows("parameters")
          .reduce(into: [:]) { values, row in
            values[row["parameter"] as? String ?? ""] =
              (row["value"] as? Double).map { "\(Int($0))" } ?? row["value"] as? String
          }
      }
      #expect(
        try values("--fabric", "mixnet", "--duplex", "independent")["duplex"] == "independent")
      let hashed = try values(
        "--fabric", "fat-tree-3to1", "--switch-radix", "8", "--routing", "ecmp",
        "--queue-pairs", "4")
      #expect(hashed["paths"] == "hashed" && hashed["queue pairs per pair and NIC"] == "4")
      #expect(
        try values("--fabric", "fat-tree", "--routing", "d-mod-k")["paths"] == "d-mod-k")
      #expect(
        try values("--fabric", "fat-tree-ecmp", "--queue-pairs", "3")[
          "queue pairs per pair and NIC"] == "3")
      let rate = "NIC rate per direction"
      #expect(try values("--fabric", "nvl72")[rate] == "800000000000")
      #expect(try values("--fabric", "nvl72", "--nic-rate", "400 Gb/s")[rate] == "400000000000")
      #expect(try values("--fabric", "fat-tree")[rate] == "400000000000")
    }
  }

  @Test("whole boxes cost at least what their used ports do")
  func wholeBoxes() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      func cost(_ options: String...) throws -> Double {
        try #require(
          try succeeding(
            ["replay", trace, "--fabric", "fat-tree", "--format", "json"] + options
          ).rows("fabrics")[0]["cost_usd"] as? Double)
      }
      #expect(try cost("--whole-boxes") > cost())
    }
  }
}
