import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// What `replay` concludes in words follows from the fabrics that were asked for.
@Suite("Verdict of replay")
struct VerdictTests {
  private func sentences(_ options: [String], fabrics: String? = nil) throws -> String {
    try withScratchFolder { folder in
      var options = options
      if let fabrics {
        let file = folder.path("fabrics.yaml")
        try write("fabrics:\n\(fabrics)".utf8, to: file)
        options += ["--fabrics", file]
      }
      return try succeeding(
        ["replay", SmallTrace.write(in: folder), "--format", "json"] + options
      ).sentences()
    }
  }

  @Test("nothing is said about circuits that nobody asked for")
  func noCircuits() throws {
    let said = try sentences(["--fabric", "fat-tree"])
    #expect(!said.contains("mixnet") && !said.contains("ircuits"), "\(said)")
  }

  @Test("what circuits are worth is said of the first fabric that sets them up, by its name")
  func named() throws {
    let said = try sentences(["--fabric", "static-circulant", "--fabric", "global-ocs"])
    #expect(said.contains("On global-ocs: Circuits shaped to this demand win"), "\(said)")
    #expect(!said.contains("mixnet"))
  }

  @Test("the delay beside the break-even is that of the fabric, with what each pair adds")
  func delay() throws {
    try withScratchFolder { folder in
      let (trace, file) = (folder.path("drift.mixt"), folder.path("fabrics.yaml"))
      try succeeding(
        SmallTrace.synth + ["--pair-affinity", "1", "--drift", "1", "--skew", "1.5"]
          + ["--iterations", "4", "--trace", trace])
      try write("fabrics: [{name: mine, base: mixnet, optical: {delay: instant}}]".utf8, to: file)
      func said(_ options: String...) throws -> String {
        try succeeding(
          ["replay", trace, "--nic-rate", "1 Gb/s", "--format", "json"] + options
        ).sentences()
      }
      #expect(
        try said("--fabric", "mixnet", "--delay", "1 ms").contains("a change takes 1 ms,"))
      // 4 servers with one optical NIC: 2 pairs.
      #expect(
        try said("--fabric", "mixnet", "--delay", "mixnet-prototype").contains(
          "a change takes 41.8 ms where all 2 pairs of a region change "
            + "(41.1 ms and 350 µs per pair)"))
      let declared = try said("--fabrics", file)
      #expect(
        declared.contains("On mine: changing circuits for every pass pays while"), "\(declared)")
      #expect(declared.contains("a change takes 0 ns,"), "\(declared)")
    }
  }

  @Test("patched fabrics are optical ones", arguments: ["topoopt", "static-circulant-forwarding"])
  func patched(fabric: String) throws {
    let said = try sentences(["--fabric", "fat-tree", "--fabric", fabric])
    #expect(said.contains("the fastest optical fabric, \(fabric), with the fastest"), "\(said)")
    #expect(try !sentences(["--fabric", "ring", "--fabric", "fat-tree"]).contains("optical"))
  }

  @Test("of fabrics at one price the faster is named, and none is cheaper than itself")
  func price() throws {
    let said = try sentences(
      [],
      fabrics: "  - {name: late, base: fat-tree, latency: 1 ns}\n  - {name: tree, base: fat-tree}\n"
    )
    #expect(said.contains("Fastest: tree,"))
    #expect(!said.contains("Cheapest"), "\(said)")
    let other = try sentences(
      [],
      fabrics: "  - {name: late, base: fat-tree, latency: 1 ns}\n"
        + "  - {name: early, base: fat-tree}\n  - {name: crossed, base: rail-optimised}\n")
    #expect(!other.contains("Cheapest within 5 %: late"), "\(other)")
  }

  @Test("where optics trade time for price, the figures are of the fabric that does so")
  func trade() throws {
    try withScratchFolder { folder in
      let (trace, file) = (folder.path("run.mixt"), folder.path("f.yaml"))
      try succeeding(
        "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "4", "--tensor", "4",
        "--layers", "0-1", "--tokens-per-rank", "256", "--iterations", "3", "--seed", "7",
        "--trace", trace)
      // Of two optical fabrics the faster is dear, the cheaper slow.
      try write(
        """
        fabrics:
          - {name: cheap, base: best-static}
          - {name: dear, base: topoopt-fitted, nics: 8}
          - {name: tree, base: fat-tree}

        """.utf8, to: file)
      let said = try succeeding("replay", trace, "--fabrics", file, "--format", "json").sentences()
      #expect(said.contains("Fastest: dear"), "\(said)")
      let first = try #require(said.split(separator: "\n").first)
      #expect(first.hasPrefix("Optics trade time for price: "))
      #expect(first.contains("% slower") && first.contains("% cheaper"), "\(first)")
      #expect(said.contains("the optical fabric that does most work per dollar, cheap, with"))
    }
  }

  @Test("no remark is left by --quiet, whichever fabrics it is about")
  func quiet() throws {
    try withScratchFolder { folder in
      let options = ["--fabric", "fat-tree", "--fabric", "mixnet", "--format", "json"]
      let trace = try SmallTrace.write(in: folder)
      let loud = try succeeding(["replay", trace] + options).json()
      let remarks = try #require(loud["remarks"] as? [String])
      #expect(remarks.contains { $0.hasPrefix("Note on ") })
      let quiet = try succeeding(["replay", trace, "--quiet"] + options)
      #expect(!quiet.output.contains("Note"))
    }
  }

  @Test("recorded starts hold the network's time, so nothing is said of its part")
  func openLoop() throws {
    try withScratchFolder { folder in
      let (capture, layout) = try SmallTrace.writeCapture(in: folder)
      let trace = folder.path("run.mixt")
      try succeeding("ingest", capture, "--layout", layout, "-o", trace)
      func row(_ pacing: String) throws -> [String: Any] {
        let outcome = try succeeding(
          "replay", trace, "--fabric", "fat-tree", "--pacing", pacing, "--format", "json")
        #expect(try pacing != "recorded" || !outcome.sentences().contains("The network is"))
        return try #require(try outcome.rows("fabrics").first)
      }
      let recorded = try row("recorded")
      for key in ["network_ns", "compute_ns", "network_of_bound_share"] {
        #expect(recorded[key] is NSNull, "\(key)")
      }
      #expect(recorded["completion_ns"] is Double && recorded["of_bound_share"] is Double)
      #expect(try row("dependencies")["network_ns"] is Double)
      try succeeding("report", trace, "-o", folder.path("r.html"), "--pacing", "recorded")
    }
  }
}
