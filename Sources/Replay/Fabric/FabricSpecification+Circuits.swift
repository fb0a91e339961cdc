internal import TraceModel

extension FabricSpecification {
  /// True when optical circuits carry bytes, whether or not they ever change.
  package var usesCircuits: Bool {
    circuitNICsPerServer > 0
  }

  /// NICs of a server that optical circuits take, whether or not they ever change.
  package var circuitNICsPerServer: Int {
    if let optical { return optical.nicsPerServer }
    if let fixed = electrical as? StaticOptical { return fixed.opticalNICsPerServer }
    return (electrical as? DirectTopology)?.isPatched == true ? nicsPerServer : 0
  }

  /// True when circuits are set up for the demand.
  package var followsDemand: Bool { optical?.scheduler.dependsOnDemand ?? false }

  /// True when circuits change by the clock, whatever the demand.
  package var turnsByTheClock: Bool { changesCircuitsDuringPhases && !followsDemand }

  /// True when circuits follow each other while a phase is on.
  package var changesCircuitsDuringPhases: Bool {
    optical?.scheduler.answersWithSequence ?? false
  }

  /// The parameters on which the circuits of single demands depend, whoever chooses them.
  package var circuitParameters: [EffectiveParameter] {
    let optical = optical?.effectiveParameters ?? []
    return [
      EffectiveParameter("fabric", name),
      EffectiveParameter("electrical NICs per server", electricalNICsPerServer),
    ] + optical.filter { $0.name != OpticalLayer.schedulerName } + [
      EffectiveParameter("NIC rate per direction", nicBitsPerSecond, unit: "bit/s"),
      EffectiveParameter("payload efficiency", payloadEfficiency),
      EffectiveParameter("sharing of circuits and EPS", sharing.rawValue),
    ]
  }
}

extension Failure {
  /// True for parts that only circuits which change have.
  package var isOfCircuits: Bool {
    switch self {
    case .controller, .opticalSwitch: true
    case .nic, .uplink, .link, .server: false
    }
  }
}
