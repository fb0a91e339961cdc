internal import Replay
internal import Reporting
internal import TraceModel

/// One trace on several fabrics.
struct FabricComparison {
  /// One fabric with its answer and its price.
  struct Row {
    /// The fabric's name, with what makes this row special.
    var label: String
    var fabric: FabricSpecification
    var result: ReplayResult
    var bill: BillOfMaterials

    var completionNanoseconds: Double { result.completionNanoseconds }
    /// An indication, from published figures of parts.
    var power: PowerEstimate {
      bill.power(PowerList(bitsPerSecond: fabric.nicBitsPerSecond))
    }
    /// What the network adds: completion without that on a network of unlimited rate.
    var networkNanoseconds: Double
    /// How well the circuits in place were used over the phases whose senders were ready together
    /// and found their circuits set, 0 … 1; nil without any, for elsewhere waiting hides it.
    var shareOfCircuitOptimum: Double? {
      var optimum = 0.0
      var duration = 0.0
      for phase in result.phases {
        guard let least = phase.circuitOptimumNanoseconds,
          phase.startSpreadNanoseconds <= phase.durationNanoseconds / 100,
          phase.blockedNanoseconds == 0
        else { continue }
        optimum += least
        duration += phase.durationNanoseconds
      }
      return duration > 0 ? optimum / duration : nil
    }
    /// How near what the network adds comes to what it must add, 0 … 1; nil when it adds nothing.
    var shareOfNetworkBound: Double? {
      let compute = completionNanoseconds - networkNanoseconds
      return networkNanoseconds > 0
        ? max(0, result.total.boundNanoseconds - compute) / networkNanoseconds : nil
    }
    /// Iterations per second and million dollars; larger is better.
    var performancePerMillionUSD: Double {
      1e9 / (completionNanoseconds / Double(max(1, result.iterations.count)))
        / (bill.totalUSD / 1e6)
    }
  }

  var rows: [Row] = []
  /// Which prices were used.
  private(set) var costModel = ""
  /// Completion on a network of unlimited rate.
  private(set) var computeNanoseconds = 0.0

  /// Replays a workload on every fabric.
  ///
  /// With `addsCompanions`, one that reconfigures gets a row with the delay of a commodity NIC, so that an optimistic delay
  /// never stands alone; the first also gets one with circuits set once, which is what remains when
  /// changing them does not pay.
  init(
    workload: Workload, fabrics: [FabricSpecification], parameters: FabricParameters,
    addsCompanions: Bool = true,
    progress: (_ name: String, _ done: Int) -> Void = { _, _ in }
  ) throws {
    costModel = parameters.options.cost.rawValue
    computeNanoseconds = try Self.computeNanoseconds(of: workload)
    var hasSetOnce = false
    for (done, fabric) in fabrics.enumerated() {
      progress(fabric.name, done)
      try add(fabric, label: fabric.name, workload: workload, parameters: parameters)
      guard addsCompanions, let optical = fabric.optical, optical.scheduler.dependsOnDemand,
        optical.nicsPerServer > 0
      else { continue }
      if parameters.policy != .never, !hasSetOnce {
        hasSetOnce = true
        try add(
          fabric, label: "\(fabric.name), set once", policy: .never, workload: workload,
          parameters: parameters)
      }
      if optical.delay != .commodityNIC, parameters.policy != .never {
        var slow = fabric
        slow.optical?.delay = .commodityNIC
        try add(
          slow, label: "\(fabric.name), commodity NIC", workload: workload, parameters: parameters)
      }
    }
  }

  private mutating func add(
    _ fabric: FabricSpecification, label: String, policy: ReconfigurationPolicy? = nil,
    workload: Workload, parameters: FabricParameters
  ) throws {
    let result = try replay(
      workload, on: fabric, options: parameters.replayOptions(policy: policy))
    rows.append(
      Row(
        label: label, fabric: fabric, result: result,
        bill: parameters.bill(for: fabric, layout: workload.layout),
        networkNanoseconds: max(0, result.completionNanoseconds - computeNanoseconds)))
  }

  /// How long compute alone takes, waiting for each other's results included.
  private static func computeNanoseconds(of workload: Workload) throws -> Double {
    guard workload.steps.contains(where: { $0.computeBeforeNanoseconds > 0 }) else { return 0 }
    let unlimited = 1e24
    let network = FabricSpecification(
      name: "unlimited", summary: "a network of unlimited rate", nicsPerServer: 1,
      nicBitsPerSecond: unlimited, scaleUpBitsPerSecond: unlimited)
    return try replay(workload, on: network).completionNanoseconds
  }

  /// What routing alone could do where servers forward: all bytes together over any paths, in words.
  func routingLimits(of workload: Workload) throws -> [String] {
    let demand = workload.matrix(of: workload.steps, at: .server).withoutDiagonal
    return try rows.compactMap { row in
      guard
        let flow = try MaximumConcurrentFlow(requestedGap: 0.02).solve(
          demand, on: row.fabric, layout: workload.layout)
      else { return nil }
      return "Best routing on \(row.label), all bytes at once over any paths: "
        + "\(HumanNumber.text(flow.time, .nanoseconds)), proven to "
        + "\(HumanNumber.text(flow.gap, .share)); the network adds "
        + "\(HumanNumber.text(row.networkNanoseconds, .nanoseconds)) to compute, beside which bytes move."
    }
  }

  /// The fabrics that can be bought: an ideal crossbar is a yardstick.
  var buildable: [Row] { rows.filter { $0.fabric.name != "ideal" } }

  var fastest: Row? { buildable.fastest }

  /// The cheapest of those within a share of the fastest.
  func cheapest(within tolerance: Double) -> Row? {
    guard let fastest else { return nil }
    return
      buildable
      .filter { $0.completionNanoseconds <= fastest.completionNanoseconds * (1 + tolerance) }
      .min { $0.bill.totalUSD < $1.bill.totalUSD }
  }

  var electrical: [Row] { buildable.filter { $0.fabric.optical == nil } }
  var optical: [Row] { buildable.filter { $0.fabric.opticalNICsPerServer > 0 } }
}

extension [FabricComparison.Row] {
  var fastest: FabricComparison.Row? {
    self.min { $0.completionNanoseconds < $1.completionNanoseconds }
  }
  var mostPerDollar: FabricComparison.Row? {
    self.max { $0.performancePerMillionUSD < $1.performancePerMillionUSD }
  }
}
