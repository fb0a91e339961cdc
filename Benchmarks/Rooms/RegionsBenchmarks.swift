import MixtraceCommands
import TraceModel

/// `mixtrace regions` from a file to its answers, on both cores.
let regionsBenchmarks = [
  Benchmark(
    name: "regions/517-candidates-1024", unit: "candidates", workCount: 517, isCounted: false,
    runCount: 1
  ) {
    // 128 servers of 8 GPUs, expert groups on 4 of them; 100 iterations of 4 layers, one micro-batch.
    let folder = try InputFolder()
    let trace = folder.path("run.mixt")
    _ = try output(of: [
      "synth", "mixtral-8x7b", "--servers", "128", "--gpus-per-server", "8", "--tensor", "4",
      "--expert", "8", "--layers", "0-3", "--iterations", "100", "--tokens-per-rank", "256",
      "--pair-affinity", "0.4", "--seed", "3", "--trace", trace,
    ])
    return {
      // Seven region sizes × seven counts of optical NICs × five switches × three schedulers, without
      // those that no switch takes.
      try withExtendedLifetime(folder) {
        try output(of: [
          "regions", trace, "--optical-nics", "1,2,3,4,5,6,7", "--schedulers",
          "mixnet-continue,eps-aware,mixnet-code", "--format", "json",
        ]).utf8.count
      }
    }
  }
]

/// What a command line prints.
private func output(of arguments: [String]) throws -> String {
  let (printed, errors) = (Locked(""), Locked(""))
  let terminal = Terminal(
    width: 100, isInteractive: false, write: { text in printed.withLock { $0 += text } },
    writeError: { text in errors.withLock { $0 += text } })
  guard run(arguments, on: terminal) == .done else {
    throw BenchmarkError(errors.withLock { $0 })
  }
  return printed.withLock { $0 }
}
