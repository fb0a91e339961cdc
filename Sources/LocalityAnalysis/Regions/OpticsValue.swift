/// What circuits were measured to be worth on this demand, as shares of time (0.002 is 0.2 %).
public struct OpticsValue: Sendable, Hashable {
  /// Best static circuits against a circulant: T(circulant) ÷ T(best static) − 1.
  public var topology: Finding
  /// Circuits per operation against the best static ones: T(static) ÷ T(per operation) − 1.
  public var reconfiguration: Finding
  /// Excess pair information of the demand, for the words about what would have to change.
  public var pairInformation: Finding
  /// Largest receipt ÷ mean: what balance could win at most.
  public var receiveMaxOverMean: Finding

  /// Below this share a value is called not worth its cost.
  public static let worthwhile = 0.05

  public init(
    topology: Finding = .notIdentifiable("not evaluated"),
    reconfiguration: Finding = .notIdentifiable("not evaluated"),
    pairInformation: Finding = .notIdentifiable("not evaluated"),
    receiveMaxOverMean: Finding = .notIdentifiable("not evaluated")
  ) {
    self.topology = topology
    self.reconfiguration = reconfiguration
    self.pairInformation = pairInformation
    self.receiveMaxOverMean = receiveMaxOverMean
  }

  /// The plain words about both values, and what would have to change where they are small.
  public var sentences: [String] {
    var result: [String] = []
    if let topology = topology.number {
      if topology < Self.worthwhile {
        result.append(
          "Circuits shaped to this demand win \(percent(topology)) over a fixed circulant: shaping "
            + "the topology does not pay. " + topologyRemedy)
      } else {
        result.append(
          "Circuits shaped to this demand win \(percent(topology)) over a fixed circulant.")
      }
    }
    if let reconfiguration = reconfiguration.number {
      if reconfiguration < Self.worthwhile {
        result.append(
          "Circuits set anew for each operation win \(percent(reconfiguration)) over the best fixed "
            + "ones, before any delay: reconfiguring does not pay. Heavy pairs would have to "
            + "change between operations.")
      } else {
        result.append(
          "Circuits set anew for each operation win \(percent(reconfiguration)) over the best fixed "
            + "ones; it pays while the exposed delay per operation stays below that.")
      }
    } else if topology.number != nil {
      result.append("Reconfiguration value: \(reconfiguration.description).")
    }
    return result
  }

  private var topologyRemedy: String {
    var words: [String] = []
    if let excess = pairInformation.number {
      words.append(
        "The demand would need hot pairs, not hot experts (pair information is "
          + "\(decimal(excess, places: 3)) bit)")
    } else {
      words.append("The demand would need hot pairs")
    }
    if let imbalance = receiveMaxOverMean.number, imbalance >= 1.2 {
      words.append(
        "moving or replicating experts comes first: the busiest receiver gets "
          + "\(decimal(imbalance, places: 2))× the mean")
    }
    return words.joined(separator: "; ") + "."
  }
}

/// What the chooser says in words: whether optics pay, then the winners.
func opticsSentences(
  for choice: RegionChoice, value: OpticsValue, noOptics: String?
) -> [String] {
  var result: [String] = []
  if let noOptics {
    result.append(
      "Optics do not pay: \(noOptics), so there is no optical candidate. Expert groups would have "
        + "to span servers beyond their scale-up domain.")
  } else if let smallest = choice.smallest, !smallest.winner.plan.hasCircuits {
    let circuits = choice.evaluated.first { $0.plan.hasCircuits }
    let plain = smallest.winner.score.completionNanoseconds ?? .infinity
    let gain = circuits.flatMap { $0.score.completionNanoseconds }.map { plain / $0 - 1 }
    let words =
      gain.map {
        $0 > 0
          ? "the best plan with circuits is \(percent($0)) faster"
          : "no plan with circuits is faster"
      } ?? "no plan with circuits could be faster by more than that"
    result.append(
      "Optics do not pay in time: without circuits between servers the work is within "
        + "\(percent(choice.tolerance)) of the best, and \(words).")
  }
  result += value.sentences
  let answers = [
    choice.fastest, choice.smallest, choice.cheapest, choice.bestPerformancePerDollar,
  ]
  result += answers.compactMap { $0.map { capitalised($0.reason) + "." } }
  if choice.evaluated.count + choice.provenWorse.count > 0 {
    result.append(choice.countSentence + ".")
  }
  return result
}

func capitalised(_ sentence: String) -> String {
  sentence.prefix(1).uppercased() + sentence.dropFirst()
}

/// Nanoseconds in the unit that reads best.
func duration(_ nanoseconds: Double) -> String {
  switch abs(nanoseconds) {
  case ..<1e3: decimal(nanoseconds, places: 0) + " ns"
  case ..<1e6: decimal(nanoseconds / 1e3, places: 2) + " µs"
  case ..<1e9: decimal(nanoseconds / 1e6, places: 2) + " ms"
  default: decimal(nanoseconds / 1e9, places: 2) + " s"
  }
}

/// US dollars with thousands separated.
func dollars(_ amount: Double) -> String {
  var digits = decimal(amount, places: 0)
  var place = digits.endIndex
  while digits.distance(from: digits.startIndex, to: place) > 3 {
    place = digits.index(place, offsetBy: -3)
    digits.insert(",", at: place)
  }
  return "$" + digits
}
