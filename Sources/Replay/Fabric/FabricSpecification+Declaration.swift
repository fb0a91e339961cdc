public import TraceModel

extension FabricSpecification {
  /// The fabric that a user declares, sized for a cluster.
  ///
  /// A preset is sized with the declared NICs, rate and radix; its network, or the topology in its
  /// place, joins all NICs that circuits do not take. Declared values that the topology has no use for are refused, never ignored.
  /// - Parameters:
  ///   - nicBitsPerSecond: the rate of a NIC unless declared.
  ///   - demand: bytes between servers, for a base that is one of `FabricCatalogue.fittedNames`.
  /// - Throws: a `ReplayError` at the declaration's place.
  public init(
    _ declaration: FabricDeclaration, layout: Layout, nicBitsPerSecond: Double = 400e9,
    fittedTo demand: TrafficMatrix? = nil
  ) throws(ReplayError) {
    let rate = declaration.nicBitsPerSecond ?? nicBitsPerSecond
    self = try Self.base(
      of: declaration, layout: layout, nicBitsPerSecond: rate, fittedTo: demand)
    name = declaration.name
    try apply(declaration)
    let optics = opticalNICs(of: declaration)
    if let topology = declaration.topology {
      try setTopology(
        topology, joining: nicsPerServer - optics, as: declaration, layout: layout)
    } else {
      let used = declaration.optical?.staticKeys ?? []
      try declaration.refuse(
        declaration.topologyKeys.filter { !used.contains($0.key) }, "they need a \"topology\"")
    }
    if let optical = declaration.optical {
      try setOptical(optical, nics: optics, as: declaration, layout: layout)
    }
    failures = []
    for text in declaration.failures {
      guard let failure = Failure(text) else {
        throw ReplayError(
          "\"\(text)\" is not a failure", at: declaration.location,
          advice: "Forms: \(Failure.forms).")
      }
      failures.append(failure)
    }
    if let defect = defect(for: layout) { throw ReplayError(defect, at: declaration.place) }
  }

