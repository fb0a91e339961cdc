/// Power of network parts at one NIC rate, as far as figures are published.
///
/// Indicative: both figures are energy per bit of other rates, taken to this one.
///
/// Transceivers: 21 pJ/bit for pluggables (a survey that cites HotI'25; data sheets of 800 Gb/s
/// modules say 14 to 20 W, which is 17.5 to 25 pJ/bit). Electrical switch ports: 500 W for the
/// 51.2 Tb/s of one Tomahawk-5 chip, 9.8 pJ/bit, without fans and supplies. For NICs, optical switches
/// and patch panels no figure could be checked: they are left out, and said to be.
public struct PowerList: Sendable, Hashable {
  /// Watts of one transceiver.
  public var transceiverWatts: Double
  /// Watts of one used port of an electrical switch.
  public var electricalPortWatts: Double

  /// Figures of one's own, in watts.
  public init(transceiverWatts: Double, electricalPortWatts: Double) {
    self.transceiverWatts = transceiverWatts
    self.electricalPortWatts = electricalPortWatts
  }

  /// The published figures at a NIC rate in bits per second per direction.
  public init(bitsPerSecond: Double) {
    self.init(
      transceiverWatts: 21e-12 * bitsPerSecond,
      electricalPortWatts: 500 / 51.2e12 * bitsPerSecond)
  }

  /// Watts of one part of a bill, or nil when no figure is known.
  public func watts(of item: String) -> Double? {
    switch item {
    case "transceiver": transceiverWatts
    case "electrical switch port": electricalPortWatts
    // Fibre is passive.
    case "fibre": 0
    default: nil
    }
  }
}

/// What the parts of a bill draw, as far as it is known.
public struct PowerEstimate: Sendable, Hashable {
  /// Watts of the parts with a known figure; indicative.
  public var watts: Double
  /// Parts of the bill for which no figure is known, in its order.
  public var itemsLeftOut: [String]
}

extension BillOfMaterials {
  /// The power of the bill's parts.
  public func power(_ list: PowerList) -> PowerEstimate {
    var estimate = PowerEstimate(watts: 0, itemsLeftOut: [])
    for line in lines {
      if let watts = list.watts(of: line.item) {
        estimate.watts += watts * Double(line.count)
      } else {
        estimate.itemsLeftOut.append(line.item)
      }
    }
    return estimate
  }
}
