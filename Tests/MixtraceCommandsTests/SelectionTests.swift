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

  @Test("roles that a what-if change adds can be chosen")
  func addedRoles() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let all = try replayed(trace, "--all-roles")
      let tensor = try replayed(trace, "--all-roles", "--role", "data")
      #expect(0 < tensor && tensor < all)
      let expert = try replayed(trace, "--all-roles", "--role", "expert")
      #expect(expert < all)
    }
  }

  @Test("a model with other experts is refused, another with as many is named")
  func otherModel() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let refused = mixtrace("replay", trace, "--model", "deepseek-v3")
      #expect(refused.status == .wrongUsage)
      #expect(
        refused.errors.contains("deepseek-v3 has 256 experts")
          && refused.errors.contains("Mixtral 8x7B with 8"), "\(refused.errors)")
      for verb in [["replay", "--fabric", "fat-tree"], ["circuits"], ["analyze", "--no-regions"]] {
        func sentences(_ model: String...) throws -> String {
          try succeeding([verb[0], trace, "--format", "json"] + verb.dropFirst() + model)
            .sentences()
        }
        #expect(
          try sentences("--model", "mixtral-8x22b").hasPrefix(
            "The trace was recorded with Mixtral 8x7B; its bytes are those of --model mixtral-8x22b."
          ))
        #expect(try !sentences().contains("recorded with"))
      }
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