  private static func base(
    of declaration: FabricDeclaration, layout: Layout, nicBitsPerSecond: Double,
    fittedTo demand: TrafficMatrix?
  ) throws(ReplayError) -> FabricSpecification {
    var layout = layout
    if let nics = declaration.nicsPerServer { layout.nicsPerServer = nics }
    guard let base = declaration.base else {
      return FabricSpecification(
        name: declaration.name, summary: "declared in \(declaration.location)",
        nicsPerServer: layout.nicsPerServer, nicBitsPerSecond: nicBitsPerSecond)
    }
    var cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond,
      switchRadix: declaration.switchRadix ?? 64,
      declaredOptical: declaration.optical?.nicsPerServer,
      declaredIslandNICs: declaration.nicsPerServer, demand: demand)
    var fabric = try preset(base, on: cluster, as: declaration)
    let optics = fabric.opticalNICs(of: declaration)
    // A network of all NICs makes way for the circuits beside it.
    if fabric.optical == nil, !fabric.electrical.joinsWholeServers,
      (1..<max(1, fabric.nicsPerServer)).contains(optics)
    {
      let nics = fabric.nicsPerServer
      cluster.layout.nicsPerServer = nics - optics
      cluster.declaredIslandNICs = nics - optics
      fabric = try preset(base, on: cluster, as: declaration)
      fabric.nicsPerServer = nics
    }
    return fabric
  }

  private static func preset(
    _ name: String, on cluster: CataloguedCluster, as declaration: FabricDeclaration
  ) throws(ReplayError) -> FabricSpecification {
    guard let offer = FabricCatalogue.offer(named: name, for: cluster) else {
      throw ReplayError(
        "no fabric is named \"\(name)\"", at: declaration.place,
        advice: "Presets: \(FabricCatalogue.names.joined(separator: ", ")).")
    }
    guard let fabric = offer.fabric else {
      throw ReplayError(
        "\(name) does not fit this layout: \(offer.reason ?? "")", at: declaration.place)
    }
    return fabric
  }

  /// NICs per server that circuits take, changing or not.
  private func opticalNICs(of declaration: FabricDeclaration) -> Int {
    guard let declared = declaration.optical else { return opticalNICsPerServer }
    return declared.nicsPerServer ?? optical?.nicsPerServer ?? nicsPerServer * 3 / 4
  }

  private mutating func apply(_ declaration: FabricDeclaration) throws(ReplayError) {
    if let nics = declaration.nicsPerServer { nicsPerServer = nics }
    if let rate = declaration.nicBitsPerSecond { nicBitsPerSecond = rate }
    if let word = declaration.nicPolicy {
      nicPolicy = try declaration.word(word, for: "nic_policy")
    }
    if let word = declaration.sharing { sharing = try declaration.word(word, for: "sharing") }
    if let rate = declaration.scaleUpBitsPerSecond { scaleUpBitsPerSecond = rate }
    if let servers = declaration.serversPerScaleUpDomain { serversPerScaleUpDomain = servers }
    if let efficiency = declaration.payloadEfficiency { payloadEfficiency = efficiency }
    if let latency = declaration.latencyNanoseconds { latencyNanoseconds = latency }
    if let radix = declaration.switchRadix { switchRadix = radix }
  }

  /// Circuits that never change become the network itself; others a layer beside it.
  private mutating func setOptical(
    _ declared: FabricDeclaration.Optical, nics: Int, as declaration: FabricDeclaration,
    layout: Layout
  ) throws(ReplayError) {
    if let circuits = declared.staticCircuits {
      try declaration.refuse(
        declared.switchingKeys, "\"static\" circuits have no switch")
      optical = nil
      electrical = StaticOptical(
        try shape(circuits, nics: nics, as: declaration, layout: layout),
        opticalNICsPerServer: nics, forwardsThroughHosts: declared.forwardsThroughHosts ?? true,
        packets: electrical)
      return
    }
    if declared.forwardsThroughHosts != nil {
      throw ReplayError("\"forwards\" needs \"static\" circuits", at: declaration.place)
    }
    var layer =
      optical
      ?? OpticalLayer(
        nicsPerServer: nics, scheduler: MixNetGreedy(.continue),
        regions: .contiguous(servers: FabricCatalogue.expertGroupServers(of: layout)))
    layer.nicsPerServer = nics
    try layer.apply(declared, as: declaration, layout: layout)
    optical = layer
  }

  private func shape(
    _ circuits: FabricDeclaration.Optical.StaticCircuits, nics: Int,
    as declaration: FabricDeclaration, layout: Layout
  ) throws(ReplayError) -> any DirectShape {
    let region = declaration.optical?.serversPerRegion
    func regions(of servers: Int) -> [[Int]] {
      RegionDivision.contiguous(servers: servers).regions(serverCount: layout.serverCount)
    }
    switch circuits {
    case .circulant:
      return CircuitShape(
        Circulant(), serverCount: layout.serverCount, opticalPorts: nics,
        regions: regions(of: region ?? FabricCatalogue.expertGroupServers(of: layout)))
    case .randomRegular:
      return CircuitShape(
        RandomRegular(seed: declaration.seed ?? 1), serverCount: layout.serverCount,
        opticalPorts: declaration.degree ?? nics, regions: region.map(regions(of:)))
    case .totientRings:
      try declaration.refuse(
        [("optical.region", region.map { $0 < layout.serverCount } ?? false)],
        "every ring passes all servers")
      return TotientRings(ringCount: declaration.rings ?? max(1, nics / 2))
    }
  }
}

