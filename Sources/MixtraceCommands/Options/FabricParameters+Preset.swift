internal import ArgumentParser
internal import Replay
internal import TraceModel

extension FabricParameters {
  /// A preset by its name, sized for a layout, or why the layout cannot have it; nil for a name that the
  /// catalogue does not have.
  func offer(named name: String, for layout: Layout) -> FabricOffer? {
    FabricCatalogue.offer(
      named: name, layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond,
      switchRadix: switchRadix, opticalNICsPerServer: options.circuits.alpha,
      serversPerRegion: options.circuits.region.servers, fittedTo: fitting?.demand)
  }

  /// The presets that are compared unless others are named, as the catalogue has them.
  func presets(for layout: Layout) -> [FabricSpecification] {
    FabricCatalogue.presets(
      layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix,
      opticalNICsPerServer: options.circuits.alpha,
      serversPerRegion: options.circuits.region.servers)
  }

  /// A preset with these parameters.
  /// - Throws: a `ValidationError` when they do not go together.
  func fabric(
    _ preset: FabricSpecification, for layout: Layout
  ) throws -> FabricSpecification {
    var fabric = apply(to: preset)
    fabric.electrical = try routed(preset)
    if let defect = fabric.defect(for: layout) {
      throw ValidationError("fabric \(fabric.name): \(defect)")
    }
    return fabric
  }

  private func apply(to preset: FabricSpecification) -> FabricSpecification {
    var fabric = preset
    fabric.switchRadix = switchRadix
    fabric.failures = options.fail.compactMap { Failure($0) }
    // Islands have a rate of their own unless one is declared.
    if options.nics.nicRate != nil { fabric.nicBitsPerSecond = nicBitsPerSecond }
    if let rate = scaleUpBitsPerSecond { fabric.scaleUpBitsPerSecond = rate }
    if let latency = latencyNanoseconds { fabric.latencyNanoseconds = latency }
    if let share = options.nics.payloadEfficiency { fabric.payloadEfficiency = share }
    if let nicPolicy = options.nicPolicy { fabric.nicPolicy = nicPolicy }
    if let sharing = options.circuits.sharing { fabric.sharing = sharing }
    if let optical = preset.optical { fabric.optical = apply(to: optical) }
    return fabric
  }

  private func apply(to preset: OpticalLayer) -> OpticalLayer {
    var optical = preset
    if let alpha = options.circuits.alpha { optical.nicsPerServer = alpha }
    // Presets that are named for their scheduler keep it.
    if let name = options.scheduler, optical.scheduler.name == MixNetGreedy(.continue).name,
      let scheduler = CircuitSchedulers.named(name)
    {
      optical.scheduler = scheduler
    }
    if let delay { optical.delay = delay }
    if let duplex = options.circuits.duplex {
      let isRotor = !optical.scheduler.dependsOnDemand && optical.scheduler.answersWithSequence
      if isRotor, optical.scheduler.hardwareDefect(on: duplex) != nil {
        optical.scheduler = Symmetrised(optical.scheduler)
      }
      optical.duplex = duplex
    }
    if let scope = options.circuits.reconfiguration { optical.scope = scope }
    if let radix = options.circuits.opticalRadix { optical.switchRadix = radix }
    if let servers = options.circuits.region.servers {
      optical.regions = .contiguous(servers: servers)
    }
    return optical
  }
}
