internal import Replay
internal import TraceModel

extension PaperFabric {
  /// As our catalogue calls it.
  var presetName: String {
    switch self {
    case .fatTree: "fat-tree"
    case .mixNet: "mixnet"
    case .rail: "rail-optimised"
    case .topoOpt: "topoopt"
    }
  }

  /// The fabric of the paper for a model's cluster.
  ///
  /// Eight NICs and 900 GB/s of NVSwitch (450 in each direction) per GPU; MixNet gives six NICs to a
  /// region of EP × TP GPUs (section 7.1). Only TopoOpt's split of NICs is its preset's.
  func specification(
    for paper: PaperModel, layout: Layout, gigabitsPerSecond: Int, inputs: PaperInputs
  ) throws -> FabricSpecification {
    guard
      var fabric = FabricCatalogue.preset(
        named: presetName, layout: layout, nicBitsPerSecond: Double(gigabitsPerSecond) * 1e9)
    else {
      throw VerbError("the fabric \(presetName) is not in the catalogue: that column stays empty")
    }
    fabric.scaleUpBitsPerSecond = 3.6e12 * Double(paper.lanes)
    fabric.payloadEfficiency = inputs.payloadEfficiency
    // The fat-tree of the public simulator has one host for each GPU; MixNet gathers on delegates.
    if self == .fatTree { fabric.nicPolicy = .pinned }
    if inputs.poolsAllNICs { fabric.nicPolicy = .pooled }
    if self == .mixNet {
      fabric.sharing = inputs.sharing
      fabric.optical?.scope = inputs.scope
      fabric.optical?.delay = inputs.delay
    }
    return fabric
  }

  /// What the paper's formula charges for the 1,024 GPUs.
  func bill(gigabitsPerSecond: Int) -> BillOfMaterials {
    let prices = PriceList.nearest(toBitsPerSecond: Double(gigabitsPerSecond) * 1e9)
    let nics = PaperModel.gpuCount
    return switch self {
    case .fatTree, .rail: PaperCost.fatTree(nicCount: nics, prices: prices)
    case .mixNet:
      PaperCost.mixNet(
        opticalNICCount: nics * 6 / 8, electricalNICCount: nics * 2 / 8, prices: prices)
    case .topoOpt: PaperCost.topoOpt(nicCount: nics, prices: prices)
    }
  }
}
