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
    let evidence = CommsEvidence(
      files, ranks: ranks, worldSize: worldSize, declaredSize: declaredSize)
    var numberOf: [CommsGroup: Int] = [:]
    var inferred: [CommsGroup: CommsEvidence.Members] = [:]
    numbers = files.map { file in
      file.groups.map { known -> Int? in
        var group = known
        if group.members.isEmpty {
          let members = inferred[known] ?? evidence.members(of: known)
          inferred[known] = members
          group.members = members.ranks
        }
        group.size = Int32(group.members.count)
        group.scope = .job
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
}
