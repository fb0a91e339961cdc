import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// `circuits`: schedulers beside each other, with the parameters that they depend on and no others.
@Suite("Circuits")
struct CircuitsTests {
  private func rows(_ table: String, _ options: String...) throws -> [[String: Any]] {
    try withScratchFolder { folder in
      try succeeding(
        ["circuits", SmallTrace.write(in: folder), "--format", "json"]
          + ["--compare", "mixnet-continue", "--compare", "solstice"] + options
      ).rows(table)
    }
  }

  @Test("one table holds one kind of switch, and no row is below its bound")
  func bounds() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      for duplex in ["paired", "independent"] {
        let rows = try succeeding(
          "circuits", trace, "--duplex", duplex, "--delay", "10 us", "--format", "json"
        ).rows("schedulers")
        #expect(rows.count > 20)
        for row in rows {
          let name = try #require(row["scheduler"] as? String)
          let time = try #require(row["completion_ns"] as? Double)
          #expect(try #require(row["bound_ns"] as? Double) <= time * (1 + 1e-9), "\(name)")
          #expect(duplex == "paired" || !name.hasPrefix("symmetrised"), "\(name)")
        }
        #expect(
          rows.contains { $0["scheduler"] as? String == "symmetrised-solstice" }
            == (duplex == "paired"))
      }
    }
  }

  @Test("a search that was given up says so, one that ended does not")
  func provenBest() throws {
    try withScratchFolder { folder in
      let trace = folder.path("wide.mixt")
      try succeeding(
        ["synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--layers", "0"]
          + ["--tokens-per-rank", "64", "--iterations", "1", "--trace", trace])
      func said(region: String) throws -> String {
        try succeeding(
          ["circuits", trace, "--duplex", "independent", "--nics-per-server", "4", "--alpha", "3"]
            + ["--delay", "1 s", "--format", "json", "--compare", "exact-permutations"]
            + ["--region", region]
        ).sentences()
      }
      #expect(try !said(region: "2").contains("not proven"))
      #expect(try said(region: "8").contains("not proven to be the best for"))
    }
  }

  @Test("the parameters in force are printed")
  func parameters() throws {
    let rows = try rows(
      "parameters", "--delay", "10 us", "--nics-per-server", "8", "--alpha", "4",
      "--payload-efficiency", "0.9",
      "--duplex", "independent", "--sharing", "split-optimal")
    let values = rows.reduce(into: [String: String]()) {
      $0[$1["parameter"] as? String ?? ""] =
        ($1["value"] as? Double).map { "\($0)" } ?? "\($1["value"] ?? "")"
    }
    #expect(values["switching delay"] == "10000.0")
    #expect(values["optical NICs per server (alpha)"] == "4.0")
    #expect(values["electrical NICs per server"] == "4.0")
    #expect(values["payload efficiency"] == "0.9")
    #expect(values["duplex"] == "independent")
    #expect(values["sharing of circuits and EPS"] == "split-optimal")
    // Every row has its own.
    #expect(values["circuit scheduler"] == nil)
  }

  @Test(
    "every option changes the answer",
    arguments: [
      ["--nic-rate", "100 Gb/s"], ["--nics-per-server", "4"], ["--payload-efficiency", "0.5"],
      ["--alpha", "2"], ["--region", "2"], ["--delay", "1 s"], ["--sharing", "split-optimal"],
    ])
  func options(option: [String]) throws {
    func times(_ options: [String]) throws -> [Double] {
      try withScratchFolder { folder in
        try succeeding(
          ["circuits", SmallTrace.write(in: folder), "--format", "json", "--compare", "solstice"]
            + options
        ).rows("schedulers").compactMap { $0["completion_ns"] as? Double }
      }
    }
    #expect(try times(option) != times([]))
  }

  @Test(
    "options without a use are not offered",
    arguments: [
      ["--policy", "never"], ["--predictor", "copilot"], ["--scheduler", "solstice"],
      ["--pacing", "recorded"], ["--cost", "built"], ["--fabrics", "x.yaml"],
      ["--switch-radix", "4"], ["--nic-policy", "pinned"], ["--fail", "controller"],
      ["--latency", "1 ms"], ["--scale-up-rate", "1 GB/s"],
    ])
  func unused(option: [String]) {
    #expect(mixtrace(["circuits", "x.mixt"] + option).status == .wrongUsage)
    #expect(!mixtrace("circuits", "--help").output.contains(option[0] + " "))
  }

  @Test("what no sequence of configurations can share is refused before anything runs")
  func fairSharing() {
    let outcome = mixtrace("circuits", "x.mixt", "--sharing", "split-fair")
    #expect(outcome.status == .wrongUsage)
    #expect(outcome.errors.contains("exclusive or split-optimal"))
  }

  @Test("a scheduler given twice is refused")
  func twice() {
    let outcome = mixtrace("circuits", "x.mixt", "--compare", "solstice", "--compare", "solstice")
    #expect(outcome.status == .wrongUsage)
    #expect(outcome.errors.contains("--compare solstice is given twice"))
  }

  @Test("batches are for sequences, and more overhead never ends sooner")
  func batches() throws {
    func times(_ overhead: String) throws -> [String: (time: Double?, row: [String: Any])] {
      try rows("schedulers", "--delay", "10 us", "--batch-overhead", overhead).reduce(into: [:]) {
        $0[$1["scheduler"] as? String ?? ""] = ($1["batched_completion_ns"] as? Double, $1)
      }
    }
    let short = try times("1 us")
    let long = try times("100 us")
    let name = "symmetrised-solstice"
    #expect(try #require(long[name]?.time) > (try #require(short[name]?.time)))
    let bound = try #require(short[name]?.row["batched_compute_bound_ns"] as? Double)
    #expect(try #require(short[name]?.time) >= bound)
    #expect(try #require(short[name]?.row["batches"] as? Double) > 0)
    #expect(short["mixnet-continue"]?.time == nil)
    #expect(
      (short["mixnet-continue"]?.row["not_batched"] as? String)?.contains("sequence") == true)
  }

  @Test("the experts' time per megabyte takes the place of the trace's compute")
  func expertCompute() throws {
    func bound(_ options: String...) throws -> Double {
      try withScratchFolder { folder in
        let row = try succeeding(
          ["circuits", SmallTrace.write(in: folder), "--compare", "solstice", "--format", "json"]
            + ["--batch-overhead", "0 us"] + options
        ).rows("schedulers")[0]
        return try #require(row["batched_compute_bound_ns"] as? Double)
      }
    }
    let once = try bound("--expert-compute-per-megabyte", "10 us")
    let twice = try bound("--expert-compute-per-megabyte", "20 us")
    #expect(abs(twice - 2 * once) < 1e-6 * twice)
    #expect(try bound() > 0)
    let alone = mixtrace("circuits", "x.mixt", "--expert-compute-per-megabyte", "1 us")
    #expect(alone.status == .wrongUsage)
  }
}