extension OpticalLayer {
  fileprivate mutating func apply(
    _ declared: FabricDeclaration.Optical, as declaration: FabricDeclaration, layout: Layout
  ) throws(ReplayError) {
    if let servers = declared.serversPerRegion {
      regions = .contiguous(servers: min(servers, layout.serverCount))
    }
    if let name = declared.scheduler {
      guard let known = CircuitSchedulers.named(name) else {
        throw ReplayError(
          "no circuit scheduler is named \"\(name)\"", at: declaration.place,
          advice:
            "Schedulers: \(CircuitSchedulers.all.map(\.name).joined(separator: ", ")), and "
            + "\(CircuitSchedulers.families).")
      }
      scheduler = known
    }
    if let planes = declared.planes { self.planes = planes }
    if let word = declared.duplex { duplex = try declaration.word(word, for: "optical.duplex") }
    if let name = declared.technology {
      guard let technology = OpticalTechnology.named(name) else {
        throw ReplayError(
          "no optical technology is named \"\(name)\"", at: declaration.place,
          advice:
            "Technologies: \(OpticalTechnology.all.map(\.name).joined(separator: ", ")).")
      }
      if let radix = technology.radix { switchRadix = radix }
      portPriceUSD = technology.portPriceUSD
      if let delay = ReconfigurationDelay(technology) { self.delay = delay }
    }
    if let radix = declared.switchRadix { switchRadix = radix }
    if let name = declared.delayPreset {
      guard let preset = ReconfigurationDelay.presets.first(where: { $0.name == name }) else {
        throw ReplayError(
          "no delay is named \"\(name)\"", at: declaration.place,
          advice:
            "Delays: \(ReconfigurationDelay.presets.map(\.name).joined(separator: ", ")).")
      }
      delay = preset
    }
    delay.apply(declared)
    if let word = declared.reconfiguration {
      scope = try declaration.word(word, for: "optical.reconfiguration")
    }
  }
}

extension ReconfigurationDelay {
  fileprivate mutating func apply(_ declared: FabricDeclaration.Optical) {
    let before = self
    if let time = declared.controlNanoseconds { controlNanoseconds = time }
    if let time = declared.perPairNanoseconds { perPairNanoseconds = time }
    if let time = declared.switchingNanoseconds { switchingNanoseconds = time }
    if let time = declared.linkUpNanoseconds { linkUpNanoseconds = time }
    if self != before { name += ", as declared" }
  }
}

extension FabricDeclaration.Optical {
  /// Keys that only circuits that change have a use for.
  fileprivate var switchingKeys: [(key: String, isDeclared: Bool)] {
    [
      ("optical.scheduler", scheduler != nil), ("optical.planes", planes != nil),
      ("optical.duplex", duplex != nil), ("optical.technology", technology != nil),
      ("optical.switch_radix", switchRadix != nil), ("optical.delay", delayPreset != nil),
      ("optical.control", controlNanoseconds != nil),
      ("optical.per_pair", perPairNanoseconds != nil),
      ("optical.switching", switchingNanoseconds != nil),
      ("optical.link_up", linkUpNanoseconds != nil),
      ("optical.reconfiguration", reconfiguration != nil),
    ]
  }
}

extension FabricDeclaration {
  /// "fabrics.yaml:3, fabric mine".
  var place: String { "\(location), fabric \(name)" }

  /// Refuses declared values that nothing would use.
  func refuse(
    _ keys: [(key: String, isDeclared: Bool)], _ reason: String
  ) throws(ReplayError) {
    let unused = keys.filter(\.isDeclared).map { "\"\($0.key)\"" }
    if !unused.isEmpty {
      throw ReplayError(
        "\(unused.joined(separator: ", ")) would not be used: \(reason)", at: place)
    }
  }

  /// One of the words of an enumeration.
  fileprivate func word<Word: RawRepresentable & CaseIterable>(
    _ text: String, for key: String
  ) throws(ReplayError) -> Word where Word.RawValue == String {
    if let word = Word(rawValue: text) { return word }
    throw ReplayError(
      "\"\(key)\" cannot be \"\(text)\"", at: place,
      advice: "One of: \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
  }
}
