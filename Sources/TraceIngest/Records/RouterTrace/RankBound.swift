internal import TraceModel

/// The ranks that a record may name: those of the declared layout, or those that a census found.
package struct RankBound: Sendable, Hashable {
  /// Ranks 0 ..< count are believed.
  package var count: Int
  /// What a record of another rank has.
  package var defect: RecordDefect

  package init(declared count: Int) {
    self.count = count
    defect = .rankOutsideLayout
  }

  init(inferred count: Int) {
    self.count = count
    defect = .rankOutsideOthers
  }

  /// Any rank of any cluster.
  static let any = RankBound(inferred: Parallelism.rankLimit)
}

/// Counts which ranks the first step of each file names, when no layout says which exist.
///
/// Without it one damaged rank number would decide how many servers there are. Ranks without gaps,
/// or with up to three missing for each one found, are believed.
struct RankCensus {
  private static let ranksPerFound = 4
  private var records: [Int32: Int] = [:]

  /// Reads the first step of a file.
  mutating func read(_ file: RouterFile, expertCount: Int) {
    file.advance(ranks: .any, expertCount: expertCount)
    let step = file.record.step
    while file.hasRecord && file.record.step == step {
      records[file.record.rank, default: 0] += 1
      file.advance(ranks: .any, expertCount: expertCount)
    }
  }

  /// The ranks to believe; throws when the few records that are left would not be a majority.
  func bound(source: String) throws(IngestError) -> RankBound {
    var ranks = records.keys.sorted()
    guard let highest = ranks.last else { return .any }
    while let last = ranks.last, Int(last) >= Self.ranksPerFound * ranks.count {
      ranks.removeLast()
    }
    let believed = ranks.reduce(0) { $0 + (records[$1] ?? 0) }
    guard believed * 2 > records.values.reduce(0, +) else {
      throw IngestError(
        "holds \(records.count) of at least \(Int(highest) + 1) ranks, too few to tell which exist",
        at: source,
        advice: "Declare the layout (--layout), or ingest the files of the other ranks as well.")
    }
    return RankBound(inferred: Self.ranksPerFound * ranks.count)
  }
}
