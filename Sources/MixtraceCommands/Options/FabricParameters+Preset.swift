internal import ArgumentParser
internal import Replay
internal import TraceModel

extension FabricParameters {
  /// A preset with these parameters.
  /// - Throws: a `ValidationError` when they do not go together.
  func fabric(
    _ preset: FabricSpecification, for layout: Layout
  ) throws -> FabricSpecification {
    let fabric = apply(to: preset)
    if let defect = fabric.defect(for: layout) {
      throw ValidationError("fabric \(fabric.name): \(defect)")
    }
    return fabric
  }

  private func apply(to preset: FabricSpecification) -> FabricSpecification {
    var fabric = preset
    fabric.switchRadix = switchRadix
    fabric.failures = options.fail.compactMap { Failure($0) }
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
    if let name = options.scheduler, optical.scheduler.dependsOnDemand,
      let scheduler = CircuitSchedulers.named(name)
    {
      optical.scheduler = scheduler
    }
    if let delay { optical.delay = delay }
    if let scope = options.circuits.reconfiguration { optical.scope = scope }
    if let radix = options.circuits.opticalRadix { optical.switchRadix = radix }
    if case .servers(let size) = options.circuits.region {
      optical.regions = .contiguous(servers: size)
    }
    return optical
  }
}
