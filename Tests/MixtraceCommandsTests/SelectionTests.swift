import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Options that name a part of a trace change what every verb reads.
@Suite("Parts of a trace")
struct SelectionTests {
  private func replayed(_ trace: String, _ options: String...) throws -> Double {
    let rows = try succeeding(
      ["replay", trace, "--fabric", "fat-tree", "--format", "json"] + options
    ).rows("fabrics")
    return try #require(rows.first?["network_ns"] as? Double)
  }

  @Test("iterations add up to the whole; phases and layers are parts of it that overlap")
  func parts() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let whole = try replayed(trace)
      let phases = ["dispatch-forward", "combine-forward", "combine-backward", "dispatch-backward"]
      let byPhase = try phases.map { try replayed(trace, "--phase", $0) }
      #expect(byPhase.allSatisfy { 0 < $0 && $0 < whole })
      let byLayer = try ["0", "1"].map { try replayed(trace, "--layer", $0) }
      #expect(byLayer.allSatisfy { 0 < $0 && $0 < whole })
      let first = try replayed(trace, "--iteration", "0")
      let rest = try replayed(trace, "--iteration", "1-2")
      #expect(abs(first + rest - whole) < 1e-6 * whole)
    }
  }

  @Test("analyze looks at the phase that was asked for")
  func analyze() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let rows = try succeeding(
        "analyze", trace, "--no-regions", "--phase", "combine-forward", "--format", "json"
      ).rows("bytes")
      #expect(rows.map { $0["phase"] as? String } == ["combine-forward"])
    }
  }

  @Test("export keeps to the part: rows of other phases and layers are not in it")
  func export() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let all = try succeeding("export", trace, "operations").csv
      let part = try succeeding(
        "export", trace, "operations", "--phase", "combine-backward", "--layer", "1"
      ).csv
      #expect(part[0] == all[0])
      #expect(part.count == 1 + 3)
      let layer = try #require(all[0].firstIndex(of: "layer"))
      #expect(part.dropFirst().allSatisfy { $0[layer] == "1" })
      let routing = try succeeding("export", trace, "routing").csv.count
      let first = try succeeding("export", trace, "routing", "--iteration", "0").csv.count
      #expect(1 < first && first < routing)
    }
  }

  @Test("a compressed name gives a compressed file")
  func compressedExport() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      for subject in ["matrix", "operations"] {
        try succeeding("export", trace, subject, "-o", folder.path("x.csv.zst"))
        try succeeding("export", trace, subject, "-o", folder.path("x.csv.gz"))
        #expect(try bytes(of: folder.path("x.csv.zst")).starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
        #expect(try bytes(of: folder.path("x.csv.gz")).starts(with: [0x1F, 0x8B]))
      }
      try succeeding("export", trace, "matrix", "-o", folder.path("x.npy"))
      #expect(try bytes(of: folder.path("x.npy")).starts(with: [0x93] + Array("NUMPY".utf8)))
    }
  }
}
