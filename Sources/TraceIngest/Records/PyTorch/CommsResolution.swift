internal import TraceModel

/// The process groups of all files with their members, where those can be known.
struct CommsResolution {
  /// Groups by (members, name), so that their numbers do not depend on the order of the files.
  private(set) var groups: [CommsGroup] = []
  /// By file and its group: the number among `groups`, or nil.
  private(set) var numbers: [[Int?]] = []
  /// Groups that were taken for all ranks of the job: no record says who is in them.
  private(set) var takenForAll = 0
  /// Groups that were taken for the ranks that were read.
  private(set) var takenForRead = 0

  /// - Parameters:
  ///   - worldSize: number of ranks of the job where a file says it.
  ///   - declaredSize: number of ranks of the declared layout.
  init(_ files: [CommsFile], ranks: [Int32], worldSize: Int32?, declaredSize: Int32?) {
    var ranksOfName: [String: Set<Int32>] = [:]
    var sharesOfName: [String: Int] = [:]
    for (file, rank) in zip(files, ranks) {
      for group in file.groups where group.members.isEmpty {
        ranksOfName[group.name, default: []].insert(rank)
      }
      for call in file.calls where call.kind == .allToAll {
        let group = file.groups[Int(call.group)]
        guard group.members.isEmpty, let rows = call.sentRows, rows.count > 1 else { continue }
        sharesOfName[group.name] = rows.count
      }
    }
    let rule = Rule(worldSize: worldSize, declaredSize: declaredSize)
    var numberOf: [CommsGroup: Int] = [:]
    var inferred: [CommsGroup: Members] = [:]
    numbers = files.map { file in
      file.groups.map { group -> Int? in
        var group = group
        if group.members.isEmpty {
          let known = group
          if inferred[known] == nil {
            if group.size == 0 { group.size = Int32(clamping: sharesOfName[group.name] ?? 0) }
            inferred[known] = rule.members(of: group, seen: ranksOfName[group.name] ?? [])
          }
          group.members = inferred[known]?.ranks ?? []
        }
        group.size = Int32(group.members.count)
        guard !group.members.isEmpty else { return nil }
        if let number = numberOf[group] { return number }
        let number = numberOf.count
        numberOf[group] = number
        return number
      }
    }
    takenForAll = inferred.values.count { $0.source == .allRanks }
    takenForRead = inferred.values.count { $0.source == .readRanks }
    sort(numberOf)
  }

  /// Puts the groups in order of their members and brings the numbers to it.
  private mutating func sort(_ numberOf: [CommsGroup: Int]) {
    let sorted = numberOf.sorted { left, right in
      left.key.members != right.key.members
        ? left.key.members.lexicographicallyPrecedes(right.key.members)
        : (left.key.name, left.key.description) < (right.key.name, right.key.description)
    }
    groups = sorted.map(\.key)
    var place = [Int](repeating: 0, count: sorted.count)
    for (number, entry) in sorted.enumerated() { place[entry.value] = number }
    numbers = numbers.map { $0.map { $0.map { place[$0] } } }
  }

  // MARK: Members

  private struct Members {
    enum Source { case records, allRanks, readRanks, nobody }
    var ranks: [Int32] = []
    var source = Source.nobody
  }

  private struct Rule {
    var worldSize: Int32?
    var declaredSize: Int32?

    /// The members of a group that has a name alone: those seen when they are all; all ranks for the
    /// group that a job begins with; else nobody.
    func members(of group: CommsGroup, seen: Set<Int32>) -> Members {
      let read = seen.sorted()
      if group.size > 0, Int(group.size) == read.count {
        return Members(ranks: read, source: .records)
      }
      if group == CommsGroup.expertKernels { return Members(ranks: read, source: .readRanks) }
      let isDefault = group.name == "group 0" || group.description == "default_pg"
      if group.size == 0 {
        guard isDefault, let size = worldSize ?? declaredSize else { return Members() }
        return all(size, of: read, source: .allRanks)
      }
      guard worldSize.map({ $0 == group.size }) ?? isDefault else { return Members() }
      return all(group.size, of: read, source: .records)
    }

    private func all(_ size: Int32, of read: [Int32], source: Members.Source) -> Members {
      guard size <= CommsGroup.sizeLimit, (read.last ?? 0) < size else { return Members() }
      return Members(ranks: (0..<size).map { $0 }, source: source)
    }
  }
}
