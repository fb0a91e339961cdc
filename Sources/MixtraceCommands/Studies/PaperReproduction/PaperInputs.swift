internal import Replay

/// What the authors did not publish, as it is assumed unless something else is tried.
///
/// Every value is set once for all models, fabrics and rates.
struct PaperInputs: Sendable, Hashable {
  /// Micro-batches of an iteration as a multiple of the pipeline stages; the task graphs of the
  /// public simulator have as many as stages.
  var microBatchesPerStage = 1
  /// Bytes of the all-to-alls over those of the routed tokens: the public simulator's volumes fit a
  /// capacity that pads them by 2.
  var capacityFactor = 1.0
  /// Zipf exponent of the experts' popularity where no measured matrix fits (EP 16 and 32).
  var skew = 1.0
  /// Whether each layer's experts are numbered differently; the public simulator has one matrix for
  /// all layers.
  var relabelsExpertsOfEachLayer = false
  /// Whether the fat-tree and the rails pool the NICs of a server as MixNet's delegates do, instead
  /// of one for each GPU.
  var poolsAllNICs = false
  /// How pairs with a circuit use the electrical network.
  var sharing = SharingMode.exclusive
  /// What a reconfiguration stops.
  var scope = ReconfigurationScope.allStop
  /// How long it takes.
  ///
  /// 25 ms is published, and that nothing hides it before a forward dispatch.
  var delay = ReconfigurationDelay.mixNetPaper
  /// Bytes of one gradient in the data-parallel reductions.
  var bytesPerGradient = 2
  /// Whether a layer's gradients are reduced beside the backward pass of the others.
  var overlapsGradients = false
  /// Rings of TopoOpt's patch panel; the other NICs go to matchings of the demand.
  var ringCount = 1
  /// Attention's share of the compute; nil leaves it to the operations of both (`ComputeEstimate`).
  var attentionShare: Double?
  /// Payload as a share of what the wire carries.
  var payloadEfficiency = 1.0
  /// Data-parallel replicas to replay; nil for all 1,024 GPUs.
  var replicas: Int? = 2
  var seed: UInt64 = 1

  /// The same without what a fabric does not depend on: where it is equal, so are the cells.
  func relevant(to fabric: PaperFabric) -> PaperInputs {
    var inputs = self
    let assumed = PaperInputs()
    if fabric != .mixNet {
      (inputs.sharing, inputs.scope, inputs.delay) = (
        assumed.sharing, assumed.scope, assumed.delay
      )
    }
    if fabric != .topoOpt { inputs.ringCount = assumed.ringCount }
    return inputs
  }
}

/// One input with another value, to see how much rests on it.
struct PaperVariant: Sendable {
  /// The input that was not published.
  var input: String
  /// What is assumed.
  var assumed: String
  /// What is tried instead.
  var tried: String
  var inputs: PaperInputs

  /// The variants beside what else is asked for.
  static func all(replicas: Int?) -> [PaperVariant] {
    all.map { variant in
      var variant = variant
      variant.inputs.replicas = replicas
      return variant
    }
  }

  private init(
    _ input: String, assumed: String, tried: String, _ change: (inout PaperInputs) -> Void
  ) {
    self.input = input
    self.assumed = assumed
    self.tried = tried
    inputs = PaperInputs()
    change(&inputs)
  }

  private static let all = [
    PaperVariant(
      "micro-batches per iteration", assumed: "as many as pipeline stages", tried: "twice as many"
    ) { $0.microBatchesPerStage = 2 },
    PaperVariant("capacity padding of the all-to-alls", assumed: "none", tried: "twice the bytes") {
      $0.capacityFactor = 2
    },
    PaperVariant(
      "gate of EP 16 and EP 32", assumed: "Zipf 1.0", tried: "even"
    ) { $0.skew = 0 },
    PaperVariant(
      "demand of different layers", assumed: "one matrix for all", tried: "experts renumbered"
    ) { $0.relabelsExpertsOfEachLayer = true },
    PaperVariant(
      "NICs of the fat-tree and the rails", assumed: "one for each GPU", tried: "pooled by server"
    ) { $0.poolsAllNICs = true },
    PaperVariant(
      "pairs with a circuit", assumed: "circuit only", tried: "circuit and EPS, max-min fair"
    ) { $0.sharing = .splitFair },
    PaperVariant(
      "circuits that stay in place", assumed: "stop with the others", tried: "keep carrying"
    ) { $0.scope = .changedPortsOnly },
    PaperVariant(
      "delay before a forward dispatch", assumed: "25 ms, not hidden", tried: "none"
    ) { $0.delay = .instant },
    PaperVariant("bytes per gradient", assumed: "2", tried: "4") { $0.bytesPerGradient = 4 },
    PaperVariant(
      "gradient reductions", assumed: "after the last backward pass", tried: "beside it"
    ) { $0.overlapsGradients = true },
    PaperVariant(
      "TopoOpt's patch panel", assumed: "one ring, then matchings", tried: "two rings"
    ) { $0.ringCount = 2 },
    PaperVariant(
      "attention's share of compute", assumed: "by operations", tried: "one half"
    ) { $0.attentionShare = 0.5 },
    PaperVariant("payload efficiency", assumed: "1", tried: "0.9") { $0.payloadEfficiency = 0.9 },
  ]
}

/// All cells under one variant.
struct PaperOutcome: Sendable {
  var variant: PaperVariant
  var outcome: PaperReproduction
}
