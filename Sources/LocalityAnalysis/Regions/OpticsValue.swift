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

  /// Findings that are left out were not evaluated.
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
    } else if topology.number != nil, case .notIdentifiable(let reason) = reconfiguration {
      result.append("Reconfiguration value: not measurable: \(reason).")
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
