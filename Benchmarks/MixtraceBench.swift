/// `mixtrace-bench --names`, `--once NAME`, or timings of every benchmark as JSON lines.
@main struct MixtraceBench {
  static let all: [Benchmark] = traceModelBenchmarks

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "--names" {
      for benchmark in all { print(benchmark.name) }
    } else if arguments.first == "--once", let name = arguments.dropFirst().first {
      guard let benchmark = all.first(where: { $0.name == name }) else {
        print("no benchmark is named \(name)")
        return
      }
      print(try benchmark.prepare()())
    } else {
      for benchmark in all where arguments.isEmpty || arguments.contains(benchmark.name) {
        try time(benchmark)
      }
    }
  }

  /// Median and minimum of seven runs after one that is not counted.
  static func time(_ benchmark: Benchmark) throws {
    let run = try benchmark.prepare()
    let clock = ContinuousClock()
    var checksum = try run()
    var seconds: [Double] = []
    for _ in 0..<7 {
      let elapsed = try clock.measure { checksum &+= try run() }
      seconds.append(
        Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
    }
    seconds.sort()
    let rate = Double(benchmark.workCount) / seconds[3]
    print(
      """
      {"name":"\(benchmark.name)","median_s":\(seconds[3]),"minimum_s":\(seconds[0]),\
      "\(benchmark.unit)_per_s":\(rate),"checksum":\(checksum)}
      """)
  }
}
