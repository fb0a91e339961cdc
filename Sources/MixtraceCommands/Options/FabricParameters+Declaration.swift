internal import ArgumentParser
internal import Replay
internal import TraceModel

extension FabricParameters {
  /// A fabric of the user's file: these parameters are the defaults of what the file leaves open, and
  /// what is out of service is so on it too.
  /// - Throws: a `ReplayError` at the place in the file.
  func fabric(
    _ declared: FabricDeclaration, for layout: Layout
  ) throws -> FabricSpecification {
    var declaration = declared
    fill(&declaration)
    let base = declared.base.flatMap { offer(named: $0, for: layout)?.fabric }
    try refuseChangingCircuits(declared, besideThoseOf: base)
    if let circuits = declared.optical?.staticCircuits {
      fill(&declaration.optical, of: circuits)
    } else if declared.optical != nil || base?.optical != nil {
      // Beside a base with circuits nothing need be declared about them.
      var optical = declared.optical ?? FabricDeclaration.Optical()
      fill(&optical, followsDemand: base?.optical?.scheduler.dependsOnDemand ?? true)
      declaration.optical = optical
    } else if base?.electrical is StaticOptical, hasOptics {
      throw ValidationError(
        "fabric \(declared.name): --alpha and --region do not reach the circuits of its base "
          + "\(declared.base ?? ""); "
          + (declared.isFitted
            ? "they do with --fabric \(declared.base ?? "")"
            : "declare them in the file, as optical: {static: …}"))
    }
    return try FabricSpecification(
      declaration, layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond,
      fittedTo: fitting?.demand)
  }

  /// Refuses circuits that change beside a base whose circuits stand: which of them were meant nobody
  /// can tell.
  private func refuseChangingCircuits(
    _ declared: FabricDeclaration, besideThoseOf base: FabricSpecification?
  ) throws(ValidationError) {
    guard declared.topology == nil, let optical = declared.optical, optical.staticCircuits == nil,
      let base, base.usesCircuits, base.optical == nil
    else { return }
    throw ValidationError(
      "\(declared.location), fabric \(declared.name): the circuits of its base \(base.name) stand, and "
        + "\"optical\" would add some that change; "
        + (declared.isFitted
          ? "leave it out, or name --fabric \(base.name) with --alpha and --region"
          : "for others that stand write base: fat-tree and optical: {static: …}"))
  }

  /// True when the command line says how many NICs circuits have, or where.
  private var hasOptics: Bool {
    options.circuits.alpha != nil || options.circuits.region.servers != nil
  }

  private func fill(_ declaration: inout FabricDeclaration) {
    fill(&declaration.scaleUpBitsPerSecond, scaleUpBitsPerSecond)
    fill(&declaration.latencyNanoseconds, latencyNanoseconds)
    fill(&declaration.payloadEfficiency, options.nics.payloadEfficiency)
    fill(&declaration.switchRadix, options.switchRadix)
    fill(&declaration.nicPolicy, options.nicPolicy?.rawValue)
    fill(&declaration.sharing, options.circuits.sharing?.rawValue)
    declaration.failures += options.fail
  }

  /// Circuits that never change: how many there are, and where those of regions end.
  private func fill(
    _ optical: inout FabricDeclaration.Optical?,
    of circuits: FabricDeclaration.Optical.StaticCircuits
  ) {
    guard var filled = optical else { return }
    fill(&filled.nicsPerServer, options.circuits.alpha)
    if circuits == .circulant { fill(&filled.serversPerRegion, options.circuits.region.servers) }
    optical = filled
  }

  private func fill(_ optical: inout FabricDeclaration.Optical, followsDemand: Bool) {
    let technology = optical.technology.flatMap(OpticalTechnology.named)
    fill(&optical.nicsPerServer, options.circuits.alpha)
    fill(&optical.serversPerRegion, options.circuits.region.servers)
    fill(&optical.reconfiguration, options.circuits.reconfiguration?.rawValue)
    fill(&optical.duplex, options.circuits.duplex?.rawValue)
    if followsDemand { fill(&optical.scheduler, options.scheduler) }
    if technology?.radix == nil { fill(&optical.switchRadix, options.circuits.opticalRadix) }
    if technology?.switchingNanoseconds == nil, optical.delayPreset == nil, let delay {
      fill(&optical, delay: delay)
    }
  }

  private func fill(_ optical: inout FabricDeclaration.Optical, delay: ReconfigurationDelay) {
    guard !ReconfigurationDelay.presets.contains(delay) else {
      optical.delayPreset = delay.name
      return
    }
    optical.delayPreset = ReconfigurationDelay.instant.name
    fill(&optical.switchingNanoseconds, delay.switchingNanoseconds)
  }

  private func fill<Value>(_ value: inout Value?, _ other: Value?) {
    if value == nil { value = other }
  }
}
