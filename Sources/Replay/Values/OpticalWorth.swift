package import TraceModel

/// The values of circuits together.
package struct OpticalWorth: Sendable {
  /// See `topologyValue(of:on:iterations:)`.
  package let topology: Measurement
  /// See `reconfigurationValue(of:on:iterations:)`.
  package let reconfiguration: Measurement
  /// See `breakEvenDelay(of:on:iterations:)`.
  package let breakEvenNanoseconds: Measurement

  /// - Throws: a `ReplayError` as `replay` does.
  package init(of workload: Workload, on fabric: FabricSpecification) throws(ReplayError) {
    guard let study = try ValueStudy(workload, on: fabric, iterations: nil) else {
      topology = .notMeasurable(ValueStudy.noCandidate)
      reconfiguration = topology
      breakEvenNanoseconds = topology
      return
    }
    topology = try study.topologyValue()
    let comparison = try study.reconfigurationValue()
    reconfiguration = comparison.map { .value($0.gain) }
    breakEvenNanoseconds = comparison.map { .value($0.breakEvenNanoseconds) }
  }
}
