internal import TraceModel

/// Makes one trace of what the ranks recorded.
///
/// Holds the communication of all ranks: 100 bytes a call, and 8 for each member of its group where
/// it has shares.
struct CommsAssembly {
  /// Rows that are given to the sink at once.
  private static let batchRows = 1 << 15

  private let options: IngestOptions
  private var files: [CommsFile] = []
  private var notes: [String] = []
  private var groups: Set<CommsGroup> = []
  /// What to do when the rank of a file is not known.
  private var rankAdvice: String?

  init(options: IngestOptions) { self.options = options }

  mutating func add(_ file: CommsFile) {
    var file = file
    // Members of one group that all ranks recorded are held once.
    file.shareGroups { groups.insert($0).memberAfterInsert }
    files.append(file)
  }

  /// Matches the ranks' records and writes operations and transfers.
  ///
  /// - Parameters:
  ///   - numbersGroups: false for records that do not say what a group is for.
  ///   - profiles: other recordings of the same ranks, which have the times.
  mutating func finish(
    format: String, numbersGroups: Bool = true, profiles: CommsAssembly? = nil,
    into sink: inout some TraceSink, summary: inout IngestSummary
  ) throws {
    let ranks = settleRanks(into: &summary)
    try requireCalls(format: format, summary)
    if let profiles { try take(profiles, ranks: ranks, into: &summary) }
    let world = files.compactMap(\.worldSize).max()
    let resolution = CommsResolution(
      files, ranks: ranks, worldSize: world,
      declaredSize: options.layout.map { Int32(clamping: $0.rankCount) })
    let matching = CommsMatching(files, ranks: ranks, resolution)
    for (index, unresolved) in matching.unresolved.enumerated() {
      count(unresolved, in: &files[index].ledger)
    }
    summary.ledgers += files.map(\.ledger)
    try requireUse(of: summary.ledgers.filter { $0.unit != "files" }, format: "communication")
    let highest = matching.groups.compactMap { $0.members.max() }.max() ?? 0
    let rankCount = Int(max(highest, (world ?? 1) - 1, ranks.last ?? 0)) + 1
    let layout = try CommsLayout.layout(
      declared: options.layout, rankCount: rankCount,
      devices: zip(ranks, files).map { ($0, $1.device) },
      hosts: zip(ranks, files).map { ($0, $1.host) }, summary: &summary)
    summary.layout = layout
    var writer = CommsWriter(
      layout: layout, groups: matching.groups, isDeclared: options.layout != nil,
      numbersGroups: numbersGroups)
    try writer.write(matching, batchRows: Self.batchRows, into: &sink)
    writer.describe(into: &summary)
    describe(resolution, into: &summary)
    describe(rankCount: rankCount, ranks: ranks, into: &summary)
    if profiles != nil { describeTimes(areKnown: matching.haveTimes, into: &summary) }
  }

  /// What a call needs to be part of an operation is not known: by cause.
  private func count(_ unresolved: CommsMatching.Unresolved, in ledger: inout Ledger) {
    let causes = [
      (unresolved.unknownMembers, "of a process group whose members are not recorded"),
      (unresolved.withoutOwnRank, "of a process group that does not hold the file's rank"),
      (unresolved.unknownPeer, "a message whose other end is not recorded"),
    ]
    let source = ledger.source
    for (count, reason) in causes {
      ledger.used -= Int64(count)
      ledger.skip(reason, count: Int64(count), first: source)
    }
  }

  // MARK: Ranks

