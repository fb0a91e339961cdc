internal import ArgumentParser
internal import LocalityAnalysis
internal import Replay
internal import TraceModel

extension FabricParameters {
  /// NICs of a candidate's servers where neither the user nor the trace says: MixNet's.
  static let assumedNICsPerServer = 8

  /// Fabrics by name, in the order of the names: those of the user's file, then those of the
  /// catalogue.
  ///
  /// Without names all of the file, or the presets that are compared by default. Only what is asked for
  /// is built.
  func fabrics(named names: [String], for layout: Layout) throws -> [FabricSpecification] {
    try candidates(named: names, for: layout).map { try $0.fabric.get() }
  }

  /// The same fabrics, of which those that do not fit the layout say why.
  /// - Throws: for a name that no fabric has, or that is given twice.
  func candidates(named names: [String], for layout: Layout) throws -> [FabricCandidate] {
    try refuseRepeated("--fabric", names)
    guard !names.isEmpty else {
      return declared.isEmpty
        ? presets(for: layout).map { candidate($0, for: layout) }
        : declared.map { candidate($0, for: layout) }
    }
    let presets = presets(for: layout)
    // Laying out all the others takes a while: only when one of them is asked for.
    lazy var offers = FabricCatalogue.offers(
      layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix)
    return try names.map { name in
      if let own = declared.first(where: { $0.name == name }) { return candidate(own, for: layout) }
      if let preset = presets.first(where: { $0.name == name }) {
        return candidate(preset, for: layout)
      }
      guard let offer = offers.first(where: { $0.name == name }) else {
        throw unknownName("fabric", name, among: declared.map(\.name) + offers.map(\.name))
      }
      guard let fabric = offer.fabric else {
        return FabricCandidate(name) {
          throw ValidationError("fabric \(name) does not fit this layout: \(offer.reason ?? "")")
        }
      }
      return candidate(fabric, for: layout)
    }
  }

  /// The fabric that circuits are judged on: the first of some fabrics that sets them up for the demand,
  /// else of the user's file, else of the presets.
  func regionalFabric(
    among compared: [FabricSpecification] = [], for layout: Layout
  ) throws -> FabricSpecification {
    if let fabric = compared.first(where: \.followsDemand) { return fabric }
    for declaration in declared {
      let fabric = try fabric(declaration, for: layout)
      if fabric.followsDemand { return fabric }
    }
    guard let preset = presets(for: layout).first(where: \.followsDemand) else {
      throw VerbError("no preset with regional optical switches fits this layout.")
    }
    return try fabric(preset, for: layout)
  }

  /// The network without circuits that regions are compared with.
  func electricalFabric(for layout: Layout) throws -> FabricSpecification {
    guard let preset = presets(for: layout).first(where: { $0.name == "fat-tree" }) else {
      throw VerbError("no fat-tree fits this layout.")
    }
    var tree = try fabric(preset, for: layout)
    // It has no circuits whose parts could be out of service.
    tree.failures.removeAll(where: \.isOfCircuits)
    return tree
  }

  /// The layout with the NICs of the candidates' servers.
  func sized(_ layout: Layout) -> Layout {
    // A trace whose servers show one NIC says nothing about the candidates' servers.
    var sized = layout
    if let nics = options.nics.nicsPerServer {
      sized.nicsPerServer = nics
    } else if layout.nicsPerServer == 1 {
      sized.nicsPerServer = Self.assumedNICsPerServer
    }
    return sized
  }

  /// The presets that are compared unless others are named, as the catalogue has them.
  private func presets(for layout: Layout) -> [FabricSpecification] {
    FabricCatalogue.presets(
      layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix)
  }

  private func candidate(
    _ preset: FabricSpecification, for layout: Layout
  ) -> FabricCandidate {
    FabricCandidate(preset.name) { try fabric(preset, for: layout) }
  }

  private func candidate(
    _ declaration: FabricDeclaration, for layout: Layout
  ) -> FabricCandidate {
    FabricCandidate(declaration.name) { try fabric(declaration, for: layout) }
  }
}

extension FabricSpecification {
  /// What the optical switch can connect, for the region candidates.
  var switchLimit: SwitchLimit? {
    optical.map {
      SwitchLimit(radix: $0.switchRadix, opticalNICsPerServer: $0.nicsPerServer)
    }
  }
}
