import Foundation

/// `mixtrace-bench`: timings of every benchmark as JSON lines, or one of the words below.
@main struct MixtraceBench {
  static let all: [Benchmark] =
    traceModelBenchmarks + byteStreamsBenchmarks + traceFormatBenchmarks + packetBenchmarks
    + routerLogBenchmarks + pyTorchBenchmarks + localityBenchmarks + replayBenchmarks
    + iterationBenchmarks + regionsBenchmarks + synthesisBenchmarks
    + reportingBenchmarks

  static func main() {
    do {
      try run()
    } catch {
      FileHandle.standardError.write(Data("mixtrace-bench: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let value = arguments.dropFirst().first
    switch (arguments.first, value) {
    case ("--names", nil):
      for benchmark in all where benchmark.isCounted { print(benchmark.name) }
    case ("--once", let name?):
      guard let benchmark = all.first(where: { $0.name == name }) else {
        throw BenchmarkError("no benchmark is named \(name)")
      }
      print(try measuredRun(benchmark.prepare()))
    case ("--accuracy", let table):
      guard try printAccuracy(of: table) else {
        throw BenchmarkError("accuracy is below its thresholds")
      }
    case ("--growth", let path?):
      try Data(growthReport().utf8).write(to: URL(fileURLWithPath: path))
    case ("--capture-stream", let count?):
      try writeCaptureStream(packetCount: Int(count) ?? 0)
    case ("--read-transfers", let path?):
      try timeReadingTransfers(path: path)
    case ("--write-transfers", let path?):
      try writeTransfers(path: path)
    default:
      for benchmark in all where arguments.isEmpty || arguments.contains(benchmark.name) {
        try time(benchmark)
      }
    }
  }

  /// Median and minimum of the benchmark's runs, after one that is not counted.
  static func time(_ benchmark: Benchmark) throws {
    let run = try benchmark.prepare()
    var checksum = benchmark.runCount > 3 ? try run() : 0
    let seconds = try secondsOfRuns(benchmark.runCount) { checksum &+= try run() }
    let median = seconds[seconds.count / 2]
    let rate = Double(benchmark.workCount) / median
    print(
      """
      {"name":"\(benchmark.name)","median_s":\(median),"minimum_s":\(seconds[0]),\
      "\(benchmark.unit)_per_s":\(rate),"checksum":\(checksum)}
      """)
  }
}

/// How long each of some runs took, ascending.
func secondsOfRuns(_ count: Int, _ run: () throws -> Void) rethrows -> [Double] {
  let clock = ContinuousClock()
  var seconds: [Double] = []
  for _ in 0..<count {
    let elapsed = try clock.measure(run)
    seconds.append(
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
  }
  return seconds.sorted()
}

/// The function whose instructions `scripts/instructions` counts: inputs are ready when it begins.
@inline(never)
func measuredRun(_ run: () throws -> Int) rethrows -> Int { try run() }

/// Why a benchmark did not run, or what a check found.
struct BenchmarkError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
