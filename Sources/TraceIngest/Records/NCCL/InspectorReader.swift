public import TraceModel

/// Logs of NCCL's Inspector plugin: one JSON object for each collective or message of a process, one
/// on a line or printed over several, plain, gzip, zstd or in a tar archive.
///
/// A process's rank is its rank in its largest communicator; smaller ones are brought to those ranks
/// by the processes that were read. Messages of one round to several peers are taken for an
/// all-to-all. The plugin loses records without a word; jumps of its sequence numbers are counted.
/// Memory depends on the records: 40 bytes each.
public enum InspectorReader: TraceReader {
  public static let formatName = "NCCL Inspector log (JSON lines)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    contains(start[...], "\"header\"")
      && (contains(start[...], "\"coll_perf\"") || contains(start[...], "\"p2p_perf\""))
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var log = InspectorLog()
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, summary in
        summary.ledgers.append(
          log.read(stream) { records in
            options.progress?(progress(of: stream, units: records, unitName: "records"))
          })
      })
    var assembly = CommsAssembly(options: options)
    for file in log.files() { assembly.add(file) }
    try assembly.finish(format: formatName, into: &sink, summary: &summary)
    summary.provenance["operations.start"] = Provenance(
      .absent, method: "the log says how long operations took, not when they ran")
    summary.notes += inputs.notes + log.notes
    return summary
  }
}

/// The records of all files by process.
struct InspectorLog {
  private var processes: [InspectorProcess] = []
  private var numberOfProcess: [String: Int] = [:]
  private(set) var notes: [String] = [
    "no times in this log: operations follow one another on each rank",
    "NCCL's Inspector leaves out messages under 8,192 bytes: small shares of experts are missing",
    "rounds of messages to several peers were taken for all-to-alls",
  ]

  /// Reads a file; its ledger counts the records.
  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var ledger = Ledger(unit: "records", source: stream.name)
    var document = JSONDocument(stream, list: nil, recordKeys: InspectorRecord.keys)
    document.read { text, places, event in
      let location = { stream.location(at: places.start) }
      switch event {
      case .record: add(text, places, at: location(), to: &ledger)
      case .malformed(let defect): ledger.reject(defect.words, first: location())
      case .otherElement, .member: break
      }
      if places.number % 4096 == 0 { report(places.number) }
    }
    ledger.read = document.recordCount
    ledger.truncation = document.damage
    return ledger
  }

  private mutating func add(
    _ text: RawSpan, _ places: JSONRecord, at location: @autoclosure () -> String,
    to ledger: inout Ledger
  ) {
    do throws(JSONDefect) {
      let record = try InspectorRecord.read(text, places)
      if let defect = record.defect {
        ledger.reject(defect, first: location())
        return
      }
      guard case .kind(let kind) = CommsKind.named(record.operation ?? "") else {
        ledger.skip("a collective that is not known here", first: location())
        return
      }
      let name = "\(record.host), process \(record.process)"
      let number = numberOfProcess[name] ?? processes.count
      if number == processes.count {
        numberOfProcess[name] = number
        processes.append(InspectorProcess(name: name))
      }
      processes[number].add(record, kind: kind)
      ledger.used += 1
    } catch {
      ledger.reject(error.words, first: location())
    }
  }

  /// One file of calls for each process.
  mutating func files() -> [CommsFile] {
    let world = processes.flatMap(\.communicators).map(\.size).max() ?? 0
    let ranks = processes.map { process in
      process.communicators.filter { $0.size == world }.map(\.rank).first
    }
    let members = membersOfCommunicators(ranks: ranks, world: world)
    let missing = processes.reduce(0) { $0 + $1.missingCount }
    if missing > 0 {
      notes.append(
        "\(missing) sequence numbers are missing between the first and the last record: the Inspector "
          + "lost those operations")
    }
    return zip(processes, ranks).map { process, rank in
      var file = CommsFile(name: process.name, unit: "operations")
      file.rank = rank
      file.worldSize = world
      var calls: [(order: Int, call: CommsCall)] = []
      for communicator in process.communicators {
        let group = file.number(
          of: CommsGroup(
            name: communicator.id, description: communicator.name,
            members: members[communicator.id] ?? [], size: communicator.size))
        for (order, call) in communicator.calls() {
          var call = call
          call.group = group
          calls.append((order, call))
        }
      }
      file.calls = calls.sorted { $0.order < $1.order }.map(\.call)
      file.ledger.read = Int64(file.calls.count)
      return file
    }
  }

  /// Global ranks by place in each communicator, for those whose members are all known.
  private func membersOfCommunicators(ranks: [Int32?], world: Int32) -> [String: [Int32]] {
    var members: [String: [Int32]] = [:]
    for (process, rank) in zip(processes, ranks) {
      guard let rank else { continue }
      for communicator in process.communicators {
        let all =
          communicator.size == world
          ? (0..<world).map { $0 } : [Int32](repeating: -1, count: Int(communicator.size))
        members[communicator.id, default: all][Int(communicator.rank)] = rank
      }
    }
    return members.filter { !$0.value.contains(-1) && Set($0.value).count == $0.value.count }
  }
}
