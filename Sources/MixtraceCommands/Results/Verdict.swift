internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// What a comparison of fabrics means, in plain words.
enum Verdict {
  /// A gain below this share is called not worth its price.
  static let worthwhile = 0.05

  static func sentences(_ comparison: FabricComparison) -> [String] {
    guard let fastest = comparison.fastest else { return [] }
    var sentences = [
      "Fastest: \(fastest.label), \(time(fastest.completionNanoseconds)) "
        + "(\(HumanNumber.text(fastest.share(of: fastest.bound), .share)) of its bound)."
    ]
    if let cheapest = comparison.cheapest(within: worthwhile),
      cheapest.bill.totalUSD < fastest.bill.totalUSD, price(cheapest) != price(fastest)
    {
      sentences.append(
        "Cheapest within 5 %: \(cheapest.label), \(time(cheapest.completionNanoseconds)), "
          + "\(price(cheapest)) instead of \(price(fastest)).")
    }
    return optics(comparison) + sentences + (comparison.fitting.map { [$0.sentence] } ?? [])
  }

  /// Circuits against networks without, the answer first: time against the fastest, work per dollar against the best
  /// at that.
  private static func optics(_ comparison: FabricComparison) -> [String] {
    guard comparison.optical.isEmpty || !comparison.lit.isEmpty else {
      return [
        "No byte uses a circuit on any of these fabrics: optics are of no use here, and what they save is "
          + "ports that nobody needs."
      ]
    }
    guard let plain = comparison.electrical.fastest, let circuits = comparison.lit.fastest,
      let thrifty = comparison.electrical.mostPerDollar,
      let worthy = comparison.lit.mostPerDollar
    else { return [] }
    func slowdown(_ row: FabricRow) -> Double {
      row.completionNanoseconds / plain.completionNanoseconds - 1
    }
    func price(_ row: FabricRow) -> Double { row.bill.totalUSD / plain.bill.totalUSD - 1 }
    let perDollar = worthy.performancePerMillionUSD / thrifty.performancePerMillionUSD - 1
    // The fabric that the judgement is about.
    let (judgement, judged): (String, FabricRow) =
      if slowdown(circuits) <= -worthwhile {
        ("Optics pay in time", circuits)
      } else if let cheap = [circuits, worthy].first(where: {
        slowdown($0) <= worthwhile && price($0) <= -worthwhile
      }) {
        ("Optics pay in price", cheap)
      } else if perDollar >= worthwhile {
        ("Optics trade time for price", worthy)
      } else {
        ("Optics do not pay", circuits)
      }
    let role =
      judged.label == circuits.label
      ? "the fastest optical fabric" : "the optical fabric that does most work per dollar"
    return [
      "\(judgement): \(difference(slowdown(judged), more: "slower", less: "faster")), "
        + "\(difference(price(judged), more: "dearer", less: "cheaper")), "
        + "\(difference(perDollar, more: "more", less: "less")) work per dollar of network.",
      "That compares \(role), \(judged.label), with the fastest electrical one, "
        + "\(plain.label), and per dollar the best of each: \(worthy.label) with \(thrifty.label).",
    ]
  }

  private static func difference(_ share: Double, more: String, less: String) -> String {
    HumanNumber.text(abs(share), .share) + " " + (share >= 0 ? more : less)
  }

  private static let uncalibrated =
    "Uncalibrated: the trace was not replayed on the fabric that it was recorded on."

  /// No network that works is further below its rates.
  private static let leastEfficiency = 0.1

  /// How well the replay repeats the recording.
  static func sentence(_ calibration: Calibration, on fabric: String) -> String {
    let error = HumanNumber.text(calibration.medianError, .share)
    let numbers =
      "replayed times are \(HumanNumber.text(calibration.efficiency, .share)) of the recorded ones "
      + "on \(fabric) (fitted on \(calibration.fittedPhaseCount) phases); on "
      + "\(calibration.testedPhaseCount) others that is off by \(error) in the median"
    if calibration.efficiency < leastEfficiency {
      return "Uncalibrated: \(numbers). Recorded times are nearly all waiting, or another fabric's."
    }
    return calibration.isCalibrated ? "Calibrated: \(numbers)." : "Uncalibrated: \(numbers)."
  }

  /// What limits the statements, apart from `remarks`.
  ///
  /// - Parameter isCompared: whether replayed times stand beside recorded ones.
  static func limits(
    _ comparison: FabricComparison, workload: Workload, isCompared: Bool = false
  ) -> [String] {
    var limits = isCompared ? [] : [uncalibrated]
    if let row = comparison.fastest, let network = row.networkNanoseconds,
      network < row.completionNanoseconds / 100
    {
      let share = network / row.completionNanoseconds
      limits.append(
        "The network is \(HumanNumber.text(share, .share)) of the time on \(row.label): no fabric can matter."
      )
    }
    if let reason = reasonAgainstSources(workload.provenance), !comparison.optical.isEmpty {
      limits.append("What circuits win here rests on a guess: \(reason).")
    }
    if workload.layout.nicsPerServer == 1, let nics = comparison.rows.first?.fabric.nicsPerServer,
      nics > 1
    {
      limits.append(
        "The trace's servers have one NIC; the fabrics are built with \(nics) (--nics-per-server).")
    }
    if let compute = workload.provenance["steps.computeBefore"] {
      limits.append("Compute between phases: \(compute.origin.rawValue), \(compute.method).")
    }
    return limits
  }

  /// What helps to read the numbers: each note once, with the fabrics that it holds for unless these
  /// are all.
  static func remarks(_ comparison: FabricComparison) -> [String] {
    var order: [String] = []
    var labels: [String: [String]] = [:]
    for row in comparison.rows {
      for note in row.result.notes {
        if labels[note] == nil { order.append(note) }
        labels[note, default: []].append(row.label)
      }
    }
    let notes = order.map { note in
      let names = comparison.names(of: labels[note] ?? [])
      return names == "all" ? "Note: \(note)." : "Note on \(names): \(note)."
    }
    return notes + remarksOnCircuits(comparison)
  }

  /// What keeps rows with circuits from being compared as they stand.
  private static func remarksOnCircuits(_ comparison: FabricComparison) -> [String] {
    let layers = comparison.rows.compactMap(\.fabric.optical)
    var remarks: [String] = []
    if Set(layers.map(\.duplex)).count > 1 {
      remarks.append(
        "Note: not all optical switches join ports in pairs; --duplex makes them alike.")
    }
    if comparison.rows.contains(where: { $0.fabric.followsDemand }) {
      remarks.append(
        "Note: what circuits are worth is measured on circuits that stand, each phase alone, its bytes "
          + "divided as well as can be; rows with other sharing or schedulers may say otherwise.")
    }
    return remarks
  }

  private static func price(_ row: FabricRow) -> String {
    HumanNumber.text(row.bill.totalUSD, .dollars)
  }

  private static func time(_ nanoseconds: Double) -> String {
    HumanNumber.text(nanoseconds, .nanoseconds)
  }
}
