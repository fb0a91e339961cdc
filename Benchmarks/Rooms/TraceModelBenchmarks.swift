import TraceModel

let traceModelBenchmarks = [
  Benchmark(name: "trace-model/key-table", unit: "keys", workCount: 200_000) {
    var random = RandomStream(seed: 1)
    let keys = (0..<200_000).map { _ in random.next() % 65_536 &* 0x1_0001 }
    return {
      var table = KeyTable()
      var sum = 0
      for key in keys { sum &+= table.number(of: key) }
      return sum
    }
  }
]
