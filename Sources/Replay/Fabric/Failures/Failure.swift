/// A part of a fabric that does not work.
///
/// What each means follows MixNet (SIGCOMM'25, section on failures), with these limits: a server that
/// has lost its last electrical NIC is not relayed optically through a healthy peer, and a failed
/// GPU counts as its whole server. Failures only take capacity away.
public enum Failure: Sendable, Hashable {
  /// One NIC; electrical NICs come first, optical ones after them.
  ///
  /// What is lost is spread evenly: the pooled NICs, the rail, or the circuits and direct links of
  /// that server keep the part of their rate that the other NICs have. Without pooling the GPUs of a
  /// rail that has lost all its NICs use the next rail of their server that works, over scale-up links.
  case nic(server: Int, nic: Int)
  /// One duplex cable above a leaf, pod or rail leaf.
  ///
  /// Pooled uplinks lose its part of their capacity; paths that were to use it take the next one.
  case uplink(tier: String, group: Int, cable: Int)
  /// The direct links between two servers, both ways.
  case link(Int, Int)
  /// A server: its ranks run on a spare, all of whose electrical NICs work, that joins the electrical
  /// network after all other servers and has no circuits and no part in a scale-up domain of several
  /// servers. It takes the failed server's part of the leaf's uplinks with it, and is billed.
  case server(Int)
  /// The optical switch of one plane of a region: its circuits are dark; with one plane all of them.
  case opticalSwitch(region: Int, plane: Int)
  /// The controllers of the optical switches: circuits stay as first set.
  case controller
}

extension Failure: CustomStringConvertible {
  /// The words that `init(_:)` reads.
  public var description: String {
    switch self {
    case .nic(let server, let nic): "server \(server) nic \(nic)"
    case .uplink(let tier, let group, let cable): "\(tier) \(group) uplink \(cable)"
    case .link(let left, let right): "link \(left) \(right)"
    case .server(let server): "server \(server)"
    case .opticalSwitch(let region, let plane): "region \(region) plane \(plane)"
    case .controller: "controller"
    }
  }

  /// The forms that `init(_:)` reads.
  public static let forms =
    "server S · server S nic N · leaf G uplink C (or pod, rail leaf) · link A B · region R plane P"
    + " · controller"

  /// Reads words such as "server 3", "server 3 nic 7", "leaf 2 uplink 0", "link 0 5",
  /// "region 1 plane 0" or "controller"; nil for anything else.
  public init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    let numbers = words.map { Int($0).flatMap { $0 >= 0 ? $0 : nil } }
    switch words.count {
    case 1 where words[0] == "controller": self = .controller
    case 2 where words[0] == "server":
      guard let server = numbers[1] else { return nil }
      self = .server(server)
    case 3 where words[0] == "link":
      guard let left = numbers[1], let right = numbers[2] else { return nil }
      self = .link(left, right)
    case 4 where words[0] == "server" && words[2] == "nic":
      guard let server = numbers[1], let nic = numbers[3] else { return nil }
      self = .nic(server: server, nic: nic)
    case 4 where words[0] == "region" && words[2] == "plane":
      guard let region = numbers[1], let plane = numbers[3] else { return nil }
      self = .opticalSwitch(region: region, plane: plane)
    case 4... where words[words.count - 2] == "uplink":
      guard let group = numbers[words.count - 3], let cable = numbers[words.count - 1] else {
        return nil
      }
      self = .uplink(
        tier: words.dropLast(3).joined(separator: " "), group: group, cable: cable)
    default: return nil
    }
  }
}
