internal import TraceModel

/// One rank's part of one communicator.
struct NCCLEnd: Sendable, Hashable {
  /// Number of the process in the log.
  var process: Int
  /// Number of the communicator in the log.
  var communicator: Int
  var rank: Int32
}

/// Global ranks for what NCCL's records name by communicator.
///
/// They have no rank of the job. A process with one end in each communicator is one rank. Of a
/// process with several ends in one, the k-th of each communicator is taken for its k-th GPU. A
/// communicator none of whose ranks is numbered yet takes the next numbers for its own, the largest
/// first, then as they appear: with one communicator over all ranks those are its ranks.
struct NCCLRanks {
  /// What one GPU recorded.
  struct Unit {
    var process: Int
    /// Its ends, by number in the log.
    var ends: [Int]
    /// Which GPU of its process, where that has several.
    var place: Int?
    /// False when it is not known which of its process's GPUs it is.
    var isPlaced = true
    /// Nil when no communicator that holds it could be numbered.
    var rank: Int32?
  }

  private(set) var units: [Unit] = []
  /// By communicator: global ranks by place, or empty when they are not all known.
  private(set) var members: [[Int32]]
  /// Ranks that were given out.
  private(set) var world: Int32 = 0
  /// Communicators that gave their numbers to ranks.
  private(set) var blocks: [Int] = []
  /// True when the ranks are those that the launcher gave.
  private(set) var areLaunchers = false
  var hasSharedProcesses: Bool { units.contains { $0.place != nil } }

  /// Ranks of the launcher that are others than those in the first communicator over all ranks.
  private(set) var contradictions: [(unit: Int, rank: Int32)] = []

  /// One rank of a communicator.
  private struct Part {
    var unit: Int
    var rank: Int32
  }

  /// - Parameters:
  ///   - sizes: of the communicators.
  ///   - launcherRanks: by process, the rank that its launcher gave it; they count when all have one,
  ///     no two the same, and every process is one GPU.
  init(ends: [NCCLEnd], processCount: Int, sizes: [Int32], launcherRanks: [Int32?] = []) {
    members = [[Int32]](repeating: [], count: sizes.count)
    let unitOfEnd = gatherUnits(ends, processCount: processCount)
    takeRanks(ofLauncher: launcherRanks, sizes: sizes)
    var parts = [[Part]](repeating: [], count: sizes.count)
    for (end, unit) in zip(ends, unitOfEnd) {
      parts[end.communicator].append(Part(unit: unit, rank: end.rank))
    }
    let order = sizes.indices.sorted { (-Int(sizes[$0]), $0) < (-Int(sizes[$1]), $1) }
    for communicator in order {
      numberRanks(parts[communicator], communicator: communicator, size: sizes[communicator])
    }
    noteContradictions(parts, sizes)
    let all = (0..<world).map { $0 }
    for communicator in order where members[communicator].isEmpty {
      members[communicator] = placed(
        parts[communicator], size: sizes[communicator], all: all)
    }
  }

  /// - Returns: the unit of each end.
  private mutating func gatherUnits(_ ends: [NCCLEnd], processCount: Int) -> [Int] {
    var unitOfEnd = [Int](repeating: -1, count: ends.count)
    var endsOfProcess = [[Int]](repeating: [], count: processCount)
    for (number, end) in ends.enumerated() { endsOfProcess[end.process].append(number) }
    for (process, own) in endsOfProcess.enumerated() {
      var ofCommunicator: [Int: [Int]] = [:]
      for end in own { ofCommunicator[ends[end].communicator, default: []].append(end) }
      let count = ofCommunicator.values.lazy.map(\.count).max() ?? 0
      let first = units.count
      for place in 0..<count {
        units.append(Unit(process: process, ends: [], place: count > 1 ? place : nil))
      }
      for communicator in ofCommunicator.keys.sorted() {
        let parts = (ofCommunicator[communicator] ?? []).sorted {
          (ends[$0].rank, $0) < (ends[$1].rank, $1)
        }
        for (place, end) in parts.enumerated() {
          // Which of several GPUs a lesser number of ends belongs to is not recorded.
          let isKnown = parts.count == count
          let unit = isKnown ? first + place : units.count
          if !isKnown {
            units.append(Unit(process: process, ends: [], place: place, isPlaced: false))
          }
          units[unit].ends.append(end)
          unitOfEnd[end] = unit
        }
      }
    }
    return unitOfEnd
  }

  private mutating func takeRanks(ofLauncher ranks: [Int32?], sizes: [Int32]) {
    let known = ranks.compactMap { $0 }
    guard !known.isEmpty, known.count == units.count, Set(known).count == known.count,
      !hasSharedProcesses, known.allSatisfy({ $0 >= 0 && $0 < Parallelism.rankLimit })
    else { return }
    for index in units.indices { units[index].rank = ranks[units[index].process] }
    world = max((known.max() ?? 0) + 1, sizes.max() ?? 1)
    areLaunchers = true
  }

  /// Gives a communicator's ranks the next numbers when none of them has one.
  private mutating func numberRanks(
    _ parts: [Part], communicator: Int, size: Int32
  ) {
    guard !parts.isEmpty,
      parts.allSatisfy({ units[$0.unit].rank == nil && units[$0.unit].isPlaced }),
      Int(world) + Int(size) <= Parallelism.rankLimit
    else { return }
    for part in parts { units[part.unit].rank = world + part.rank }
    members[communicator] = (0..<size).map { world + $0 }
    world += size
    blocks.append(communicator)
  }

  private mutating func noteContradictions(_ parts: [[Part]], _ sizes: [Int32]) {
    guard areLaunchers, let first = sizes.firstIndex(of: world) else { return }
    contradictions = parts[first].filter { units[$0.unit].rank != $0.rank }.map {
      ($0.unit, $0.rank)
    }
  }

  /// The members by what was numbered; empty when one is missing or stands twice.
  ///
  /// - Parameter all: the job's ranks, one list for all communicators that hold them.
  /// - Complexity: O(parts); a communicator may claim far more ranks than were read.
  private func placed(_ parts: [Part], size: Int32, all: [Int32]) -> [Int32] {
    let known = parts.filter { units[$0.unit].rank != nil }
    // A second communicator over all ranks in the same order is known with fewer logs.
    if size == world, blocks.count <= 1,
      known.allSatisfy({ units[$0.unit].rank == $0.rank })
    {
      return all
    }
    // Of another one over all ranks, one that is not known is the rank that is left.
    guard known.count >= Int(size) - (size == world ? 1 : 0) else { return [] }
    var found = [Int32](repeating: -1, count: Int(size))
    for part in known { found[Int(part.rank)] = units[part.unit].rank ?? -1 }
    if size == world, found.count(where: { $0 < 0 }) == 1 {
      let missing = Set(all).subtracting(found)
      if missing.count == 1 { found = found.map { $0 < 0 ? missing.first ?? -1 : $0 } }
    }
    return found.contains(-1) || Set(found).count < found.count ? [] : found
  }
}
