internal import TraceModel

/// One busy stretch of time of a communicator: what it was, without who sent how much to whom.
struct Burst {
  var start: Int64
  var end: Int64
  var bytes: Int64
  var groups: BurstGroups
}

/// Who sent how much to whom in one busy stretch of time.
struct BurstTraffic {
  var communicator: Int
  /// Which of the communicator's busy times.
  var place: Int
  /// By source NIC, then destination NIC; none without bytes.
  var transfers: [Transfer]

  /// Bytes from one NIC to another, first and last message.
  struct Transfer {
    var pair: EndPair
    var bytes: Int64
    var start: Int64
    var end: Int64
  }
}

/// Who talked together in one burst, and the shape of each group's traffic.
struct BurstGroups {
  /// The servers that talked, ascending, and the group of each; empty when there is one group.
  private var servers: [Int32] = []
  private var groupOfServer: [Int32] = []
  private(set) var shapes: [BurstShape]
  /// Which group of the communicator each is: those of the same servers have the same number.
  private(set) var numbers: [Int32] = []

  /// - Parameters:
  ///   - pairs: which servers sent bytes to which.
  ///   - known: the numbers of the communicator's groups, by their servers.
  ///   - shape: what each group's traffic looks like; it is given the pairs of a group.
  init(
    of pairs: [EndPair], known: inout [[Int]: Int32], shape: ([EndPair]) -> BurstShape
  ) {
    let groupOf = communicatingGroups(of: pairs)
    var pairsOfGroup = [Set<EndPair>](repeating: [], count: (groupOf.max() ?? -1) + 1)
    var groups: [Int: Int] = [:]
    for (pair, group) in zip(pairs, groupOf) {
      pairsOfGroup[group].insert(pair)
      groups[pair.source] = group
      groups[pair.destination] = group
    }
    shapes = pairsOfGroup.map { shape(Array($0)) }
    let sorted = groups.sorted { $0.key < $1.key }
    var members = [[Int]](repeating: [], count: shapes.count)
    for (server, group) in sorted { members[group].append(server) }
    for group in members {
      let number = known[group] ?? Int32(known.count)
      known[group] = number
      numbers.append(number)
    }
    guard shapes.count > 1 else { return }
    servers = sorted.map { Int32($0.key) }
    groupOfServer = sorted.map { Int32($0.value) }
  }

  /// The group of a server, or nil when there are several and it is in none.
  ///
  /// O(log servers).
  func group(ofServer server: Int) -> Int? {
    guard shapes.count > 1 else { return shapes.isEmpty ? nil : 0 }
    let place = frontCount(of: servers.count) { Int(servers[$0]) < server }
    return place < servers.count && Int(servers[place]) == server
      ? Int(groupOfServer[place]) : nil
  }
}
