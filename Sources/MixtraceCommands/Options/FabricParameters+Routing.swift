internal import ArgumentParser
internal import Replay
internal import TraceModel

extension FabricParameters {
  /// A preset's network with the paths that were asked for; only trees have paths to choose among.
  /// - Throws: a `ValidationError` when the preset's name says otherwise, or nothing takes queue pairs.
  func routed(_ preset: FabricSpecification) throws -> any ElectricalNetwork {
    guard var tree = preset.electrical as? FatTree else { return preset.electrical }
    let own = RoutingName(tree.routing)
    let wanted = options.routing ?? own
    guard own == .spray || own == wanted else {
      throw ValidationError(
        "fabric \(preset.name) has paths of its own: leave out --routing \(wanted.rawValue), or take "
          + "fat-tree")
    }
    switch wanted {
    case .spray: tree.routing = .sprayed
    case .destinationModulo: tree.routing = .destinationModulo
    case .ecmp:
      tree.routing = .hashed(seed: 1, queuePairsPerPair: options.queuePairs ?? 1)
    }
    return tree
  }

  /// Refuses options that would change none of some fabrics.
  func refuseUnused(on fabrics: [FabricSpecification]) throws(ValidationError) {
    if options.predictor != LastValuePredictor().name,
      ![.predicted, .predictedRecalibrated].contains(options.policy)
    {
      throw ValidationError("--predictor guesses for --policy predicted")
    }
    if options.circuits.duplex != nil, fabrics.allSatisfy({ $0.optical == nil }) {
      throw ValidationError(
        "--duplex is about optical switches that follow the demand, and no fabric here has any")
    }
    if let scheduler = options.scheduler, declared.isEmpty,
      !fabrics.contains(where: { $0.optical?.scheduler.name == scheduler })
    {
      throw ValidationError(
        "--scheduler chooses the circuits of mixnet, ocs-planes and global-ocs, and none of them is here"
      )
    }
    let trees = fabrics.filter { fabric in
      fabric.electrical is FatTree && !declared.contains { $0.name == fabric.name }
    }
    if options.routing != nil, trees.isEmpty {
      throw ValidationError(
        "--routing chooses paths in the trees of presets, and no fabric here is one: take fat-tree, "
          + "fat-tree-3to1 or nvl72")
    }
    let hasQueuePairs = trees.contains {
      if case .hashed? = ($0.electrical as? FatTree)?.routing { true } else { false }
    }
    if options.queuePairs != nil, !hasQueuePairs {
      throw ValidationError("--queue-pairs needs --routing ecmp, or the fabric fat-tree-ecmp")
    }
  }
}
