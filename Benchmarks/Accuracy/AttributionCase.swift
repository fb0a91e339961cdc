import TraceIngest
import TraceModel
import TraceSynthesis

/// A synthetic run whose capture is attributed without its labels.
struct AttributionCase {
  var name: String
  var plan: SynthesisPlan
  var parameters: CaptureParameters

  /// A preset's model on servers of `gpusPerServer` GPUs.
  init(
    _ preset: ModelPreset, servers: Int, gpusPerServer: Int, parallelism: Parallelism,
    layers: Int, seed: UInt64, drift: Double = 0.1
  ) {
    name = "\(preset.name), \(servers) × \(gpusPerServer), drift \(drift), seed \(seed)"
    plan = SynthesisPlan(preset: preset, tokensPerRank: 256)
    plan.layout = Layout(
      serverCount: servers, gpusPerServer: gpusPerServer, parallelism: parallelism)
    plan.layers = Array(0..<layers)
    plan.iterations = 5
    plan.drift = drift
    plan.seed = seed
    parameters = CaptureParameters()
    parameters.byteReduction = 512
    parameters.messageBytes = 16 << 10
  }

  /// Three shapes of model and layout, each with several seeds and amounts of drift.
  static var all: [AttributionCase] {
    var cases: [AttributionCase] = []
    for (seed, drift) in [(UInt64(1), 0.0), (2, 0.1), (3, 0.3)] {
      cases.append(
        AttributionCase(
          .mixtral8x7B, servers: 8, gpusPerServer: 1,
          parallelism: Parallelism(expert: 8, data: 8), layers: 4, seed: seed, drift: drift))
      cases.append(
        AttributionCase(
          .mixtral8x7B, servers: 8, gpusPerServer: 4,
          parallelism: Parallelism(tensor: 4, expert: 8, data: 8), layers: 3, seed: seed,
          drift: drift))
      cases.append(
        AttributionCase(
          .llamaMoE, servers: 8, gpusPerServer: 2,
          parallelism: Parallelism(expert: 16, data: 16), layers: 3, seed: seed, drift: drift))
      cases.append(
        AttributionCase(
          .qwenMoE, servers: 16, gpusPerServer: 2,
          parallelism: Parallelism(expert: 16, data: 32), layers: 3, seed: seed, drift: drift))
      cases.append(
        AttributionCase(
          .deepSeekV3, servers: 8, gpusPerServer: 4,
          parallelism: Parallelism(expert: 32, data: 32), layers: 3, seed: seed, drift: drift))
    }
    return cases
  }

  /// Writes the capture, reads it back, attributes it and compares.
  func score(in folder: InputFolder) throws -> AttributionScore {
    let path = folder.path("capture.pcap")
    let truth = try synthesiseCapture(plan, parameters: parameters, path: path)
    var captured = TraceBuffer()
    let summary = try CaptureReader.read(
      paths: [path], options: IngestOptions(layout: plan.addressedLayout), into: &captured)
    var found = TraceBuffer()
    let attribution = try Attribution(layout: summary.layout ?? plan.addressedLayout).run(
      forEachBlock: { try $0(captured.messages) }, into: &found)
    return AttributionScore(
      truth: truth.bursts, found: found, gapNanoseconds: attribution.idleGapNanoseconds)
  }
}
