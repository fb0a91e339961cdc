internal import TraceModel

/// A time below which no phase can end, and why.
public struct LowerBound: Sendable, Hashable {
  public var nanoseconds: Double
  /// "NIC", "electrical NIC", "scale-up" or the network tier.
  public var name: String

  public init(nanoseconds: Double, name: String) {
    self.nanoseconds = nanoseconds
    self.name = name
  }
}

/// The tightest bound on one demand with circuits free to choose.
///
/// Assumes: each pair keeps the NIC policy's path; bytes that circuits could carry may use any NIC of
/// their server, circuits without a delay; all others use electrical links only. Per link (and per
/// server over all its NICs) the bytes divided by the rate.
package func lowerBound(of demand: PhaseDemand, on network: FabricNetwork) -> LowerBound {
  let servers = network.layout.serverCount
  var loads = [Double](repeating: 0, count: network.links.count)
  var lines = [Double](repeating: 0, count: 2 * servers)
  for pair in demand.pairs {
    let (source, destination) = (Int(pair.source), Int(pair.destination))
    let route = network.route(from: source, to: destination, isExpert: pair.isExpert)
    switch route {
    case .local: continue
    case .scaleUp:
      network.forEachLink(.scaleUp, from: source, to: destination) {
        loads[Int($0)] += pair.bytes
      }
      continue
    case .electrical:
      network.forEachLink(.electrical, from: source, to: destination) {
        loads[Int($0)] += pair.bytes
      }
    case .regional:
      // Only delegates are sure to be loaded, and only where both ways need them.
      if network.policy == .pooled {
        network.forEachLink(.circuit(-1), from: source, to: destination) {
          if $0 >= 0 { loads[Int($0)] += pair.bytes }
        }
      }
    }
    lines[network.server(of: source)] += pair.bytes
    lines[servers + network.server(of: destination)] += pair.bytes
  }
  var bound = LowerBound(nanoseconds: 0, name: "none")
  let rate = Double(network.fabric.nicsPerServer) * network.fabric.nicRate
  for bytes in lines where bytes / rate > bound.nanoseconds {
    bound = LowerBound(nanoseconds: bytes / rate, name: "NIC")
  }
  for (link, bytes) in loads.enumerated() {
    let time = bytes / network.links.capacity[link]
    // Rounding must not let a link take the name of the line that it only repeats.
    if bytes > 0 && time > bound.nanoseconds * (1 + 1e-12) {
      bound = LowerBound(nanoseconds: time, name: network.boundName(ofLink: link))
    }
  }
  return bound
}

extension FabricNetwork {
  fileprivate func boundName(ofLink link: Int) -> String {
    switch links.name[link] {
    case .nicUp, .nicDown: regions.isEmpty ? "NIC" : "electrical NIC"
    case .up(let tier, _): "\(tier) uplink"
    case .down(let tier, _): "\(tier) downlink"
    default: "scale-up"
    }
  }
}