  /// Puts the files in the order of their ranks and leaves out those that cannot take part.
  ///
  /// - Returns: the rank of each file that is left.
  private mutating func settleRanks(into summary: inout IngestSummary) -> [Int32] {
    var placed: [(rank: Int32, file: CommsFile)] = []
    var seen: [Int32: String] = [:]
    let settled = ranksOfFiles()
    for (file, given) in zip(files, settled) {
      var file = file
      guard let rank = given, rank >= 0, rank < Parallelism.rankLimit else {
        leaveOut(file, "the rank of the file is not known", &summary)
        rankAdvice =
          file.isNamedByRank
          ? "Name the files …rank0…, …rank1…, or put each into a folder rank0, rank1, …"
          : "Read the logs of all processes of the job together."
        continue
      }
      if let other = seen[rank] {
        leaveOut(file, "of a rank that \(other) holds too", &summary)
        continue
      }
      seen[rank] = file.name
      file.ledger.used += Int64(file.calls.count)
      placed.append((rank, file))
    }
    if let rankAdvice { notes.append(rankAdvice) }
    placed.sort { $0.rank < $1.rank }
    files = placed.map(\.file)
    return placed.map(\.rank)
  }

  /// The rank of each file: the recorded one, else the one of its name.
  ///
  /// Where recorded ranks meet and the names speak of distinct ones, the names are right: a job whose
  /// ranks were recorded one by one writes 0 into each. A rank that stands with the size of a larger
  /// job is that job's own and stays.
  private mutating func ranksOfFiles() -> [Int32?] {
    let named = files.map(\.namedRank)
    let fromNames = zip(files, namesOrNumbers(named)).map { $0.rank == nil ? $1 : nil }
    var ranks = zip(files, fromNames).map { $0.rank ?? $1 }
    let open = files.indices.filter { files[$0].rank == nil || (files[$0].worldSize ?? 1) <= 1 }
    var renamed = ranks
    for index in open { renamed[index] = named[index] }
    let known = ranks.compactMap { $0 }
    if Set(known).count < known.count, open.allSatisfy({ named[$0] != nil }),
      Set(renamed).count == renamed.count
    {
      notes.append("several files record the same rank: the ranks were taken from the files' names")
      ranks = renamed
      for index in open { files[index].forgetPlaces() }
    } else if fromNames.contains(where: { $0 != nil }) {
      let count = fromNames.count { $0 != nil }
      notes.append(
        count == 1
          ? "the rank of 1 file was taken from its name"
          : "the ranks of \(count) files were taken from their names")
    }
    noteContradictions(ranks, named)
    return ranks
  }

  /// Names that speak of other ranks than the ones that were taken: the records were believed.
  private mutating func noteContradictions(_ ranks: [Int32?], _ named: [Int32?]) {
    let contradicting = files.indices.filter { index in
      files[index].rank == ranks[index] && named[index].map { $0 != ranks[index] } ?? false
    }
    guard let first = contradicting.first, let name = named[first], let rank = ranks[first] else {
      return
    }
    notes.append(
      counted(
        contradicting.count, one: "file is named for another rank than it records",
        many: "files are named for other ranks than they record")
        + "; the records were believed. The first: \(files[first].name) is named for rank \(name) and records rank \(rank)"
    )
  }

  /// The ranks that names speak of; where none does, the numbers in them when those are 0, 1, … and
  /// no recorded rank contradicts them.
  private func namesOrNumbers(_ named: [Int32?]) -> [Int32?] {
    guard named.allSatisfy({ $0 == nil }), files.allSatisfy(\.isNamedByRank) else { return named }
    let numbers = files.map { CommsFile.lastNumber(inName: $0.name) }
    let areRanks =
      numbers.compactMap({ $0 }).sorted() == (0..<Int32(files.count)).map({ $0 })
      && zip(files, numbers).allSatisfy { $0.rank == nil || $0.rank == $1 }
    return areRanks ? numbers : named
  }

  private mutating func leaveOut(
    _ file: CommsFile, _ reason: String, _ summary: inout IngestSummary
  ) {
    var ledger = file.ledger
    ledger.skip(reason, count: Int64(file.calls.count), first: file.name)
    summary.ledgers.append(ledger)
    notes.append("\(file.name) was left out: \(reason)")
  }

