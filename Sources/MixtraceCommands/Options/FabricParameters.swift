internal import Replay
internal import TraceModel

/// Checked parameters of fabrics; `FabricParameters+Selection` makes fabrics of them.
struct FabricParameters {
  var nicBitsPerSecond: Double
  /// Nil for each fabric's own.
  var scaleUpBitsPerSecond: Double?
  /// Nil for each fabric's own.
  var latencyNanoseconds: Double?
  /// Nil for each fabric's own.
  var delay: ReconfigurationDelay?
  /// The fabrics of the user's file.
  var declared: [FabricDeclaration]
  var options: FabricOptions
  /// Where circuits are chosen for some of the iterations; nil where no such fabric is asked for.
  var fitting: Fitting?

  /// Ports of an electrical switch that presets are sized with.
  var switchRadix: Int { options.switchRadix ?? 64 }

  /// What a fabric costs under the declared cost model.
  func bill(for fabric: FabricSpecification, layout: Layout) -> BillOfMaterials {
    switch options.cost {
    case .built:
      return fabric.billOfMaterials(for: layout, wholeBoxes: options.wholeBoxes)
    case .mixnetPaper:
      return fabric.paperBillOfMaterials(for: layout)
    }
  }

  /// When circuits change.
  var policy: ReconfigurationPolicy {
    switch options.policy {
    case .always: .always
    case .never: .never
    case .threshold: .threshold(factor: 1)
    case .hysteresis: .hysteresis(factor: 1, epochs: 4)
    case .predicted: .predicted(recalibrates: false)
    case .predictedRecalibrated: .predicted(recalibrates: true)
    }
  }

  /// Which iterations a row rests on.
  func fittingParameters(of fabric: FabricSpecification) -> [EffectiveParameter] {
    guard let fitting else { return [] }
    return isFitted(fabric) ? fitting.parameters : [fitting.scoredParameter]
  }

  /// True where a fabric's circuits are chosen for earlier iterations.
  func isFitted(_ fabric: FabricSpecification) -> Bool {
    Fitting.isFitted(fabric.name, declared: declared)
  }

  /// True where a fabric's circuits are chosen for the very iterations that are scored.
  func isFittedToItself(_ fabric: FabricSpecification) -> Bool {
    fitting?.isScoredOnItself == true && isFitted(fabric)
  }

  /// How a fabric is replayed, with another policy if one is given.
  func replayOptions(policy other: ReconfigurationPolicy? = nil) -> ReplayOptions {
    ReplayOptions(
      policy: other ?? policy,
      predictor: DemandPredictors.named(options.predictor).map { PredictorChoice($0) },
      pacing: options.pacing, batching: FluidBatching(relativeStep: options.batching))
  }
}
