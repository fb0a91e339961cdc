internal import TraceModel

/// What was measured between the servers of a site during one stretch of time.
struct MeasuredExchange {
  /// Rows of the operation table.
  var operations: [Int]
  /// All bytes.
  var bytes: Double
  /// Of these what the servers sent whose tokens are compared: their dispatch, if this is one.
  var sent: ServerShares
  /// What they received: their combine, if this is one.
  var received: ServerShares

  /// What of it can be compared with an expected exchange.
  func shares(for expected: ExpectedExchange) -> ServerShares {
    expected.place.phase.runsFromExperts ? received : sent
  }

  /// The share of bytes that would have to go elsewhere, 0 … 1; O(pairs).
  func distance(to expected: ExpectedExchange) -> Double {
    shares(for: expected).distance(to: expected.shares)
  }
}

/// The exchanges of each site in the order of their starts, and what was no part of any.
struct MeasuredExchanges {
  private(set) var ofSite: [[MeasuredExchange]] = []
  /// What became of the operations that can be no all-to-all of the routing.
  private(set) var ledger = Ledger(unit: "measured operations", source: "join")

  private let sites: JoinSites
  private let trace: Trace
  /// By operation row: bytes between servers of its site.
  private var bytesOf: [[Int64: Double]]
  private var siteOf: [Int32?]
  private var leavesSite: [Bool]

  /// Operations of one site that overlap in time are one exchange; rings and what leaves a site are none.
  ///
  /// - Throws: an `IngestError` for transfers that the trace's own layout does not have.
  init(_ trace: Trace, sites: JoinSites) throws {
    self.sites = sites
    self.trace = trace
    let count = trace.operations.count
    bytesOf = [[Int64: Double]](repeating: [:], count: count)
    siteOf = [Int32?](repeating: nil, count: count)
    leavesSite = [Bool](repeating: false, count: count)
    try addTransfers()
    var rowsOfSite = [[Int]](repeating: [], count: sites.count)
    ledger.read = Int64(count)
    for (row, operation) in trace.operations.rows.enumerated() {
      if let reason = reasonAgainst(operation, row: row) {
        ledger.skip(reason, first: "operation \(operation.id)")
      } else if let site = siteOf[row] {
        rowsOfSite[Int(site)].append(row)
      }
    }
    ofSite = rowsOfSite.map(exchanges)
    bytesOf = []
  }

  var count: Int { ofSite.reduce(0) { $0 + $1.count } }

  private mutating func addTransfers() throws {
    let layout = trace.metadata.layout
    var rowOfID: [Int32: Int] = [:]
    for (row, operation) in trace.operations.rows.enumerated() { rowOfID[operation.id] = row }
    for transfer in 0..<trace.transfers.count {
      guard let row = rowOfID[trace.transfers.operation[transfer]] else {
        throw damage(transfer, "names operation \(trace.transfers.operation[transfer])")
      }
      let grain = trace.operations.rows[row].grain
      let ends = (Int(trace.transfers.source[transfer]), Int(trace.transfers.destination[transfer]))
      let known = 0..<layout.endpointCount(at: grain)
      guard known.contains(ends.0), known.contains(ends.1), trace.transfers.bytes[transfer] >= 0
      else {
        throw damage(
          transfer,
          "moves \(trace.transfers.bytes[transfer]) bytes from \(grain.name) \(ends.0) to "
            + "\(ends.1) of \(known.count)")
      }
      let servers = (layout.server(of: ends.0, at: grain), layout.server(of: ends.1, at: grain))
      guard servers.0 != servers.1, trace.transfers.bytes[transfer] > 0 else { continue }
      let site = sites.ofServer[servers.0]
      if sites.ofServer[servers.1] != site || siteOf[row] ?? site != site { leavesSite[row] = true }
      siteOf[row] = site
      bytesOf[row][sites.pair(servers.0, servers.1), default: 0] +=
        Double(trace.transfers.bytes[transfer])
    }
  }

  private func damage(_ transfer: Int, _ what: String) -> IngestError {
    IngestError(
      "it \(what)", at: "transfer row \(transfer)", advice: "The trace is damaged; ingest it again."
    )
  }

  /// Why an operation is part of no exchange.
  private func reasonAgainst(_ operation: Operation, row: Int) -> String? {
    if siteOf[row] == nil { return "no bytes between servers" }
    if leavesSite[row] { return "between servers that share no experts in the routing" }
    if operation.start == Operation.unknownTime { return "no time" }
    return operation.role == .expert || operation.role == .other
      ? nil : "\(operation.role.name) traffic"
  }

  private func exchanges(of rows: [Int]) -> [MeasuredExchange] {
    let operations = trace.operations.rows
    var together: [[Int]] = []
    var end = Int64.min
    for row in rows.sorted(by: { (operations[$0].start, $0) < (operations[$1].start, $1) }) {
      if operations[row].start < end {
        together[together.count - 1].append(row)
      } else {
        together.append([row])
      }
      end = max(end, operations[row].end, operations[row].start)
    }
    return together.map { rows in
      var bytes: [Int64: Double] = [:]
      for row in rows { bytes.merge(bytesOf[row]) { $0 + $1 } }
      let shares = ServerShares(bytes)
      return MeasuredExchange(
        operations: rows, bytes: shares.bytes,
        sent: shares.only { sites.isCompared($0, runsFromExperts: false) },
        received: shares.only { sites.isCompared($0, runsFromExperts: true) })
    }
  }
}