  private func requireCalls(format: String, _ summary: IngestSummary) throws(IngestError) {
    guard files.allSatisfy({ $0.calls.isEmpty }) else { return }
    let ledgers = summary.ledgers + files.map(\.ledger)
    let reasons = ledgers.flatMap { $0.malformed + $0.skipped }.prefix(3).map {
      "\($0.count) × \($0.reason)"
    }
    throw IngestError(
      "this \(format) holds no communication that can be used"
        + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")),
      at: ledgers.first?.source ?? "input",
      advice: ledgers.lazy.compactMap(\.truncation).first ?? rankAdvice
        ?? "Record the job with its process groups in use; a run on one GPU communicates nothing.")
  }

  // MARK: Profiles

  /// Gives the calls the times of other recordings of their ranks.
  private mutating func take(
    _ profiles: CommsAssembly, ranks: [Int32], into summary: inout IngestSummary
  ) throws(IngestError) {
    var profiles = profiles
    let others = profiles.settleRanks(into: &summary)
    let place = Dictionary(uniqueKeysWithValues: zip(others, others.indices))
    var calls = ProfiledCalls()
    for (index, rank) in ranks.enumerated() {
      guard let other = place[rank] else { continue }
      calls.match(&files[index], with: &profiles.files[other])
    }
    let unpaired = others.indices.filter { !ranks.contains(others[$0]) }
    for index in unpaired { calls.leaveOut(&profiles.files[index]) }
    summary.ledgers += profiles.files.map(\.ledger)
    notes += profiles.notes + profiles.files.flatMap(\.notes)
    guard calls.matched > 0 else {
      throw IngestError(
        "the profiles and the execution traces of \(calls.ranks) common ranks share no call",
        at: profiles.files.first?.name ?? "input",
        advice: "Name recordings of the same step of one run, or ingest one kind alone.")
    }
    notes.append(
      "\(counted(calls.matched, "calls")) of \(counted(calls.ranks, "ranks")) got the times of the "
        + "profiles, matched by group, kind and order")
    if calls.contradictions > 0 {
      notes.append(
        counted(calls.contradictions, one: "of them has", many: "of them have")
          + " another size in the profile: are both of one run?")
    }
    if calls.ranks < ranks.count || !unpaired.isEmpty {
      notes.append(
        "without a profile: \(counted(ranks.count - calls.ranks, "ranks")); without an execution "
          + "trace: \(counted(unpaired.count, "profiles"))")
    }
  }

  private func describeTimes(areKnown: Bool, into summary: inout IngestSummary) {
    summary.provenance["operations.start"] =
      areKnown
      ? Provenance(
        .measured, method: "kernels in the profiles; from when the last recorded rank began")
      : Provenance(.absent, method: "operations between ranks without profiles have no times")
  }

  // MARK: Closing

  private func describe(_ resolution: CommsResolution, into summary: inout IngestSummary) {
    guard resolution.takenForAll + resolution.takenForRead > 0 else { return }
    summary.provenance["operations.group"] = Provenance(
      .inferred, method: "process groups; the members of some are not recorded")
    if resolution.takenForAll > 0 {
      summary.notes.append(
        counted(
          resolution.takenForAll, one: "process group without recorded members was",
          many: "process groups without recorded members were") + " taken for all ranks"
      )
    }
    if resolution.takenForRead > 0 {
      summary.notes.append(
        "the group of expert kernels is not recorded: the ranks that were read were taken for it")
    }
  }

  private func describe(rankCount: Int, ranks: [Int32], into summary: inout IngestSummary) {
    summary.notes += notes + files.flatMap(\.notes)
    if ranks.count < rankCount {
      summary.notes.append(
        "files of \(ranks.count) of \(rankCount) ranks: bytes between the other ranks are known only "
          + "where a collective gives every rank the same")
    }
    let unknown = files.compactMap(\.unknownName)
    if let first = unknown.first {
      summary.notes.append("collectives of unknown names were left out, the first is \"\(first)\"")
    }
    let cut = files.reduce(0) { $0 + $1.calls.count { $0.isCut } }
    if cut > 0 {
      summary.notes.append(
        counted(cut, one: "record has lists", many: "records have lists")
          + " of shares that PyTorch cut at 30 entries: their bytes are not known and not summed; "
          + "execution traces have them whole")
    }
  }
}
