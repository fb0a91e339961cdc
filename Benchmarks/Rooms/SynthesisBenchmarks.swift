import TraceModel
import TraceSynthesis

let synthesisBenchmarks = [
  Benchmark(name: "trace-synthesis/routing", unit: "tokens", workCount: 16 * 4 * 4 * 512) {
    let plan = smallPlan(servers: 16, layers: 4, iterations: 4, tokensPerRank: 512)
    return {
      var sink = ByteTotal()
      _ = try synthesiseTrace(plan, into: &sink)
      return Int(sink.bytes)
    }
  },
  Benchmark(name: "trace-synthesis/capture", unit: "iterations", workCount: 1) {
    let folder = try InputFolder()
    let plan = smallPlan(servers: 8, layers: 2, iterations: 1, tokensPerRank: 256)
    var parameters = CaptureParameters()
    parameters.byteReduction = 4_096
    return {
      let capture = try synthesiseCapture(
        plan, parameters: parameters, path: folder.path("capture.pcap"))
      return Int(capture.packets)
    }
  },
]
