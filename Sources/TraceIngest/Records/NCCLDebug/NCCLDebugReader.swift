public import TraceModel

/// Logs of NCCL and RCCL with `NCCL_DEBUG=INFO` and `NCCL_DEBUG_SUBSYS=INIT,COLL`, as text, plain,
/// gzip, zstd or in a tar archive: one file for each process, or all of them in one.
///
/// Each Send, Recv or collective is one line of one process. A communicator is an address there; the
/// lines of its beginning say its id, the rank and the server. Messages of a communicator in which
/// not only neighbours talk are all-to-alls, one for each number of a call. A message that is not
/// logged may have 0 bytes; what its other end says stands in its place. Times are those at which the
/// host called, where most lines have one with parts of a second. Memory depends on the calls: 56
/// bytes each.
public enum NCCLDebugReader: TraceReader {
  public static let formatName = "NCCL debug log (NCCL_DEBUG=INFO, NCCL_DEBUG_SUBSYS=INIT,COLL)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    firstLine(of: start).first != UInt8(ascii: "{") && contains(start[...], " NCCL INFO ")
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var log = NCCLDebugLog()
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, summary in
        summary.ledgers.append(
          log.read(stream) { lines in
            options.progress?(progress(of: stream, units: lines, unitName: "lines"))
          })
      })
    guard !log.calls.isEmpty else {
      throw nothingUsable(
        "NCCL debug log holds no call", in: summary.ledgers,
        advice: "Calls are logged with NCCL_DEBUG=INFO and NCCL_DEBUG_SUBSYS=INIT,COLL; INFO alone "
          + "tells how communicators begin, not what they carry.")
    }
    log.fillTimes()
    let resolution = NCCLDebugResolution(log)
    let gathered = calls(of: log, resolution)
    var assembly = CommsAssembly(options: options)
    for file in gathered.files { assembly.add(file) }
    if let ledger = gathered.unplaced { summary.ledgers.append(ledger) }
    try assembly.finish(
      format: formatName, numbersGroups: false, into: &sink, summary: &summary)
    if !log.haveTimes {
      summary.provenance["operations.start"] = Provenance(
        .absent,
        method:
          "\(log.callsWithoutTime) of \(log.calls.count) calls have no time with parts of a second")
    } else {
      summary.provenance["operations.start"] = Provenance(
        .measured, method: "when the host called; the last of the recorded ranks")
    }
    summary.notes += inputs.notes + gathered.notes + notes(log, resolution)
    return summary
  }

  /// The calls of all GPUs; those of communicators that cannot be known are counted.
  private static func calls(
    of log: NCCLDebugLog, _ resolution: NCCLDebugResolution
  ) -> (files: [CommsFile], unplaced: Ledger?, notes: [String]) {
    var gathered = NCCLCalls()
    gathered.communicators = resolution.communicators
    var processOfGPU: [GPU: Int] = [:]
    var endOfEnd = [Int32](repeating: -1, count: log.ends.count)
    for (number, end) in log.ends.enumerated() {
      guard let place = resolution.places[number] else { continue }
      let gpu = GPU(process: end.process, device: end.device)
      let process = processOfGPU[gpu] ?? gathered.processes.count
      if process == gathered.processes.count {
        processOfGPU[gpu] = process
        gathered.processes.append(self.process(log.processes[end.process], device: end.device))
      }
      endOfEnd[number] = Int32(gathered.ends.count)
      gathered.ends.append(
        NCCLEnd(process: process, communicator: place.communicator, rank: place.rank))
    }
    var unplaced = Ledger(unit: "operations", source: "communicators that are not known")
    for var call in log.calls {
      let end = endOfEnd[Int(call.end)]
      guard end >= 0 else {
        let size = log.ends[Int(call.end)].size
        unplaced.read += 1
        unplaced.skip(
          "a call of a communicator of \(size) ranks whose beginning is not logged "
            + "(NCCL_DEBUG_SUBSYS=INIT,COLL writes it)",
          first: log.processes[log.ends[Int(call.end)].process].name)
        continue
      }
      call.end = end
      if !log.haveTimes { call.start = Operation.unknownTime }
      gathered.calls.append(call)
    }
    let (files, findings) = gathered.files()
    var notes = findings.notes
    if findings.exchanges > 0 {
      notes.append(
        "messages of communicators in which not only neighbours talk were taken for all-to-alls")
    }
    if findings.sharesWithoutRecord > 0 {
      notes.append(
        "\(findings.sharesWithoutRecord) shares of all-to-alls have no line on one of their ranks: "
          + "they are what the other rank logged, else 0 bytes")
    }
    return (files, unplaced.read > 0 ? unplaced : nil, notes)
  }

  private struct GPU: Hashable {
    var process: Int
    var device: Int32
  }

  private static func process(
    _ process: NCCLDebugLog.Process, device: Int32
  ) -> NCCLCalls.Process {
    NCCLCalls.Process(
      name: process.name, host: process.host, device: device < 0 ? nil : device,
      launcherRank: process.hasSeveralRanks || process.launcherRank < 0
        ? nil : process.launcherRank)
  }

  private static func notes(_ log: NCCLDebugLog, _ resolution: NCCLDebugResolution) -> [String] {
    var notes: [String] = []
    if resolution.ordered > 0 {
      notes.append(
        "the beginnings of \(resolution.ordered) communicators are not logged: their ranks were "
          + "taken from servers and devices in the order of the log")
    }
    if resolution.byPeers > 0 {
      notes.append(
        "the beginnings of \(resolution.byPeers) communicators are not logged: a process's rank was "
          + "taken to be the one to which it sends nothing")
    }
    if !log.haveTimes {
      notes.append(
        "no times, as \(log.callsWithoutTime) of \(log.calls.count) calls have none with parts of a "
          + "second: operations follow one another on each rank (NCCL_DEBUG_TIMESTAMP_LEVELS=INFO with "
          + "NCCL_DEBUG_TIMESTAMP_FORMAT=\"[%F %T.%6f] \" logs them)")
    } else {
      notes.append("times are those at which each server's own clock saw the call")
      if log.callsWithoutTime > 0 {
        notes.append(
          "\(log.callsWithoutTime) of \(log.calls.count) calls have no time: each was given that of the "
            + "call before it in its process")
      }
    }
    return notes
  }
}
