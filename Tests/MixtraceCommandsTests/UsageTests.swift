import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Wrong command lines: status 64, what was meant, nothing done.
@Suite("Wrong usage")
struct UsageTests {
  /// Runs a command line that must be refused, and returns what it said.
  private func refused(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) -> String {
    let outcome = mixtrace(arguments)
    #expect(outcome.status == .wrongUsage, "\(arguments)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    return outcome.errors
  }

  @Test("an unknown flag names the nearest one")
  func flag() {
    #expect(refused(["replay", "x.mixt", "--alhpa", "6"]).contains("Did you mean '--alpha'?"))
  }

  @Test("an unknown verb names the nearest one")
  func verb() {
    #expect(refused(["analyse", "x.mixt"]).contains("Did you mean analyze?"))
    #expect(refused(["frobnicate"]).contains("Verbs: capture, ingest, attribute, join, info"))
  }

  @Test("an unknown model names the nearest one")
  func model() {
    let words = refused(["synth", "mixtral-8x7", "--trace", "x.mixt"])
    #expect(words.contains("Did you mean mixtral-8x7b?"))
    #expect(words.contains("deepseek-v3"))
  }

  @Test("an unknown fabric names the nearest one and all others")
  func fabric() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let words = refused(["replay", trace, "--fabric", "mixnett"])
      #expect(words.contains("Did you mean mixnet?"))
      #expect(words.contains("fat-tree"))
      #expect(words.contains("See 'mixtrace replay --help'"))
    }
  }

  @Test("an unknown scheduler or predictor names those that take a word or number too")
  func families() {
    let options = ["replay", "x.mixt", "--scheduler"]
    #expect(refused(options + ["nobody"]).contains("symmetrised-NAME of a directed one"))
    #expect(
      refused(options + ["symmetrised-solstce"]).contains("Did you mean symmetrised-solstice?"))
    #expect(
      refused(options + ["symmetrised-mixnet-continue"]).contains("leave out symmetrised-"))
    let predictor = ["replay", "x.mixt", "--policy", "predicted", "--predictor"]
    #expect(refused(predictor + ["nobody"]).contains("and ewma-WEIGHT"))
    #expect(refused(predictor + ["ewma-2"]).contains("as ewma-0.5"))
  }

  @Test(
    "a predictor that nobody asks is refused, and layers that are not there name those that are")
  func unused() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      #expect(
        refused(["replay", trace, "--predictor", "copilot"]).contains("for --policy predicted"))
      let absent = mixtrace("replay", trace, "--layer", "7")
      #expect(absent.status == .failed)
      #expect(
        absent.errors.contains("There are --iteration 0-2 and --layer 0-1."), "\(absent.errors)")
    }
  }

  @Test("an unknown phase is answered with the phases there are")
  func phase() {
    #expect(refused(["replay", "x.mixt", "--phase", "dispatch"]).contains("'dispatch-forward'"))
  }

  @Test(
    "quantities need a unit, and one that fits",
    arguments: [
      ["--nic-rate", "400"], ["--nic-rate", "400 ms"], ["--delay", "10 parsecs"],
      ["--latency", "-1 ns"], ["--scale-up-rate", "fast"],
    ])
  func quantity(option: [String]) {
    // Before the trace is opened: it does not exist.
    let words = refused(["replay", "absent.mixt", option[0] + "=" + option[1]])
    #expect(words.contains(option[0]))
    #expect(words.contains("such as \"") || words.contains("has no unit"))
  }

  @Test(
    "numbers out of range are refused with the range",
    arguments: [
      ["replay", "--nics-per-server=0"], ["replay", "--nics-per-server=100000000000"],
      ["replay", "--switch-radix=0"], ["replay", "--optical-radix=-5"],
      ["replay", "--payload-efficiency=nan"], ["replay", "--region=0"],
      ["replay", "--layer=5-2"], ["analyze", "--payload-efficiency=0"],
      ["attribute", "-o=x.mixt", "--idle-gap=1000000000000 s"],
      ["attribute", "-o=x.mixt", "--bursts-per-iteration=0"],
    ])
  func range(arguments: [String]) {
    #expect(!refused([arguments[0], "absent.mixt"] + arguments.dropFirst()).isEmpty)
  }

  @Test(
    "a run that cannot be synthesised is refused",
    arguments: [
      "--iterations=0", "--iterations=3000000000", "--micro-batches=0", "--tokens-per-rank=0",
      "--layers=40-50", "--skew=nan", "--skew=-1", "--pair-affinity=2", "--drift=nan",
      "--servers=0", "--servers=9000000000000000000", "--servers=100000000", "--tensor=0",
      "--planted-region=3", "--seed=-1", "--byte-reduction=0",
    ])
  func synthesis(option: String) throws {
    try withScratchFolder { folder in
      let words = refused(
        ["synth", "mixtral-8x7b", option, "--trace", folder.path("x.mixt")]
          + (option.hasPrefix("--servers") || option.hasPrefix("--tensor") ? [] : ["--servers=2"]))
      #expect(!words.isEmpty)
      let left = try folder.names()
      #expect(left.isEmpty)
    }
  }

  @Test("a layout whose sizes multiply to nonsense is an error, not a crash")
  func absurdLayout() throws {
    try withScratchFolder { folder in
      let layout = folder.path("layout.yaml")
      for sizes in [
        "tensor: 1000000000, context: 1000000000, pipeline: 1000000000",
        "tensor: 1000000, context: 1000000, pipeline: 1000000, data: 1000000",
      ] {
        try write("servers: 8\ngpus_per_server: 1\nparallel: {\(sizes)}\n".utf8, to: layout)
        let outcome = mixtrace(
          "synth", "mixtral-8x7b", "--layout", layout, "--trace", folder.path("x.mixt"))
        #expect(outcome.status == .failed)
        #expect(outcome.errors.contains("layout.yaml"))
      }
    }
  }

  @Test("options that would change nothing are refused")
  func ignoredOptions() {
    _ = refused(["synth", "mixtral-8x7b"])
    _ = refused(["ingest", "x.pcap", "-o", "x.mixt", "--copies", "rank"])
    _ = refused(["export", "x.mixt", "messages", "--layer", "3"])
    _ = refused(["export", "x.mixt", "transfers", "--grain", "server"])
    _ = refused(["export", "x.mixt", "transfers", "-o", "x.npy"])
  }

  @Test(
    "an output without a name is refused before anything is read",
    arguments: [
      ["ingest", "absent.pcap", "-o", ""], ["ingest", "a.pcap", "-o", "a", "--write-layout", ""],
      ["attribute", "absent.mixt", "-o", ""], ["sweep", "absent.mixt", "-o", ""],
      ["report", "absent.mixt", "-o", ""], ["export", "absent.mixt", "messages", "-o", ""],
      ["synth", "mixtral-8x7b", "--trace", ""], ["synth", "mixtral-8x7b", "--capture", ""],
    ])
  func namelessOutput(arguments: [String]) {
    #expect(refused(arguments).contains("empty name"))
    #expect(!FileManager.default.fileExists(atPath: ".partial"))
  }
}
