import TraceIngest
import TraceModel
import TraceSynthesis

let routerLogBenchmarks = [
  Benchmark(name: "trace-ingest/router-log", unit: "tokens", workCount: 16 * 4 * 2 * 512) {
    let folder = try InputFolder()
    let plan = smallPlan(servers: 16, layers: 4, iterations: 2, tokensPerRank: 512)
    let paths = try synthesiseRouterLogs(plan, folder: folder.path("logs"), suffix: ".zst")
    return {
      var sink = ByteTotal()
      _ = try RouterTraceReader.read(
        paths: paths, options: IngestOptions(layout: plan.layout, model: plan.model), into: &sink)
      return withExtendedLifetime(folder) { Int(sink.bytes) }
    }
  }
]

/// Mixtral 8x7B on servers of one GPU, expert parallelism over all eight experts.
func smallPlan(
  servers: Int, layers: Int, iterations: Int, tokensPerRank: Int
) -> SynthesisPlan {
  var plan = SynthesisPlan(preset: .mixtral8x7B, tokensPerRank: tokensPerRank)
  plan.layout = Layout(
    serverCount: servers, gpusPerServer: 1,
    parallelism: Parallelism(expert: 8, data: servers))
  plan.layers = Array(0..<layers)
  plan.iterations = iterations
  return plan
}
