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
  /// region of EP × TP GPUs, TopoOpt all eight to one flat patch panel (section 7.1).
  /// - Parameter patched: TopoOpt's circuits for the model's whole demand, see `topoOptShape`.
  func specification(
    for paper: PaperModel, layout: Layout, gigabitsPerSecond: Int, inputs: PaperInputs,
    patched: CircuitShape
  ) throws -> FabricSpecification {
    guard
      var fabric = FabricCatalogue.preset(
        named: presetName, layout: layout, nicBitsPerSecond: Double(gigabitsPerSecond) * 1e9)
    else {
      throw VerbError("the catalogue has no fabric \(presetName) for this cluster")
    }
    fabric.scaleUpBitsPerSecond = 3.6e12 * Double(paper.lanes)
    fabric.payloadEfficiency = inputs.payloadEfficiency
    if inputs.poolsAllNICs { fabric.nicPolicy = .pooled }
    switch self {
    case .rail: break
    case .fatTree:
      // The public simulator's fat-tree has one host for each GPU; MixNet gathers on delegates.
      if !inputs.poolsAllNICs { fabric.nicPolicy = .pinned }
    case .mixNet:
      fabric.sharing = inputs.sharing
      fabric.optical?.scope = inputs.scope
      fabric.optical?.delay = inputs.delay
    case .topoOpt:
      fabric.electrical = DirectTopology(patched, isPatched: true)
    }
    return fabric
  }

  /// TopoOpt's patch panel for one iteration: rings through all servers, and matchings of the demand
  /// for the other NICs.
  ///
  /// It knows the demand that it is scored on, as the paper's idealised panel does.
  static func topoOptShape(for workload: Workload, inputs: PaperInputs) -> CircuitShape {
    CircuitShape(
      TopoOpt(ringCount: inputs.ringCount), serverCount: workload.layout.serverCount,
      opticalPorts: PaperModel.gpusPerServer,
      demand: workload.matrix(of: workload.steps, at: .server))
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
