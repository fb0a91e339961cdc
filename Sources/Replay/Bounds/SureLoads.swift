internal import TraceModel

/// Bytes that a demand puts on links whichever circuits are chosen.
///
/// A slot is a single link or all NICs of a server together; it has a capacity, so bytes ÷ capacity
/// is a lower bound.
///
/// Assumes: each pair keeps the NIC policy's path; bytes that circuits could carry may use any NIC of
/// their server, circuits without a delay; all others use electrical links only.
package struct SureLoads {
  private let network: FabricNetwork
  private let paths: PathTable?
  private let linkCount: Int
  private let serverCount: Int
  /// Links, then the NICs of each server sending, then receiving.
  private var bytes: [Double]
  /// Bytes per nanosecond, by slot.
  private let capacities: [Double]
  private var touched: [Int] = []
  private var scratch: [Int32] = []

  /// - Parameter paths: knows the slots of all pairs that will be added, if there is one already.
  package init(_ network: FabricNetwork, paths: PathTable? = nil) {
    self.network = network
    self.paths = paths
    linkCount = network.links.count
    serverCount = network.layout.serverCount
    bytes = [Double](repeating: 0, count: linkCount + 2 * serverCount)
    capacities =
      network.links.capacity
      + [Double](
        repeating: Double(network.fabric.nicsPerServer) * network.fabric.nicRate,
        count: 2 * serverCount)
  }

  package var slotCount: Int { bytes.count }

  /// Bytes per nanosecond of a slot.
  package func capacity(of slot: Int) -> Double { capacities[slot] }

  package mutating func add(_ demand: PhaseDemand) {
    for pair in demand.pairs { add(pair) }
  }

  package mutating func add(_ pair: DemandPair) {
    var slots = scratch
    scratch = []
    appendSlots(of: pair, to: &slots)
    for slot in slots { add(pair.bytes, to: Int(slot)) }
    slots.removeAll(keepingCapacity: true)
    scratch = slots
  }

  /// Appends the slots that all bytes of a pair load in any case; none when they never leave their GPU.
  package func appendSlots(of pair: DemandPair, to slots: inout [Int32]) {
    if let paths { return slots.append(contentsOf: paths.sureSlots(of: pair)) }
    let (source, destination) = (Int(pair.source), Int(pair.destination))
    switch network.route(from: source, to: destination, isExpert: pair.isExpert) {
    case .local: return
    case .scaleUp:
      network.forEachLink(.scaleUp, from: source, to: destination) { slots.append($0) }
      return
    case .electrical:
      network.forEachLink(.electrical, from: source, to: destination) { slots.append($0) }
    case .regional:
      // Only delegates are sure to be loaded, and only where both ways need them.
      if network.policy == .pooled {
        network.forEachLink(.circuit(-1), from: source, to: destination) {
          if $0 >= 0 { slots.append($0) }
        }
      }
    }
    slots.append(Int32(linkCount + network.server(of: source)))
    slots.append(Int32(linkCount + serverCount + network.server(of: destination)))
  }

  package mutating func add(_ amount: Double, to slot: Int) {
    if bytes[slot] == 0 { touched.append(slot) }
    bytes[slot] += amount
  }

  /// What bytes take at least on the slots of a pair.
  package func time(of amount: Double, on slots: ArraySlice<Int32>) -> Double {
    slots.reduce(0) { max($0, amount / capacities[Int($1)]) }
  }

  /// The bounds of what was added, one of each name: NICs first, then links as they are numbered.
  package var bounds: [LowerBound] {
    var bounds = [LowerBound(nanoseconds: 0, name: BoundName.nic, assumptions: [.declaredNICs])]
    for slot in linkCount..<bytes.count {
      bounds[0].nanoseconds = max(bounds[0].nanoseconds, bytes[slot] / capacity(of: slot))
    }
    for link in 0..<linkCount where bytes[link] > 0 {
      let time = bytes[link] / capacity(of: link)
      let name = network.boundName(ofLink: link)
      if let known = bounds.firstIndex(where: { $0.name == name }) {
        bounds[known].nanoseconds = max(bounds[known].nanoseconds, time)
      } else {
        bounds.append(
          LowerBound(nanoseconds: time, name: name, assumptions: [.declaredWays, .anyCircuits]))
      }
    }
    return bounds
  }

  /// The bound of what was added; nothing is left.
  package mutating func takeTime() -> Double {
    var nanoseconds = 0.0
    for slot in touched {
      nanoseconds = max(nanoseconds, bytes[slot] / capacity(of: slot))
      bytes[slot] = 0
    }
    touched.removeAll(keepingCapacity: true)
    return nanoseconds
  }

  /// The bound of what was added and the slots that it loads; nothing is left.
  package mutating func takeAll() -> (nanoseconds: Double, bytes: [(slot: Int, bytes: Double)]) {
    var nanoseconds = 0.0
    var taken: [(slot: Int, bytes: Double)] = []
    for slot in touched {
      nanoseconds = max(nanoseconds, bytes[slot] / capacity(of: slot))
      taken.append((slot, bytes[slot]))
      bytes[slot] = 0
    }
    touched.removeAll(keepingCapacity: true)
    return (nanoseconds, taken)
  }
}
