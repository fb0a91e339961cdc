import Foundation

/// `mixtrace-bench`: timings of every benchmark as JSON lines, or one of the words below.
@main struct MixtraceBench {
  static let all: [Benchmark] =
    traceModelBenchmarks + byteStreamsBenchmarks + traceFormatBenchmarks + packetBenchmarks
    + routerLogBenchmarks + localityBenchmarks + replayBenchmarks + iterationBenchmarks
    + synthesisBenchmarks
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
      for benchmark in all where benchmark.isSmall { print(benchmark.name) }
    case ("--once", let name?):
      guard let benchmark = all.first(where: { $0.name == name }) else {
        throw BenchmarkError("no benchmark is named \(name)")
      }
      print(try measuredRun(benchmark.prepare()))
    case ("--accuracy", nil):
      guard try printAccuracy() else { throw BenchmarkError("accuracy is below its thresholds") }
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

  /// Median and minimum of seven runs after one that is not counted.
  static func time(_ benchmark: Benchmark) throws {
    let run = try benchmark.prepare()
    var checksum = try run()
    let seconds = try secondsOfRuns(7) { checksum &+= try run() }
    let rate = Double(benchmark.workCount) / seconds[3]
    print(
      """
      {"name":"\(benchmark.name)","median_s":\(seconds[3]),"minimum_s":\(seconds[0]),\
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
