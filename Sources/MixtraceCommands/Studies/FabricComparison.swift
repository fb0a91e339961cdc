internal import Replay
internal import Reporting
internal import TraceModel

/// One trace on several fabrics.
struct FabricComparison {
  private(set) var rows: [FabricRow] = []
  /// Fabrics on which the trace could not be replayed, in the order in which they were asked for.
  private(set) var failures: [FabricFailure] = []
  /// Which prices were used.
  let costModel: String
  /// Completion on a network of unlimited rate; nil where recorded times say when operations start, for
  /// they hold what the recorded network took.
  let computeNanoseconds: Double?
  /// Nil where no circuits are chosen for some of the iterations.
  let fitting: Fitting?

  /// Replays a workload on every fabric.
  ///
  /// One that reconfigures gets a row with the delay of a commodity NIC, so that an optimistic delay
  /// never stands alone; the first also gets one with circuits set once, which is what remains when
  /// changing them does not pay.
  init(
    workload: Workload, fabrics: [FabricSpecification], parameters: FabricParameters,
    progress: (_ name: String, _ done: Int) -> Void = { _, _ in }
  ) throws {
    costModel = parameters.costParameter.value
    fitting = parameters.fitting
    let run = RunDemand(workload)
    computeNanoseconds =
      parameters.options.pacing == .dependencies
      ? try Self.computeNanoseconds(of: workload) : nil
    for (done, fabric) in fabrics.enumerated() {
      progress(fabric.name, done)
      for variant in variants(of: fabric, parameters) {
        do throws(ReplayError) {
          rows.append(
            try FabricRow(
              variant.label, variant.fabric, policy: variant.policy, workload: workload, run: run,
              parameters: parameters, computeNanoseconds: computeNanoseconds))
        } catch {
          failures.append(FabricFailure(label: variant.label, error: error))
          break
        }
      }
    }
    guard !rows.isEmpty || failures.isEmpty else {
      throw VerbError(
        "nothing could be replayed\n  "
          + FabricFailure.sentences(failures).joined(separator: "\n  "))
    }
  }

  private typealias Variant = (
    label: String, fabric: FabricSpecification, policy: ReconfigurationPolicy?
  )

  /// A fabric as it was asked for, then what has to stand beside it.
  private func variants(
    of fabric: FabricSpecification, _ parameters: FabricParameters
  ) -> [Variant] {
    let suffix = parameters.isFittedToItself(fabric) ? FabricRow.fittedToItself : ""
    var variants: [Variant] = [(fabric.name + suffix, fabric, nil)]
    guard fabric.followsDemand, fabric.usesCircuits, fabric.changesCircuits,
      parameters.policy != .never
    else { return variants }
    if !rows.contains(where: \.isSetOnce), !fabric.changesCircuitsDuringPhases {
      variants.append((fabric.name + FabricRow.setOnce, fabric, .never))
    }
    if fabric.optical?.delay != .commodityNIC {
      var slow = fabric
      slow.optical?.delay = .commodityNIC
      variants.append((fabric.name + FabricRow.commodityNIC, slow, nil))
    }
    return variants
  }

  /// How long compute alone takes, waiting for each other's results included.
  private static func computeNanoseconds(of workload: Workload) throws -> Double {
    guard workload.steps.contains(where: { $0.computeBeforeNanoseconds > 0 }) else { return 0 }
    return try replay(workload, on: unlimitedNetwork).completionNanoseconds
  }

  static let unlimitedNetwork = FabricSpecification(
    name: "unlimited", summary: "a network of unlimited rate", nicsPerServer: 1,
    nicBitsPerSecond: 1e24, scaleUpBitsPerSecond: 1e24)

  /// The fabrics that can be bought and are scored on other traffic than they were made for.
  var buildable: [FabricRow] {
    rows.contenders(fabric: \.fabric.name, isFittedToItself: \.isFittedToItself)
  }

  var fastest: FabricRow? { buildable.fastest }

  /// The cheapest of those within a share of the fastest, the faster of equally cheap ones.
  func cheapest(within tolerance: Double) -> FabricRow? {
    guard let fastest else { return nil }
    return
      buildable
      .filter { $0.completionNanoseconds <= fastest.completionNanoseconds * (1 + tolerance) }
      .min {
        ($0.bill.totalUSD, $0.completionNanoseconds) < ($1.bill.totalUSD, $1.completionNanoseconds)
      }
  }

  var electrical: [FabricRow] { buildable.filter { !$0.fabric.usesCircuits } }
  var optical: [FabricRow] { buildable.filter(\.fabric.usesCircuits) }
  /// Those of them whose circuits carry any byte.
  var lit: [FabricRow] { optical.filter { $0.result.bytes.circuits > 0 } }
}

extension FabricComparison {
  /// What the best policy in hindsight would have done on each row's fabric; nil where circuits do not
  /// follow the demand, or not one set of them for a phase.
  ///
  /// Whoever chooses circuits in the row plays no part, so equal layers are asked once.
  func hindsight(of workload: Workload) throws -> [HindsightStudy?] {
    var known: [[EffectiveParameter]: HindsightStudy?] = [:]
    return try rows.map { row in
      guard row.fabric.followsDemand, !row.fabric.changesCircuitsDuringPhases, !row.isSetOnce
      else { return nil }
      var fabric = row.fabric
      fabric.failures = []
      fabric.name = ""
      let key = fabric.circuitParameters
      if let study = known[key] { return study }
      let study = try Replay.hindsight(of: workload, on: fabric)
      known[key] = study
      return study
    }
  }
}
