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
    return try names.map { name in
      if let own = declared.first(where: { $0.name == name }) { return candidate(own, for: layout) }
      guard let offer = offer(named: name, for: layout) else {
        throw unknownName("fabric", name, among: declared.map(\.name) + FabricCatalogue.names)
      }
      return FabricCandidate(name) {
        guard let preset = offer.fabric else {
          throw ValidationError("fabric \(name) does not fit this layout: \(offer.reason ?? "")")
        }
        return try fabric(preset, for: layout)
      }
    }
  }

  /// The fabric that circuits are judged on: the first of some fabrics that sets them up for the demand,
  /// else of the user's file, else of the presets.
  func regionalFabric(
    among compared: [FabricSpecification] = [], for layout: Layout
  ) throws -> FabricSpecification {
    if let fabric = compared.first(where: \.followsDemand) { return fabric }
    // Fitted circuits stand, and nothing is fitted here.
    for declaration in declared where !declaration.isFitted {
      let fabric = try fabric(declaration, for: layout)
      if fabric.followsDemand { return fabric }
    }
    guard let preset = presets(for: layout).first(where: \.followsDemand) else {
      throw VerbError("no preset with regional optical switches fits this layout.")
    }
    return try fabric(preset, for: layout)
  }

  /// The network without circuits that regions are compared with: the first of the user's file, else a
  /// non-blocking fat-tree.
  func electricalFabric(for layout: Layout) throws -> FabricSpecification {
    for declaration in declared where !declaration.isFitted {
      let fabric = try fabric(declaration, for: layout)
      if fabric.isOnPacketsAlone { return fabric }
    }
    guard let preset = offer(named: "fat-tree", for: layout)?.fabric else {
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
  /// True where every NIC is on packet switches.
  var isOnPacketsAlone: Bool {
    optical == nil && !(electrical is DirectTopology) && !(electrical is StaticOptical)
  }

  /// What the optical switch can connect, for the region candidates.
  var switchLimit: SwitchLimit? {
    optical.map {
      SwitchLimit(radix: $0.switchRadix, opticalNICsPerServer: $0.nicsPerServer)
    }
  }
}
