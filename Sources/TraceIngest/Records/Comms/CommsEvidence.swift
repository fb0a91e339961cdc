internal import TraceModel

/// Who is in the process groups whose records do not say it, as far as the ranks' records together
/// tell.
struct CommsEvidence {
  /// The members of a group and how they are known.
  struct Members {
    enum Source { case records, allRanks, readRanks, nobody }
    var ranks: [Int32] = []
    var source = Source.nobody
  }

  /// A file that names a group without its members.
  private struct Use {
    var file: Int
    var group: Int32
    var rank: Int32
    /// Its rank inside the group, or nil.
    var place: Int32?
  }

  private let files: [CommsFile]
  private let worldSize: Int32?
  private let declaredSize: Int32?
  /// By name, in the order of the ranks.
  private var uses: [String: [Use]] = [:]
  /// By name: how many shares its all-to-alls have.
  private var shareCounts: [String: Set<Int>] = [:]

  /// - Parameter files: in the order of their ranks.
  init(_ files: [CommsFile], ranks: [Int32], worldSize: Int32?, declaredSize: Int32?) {
    self.files = files
    self.worldSize = worldSize
    self.declaredSize = declaredSize
    for (index, file) in files.enumerated() {
      for (number, group) in file.groups.enumerated() where group.members.isEmpty {
        let number = Int32(number)
        uses[group.name, default: []].append(
          Use(file: index, group: number, rank: ranks[index], place: file.places[number]))
      }
      for call in file.calls where call.kind == .allToAll {
        let group = file.groups[Int(call.group)]
        guard group.members.isEmpty, let rows = call.sentRows, rows.count > 1 else { continue }
        shareCounts[group.name, default: []].insert(rows.count)
      }
    }
  }

  // MARK: Members

  /// The members of a group that has a name alone: those that use it when they are all; all ranks
  /// for the group that a job begins with; else nobody.
  func members(of group: CommsGroup) -> Members {
    guard group.scope != .settled else { return Members() }
    let own = (uses[group.name] ?? []).filter {
      group.scope == .job || files[$0.file].groups[Int($0.group)].size == group.size
    }
    let read = own.map(\.rank)
    if group == CommsGroup.expertKernels { return Members(ranks: read, source: .readRanks) }
    var size = group.size
    if size == 0, let counts = shareCounts[group.name], counts.count == 1 {
      size = Int32(clamping: counts.first ?? 0)
    }
    if size > 0, Int(size) == read.count {
      return isOneGroup(own, scope: group.scope)
        ? Members(ranks: inOrder(own).map(\.rank), source: .records) : Members()
    }
    let isDefault = group.name == "group 0" || group.description == "default_pg"
    if size > 0 {
      guard worldSize.map({ $0 == size }) ?? isDefault else { return Members() }
      let isRecorded = worldSize != nil || group.scope == .job
      return all(size, of: own, source: isRecorded ? .records : .allRanks)
    }
    guard isDefault, let size = worldSize ?? declaredSize else { return Members() }
    return all(size, of: own, source: .allRanks)
  }

  /// All ranks, unless a rank has another place inside the group.
  private func all(_ size: Int32, of own: [Use], source: Members.Source) -> Members {
    guard size <= CommsGroup.sizeLimit,
      own.allSatisfy({ $0.rank < size && ($0.place ?? $0.rank) == $0.rank })
    else { return Members() }
    return Members(ranks: (0..<size).map { $0 }, source: source)
  }

  // MARK: One group or several of one name

  /// By place in the group where all say theirs, else by rank.
  private func inOrder(_ own: [Use]) -> [Use] {
    guard own.allSatisfy({ $0.place != nil }) else { return own }
    return own.sorted { ($0.place ?? 0, $0.rank) < ($1.place ?? 0, $1.rank) }
  }

  /// True when the files that use a name mean one group, of which they are all members.
  ///
  /// Where the name is a number in order of occurrence this takes more than the name: the places
  /// inside the group, or shares that one member sent and another received.
  private func isOneGroup(_ own: [Use], scope: CommsGroup.Scope) -> Bool {
    let places = own.compactMap(\.place)
    guard Set(places).count == places.count, places.allSatisfy({ $0 < own.count }) else {
      return false
    }
    guard scope == .process else { return true }
    let shares = comparedShares(inOrder(own))
    return places.count == own.count
      ? shares.equal >= shares.different : shares.equal > shares.different
  }

  /// Exchanges of a file that are compared.
  private static let comparedExchanges = 32

  /// How many shares between neighbours in the group are the same at both ends, and how many not.
  private func comparedShares(_ members: [Use]) -> (equal: Int, different: Int) {
    var found = (equal: 0, different: 0)
    guard members.count <= CommsCall.pairGroupLimit else { return found }
    func compare(_ sent: Int64?, _ received: Int64?) {
      guard let sent, let received, sent > 0 || received > 0 else { return }
      if sent == received { found.equal += 1 } else { found.different += 1 }
    }
    for place in members.indices where members.count > 1 {
      let next = (place + 1) % members.count
      let others = Dictionary(exchanges(of: members[next])) { first, _ in first }
      for (number, call) in exchanges(of: members[place]).prefix(Self.comparedExchanges) {
        guard let other = others[number] else { continue }
        compare(
          call.bytesSent(memberCount: members.count)?[next],
          other.bytesReceived(memberCount: members.count)?[place])
        compare(
          other.bytesSent(memberCount: members.count)?[place],
          call.bytesReceived(memberCount: members.count)?[next])
      }
    }
    return found
  }

  /// The all-to-alls of a group in one file, by their numbers or, without those, by their order.
  private func exchanges(of use: Use) -> [(Int64, CommsCall)] {
    files[use.file].calls.lazy.filter { $0.kind == .allToAll && $0.group == use.group }
      .enumerated().map { ($0.element.sequence ?? Int64($0.offset), $0.element) }
  }
}
