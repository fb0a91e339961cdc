internal import Reporting
internal import TraceFormat
internal import TraceModel

/// Tables about a trace itself: what it came from, what is in it, how far it can be trusted.
enum TraceTables {
  /// - Parameter isForPeople: adds many undamaged sources up, so that a tired person sees what was
  ///   lost and not a thousand rows of what was not.
  static func ledger(_ ledgers: [Ledger], isForPeople: Bool) -> Table {
    let whole = ledgers.filter { !$0.hasDamage }
    guard isForPeople, whole.count > 4 else { return ledger(ledgers) }
    return ledger(sums(of: whole) + ledgers.filter(\.hasDamage))
  }

  /// One ledger per unit for many sources.
  private static func sums(of ledgers: [Ledger]) -> [Ledger] {
    var sums: [Ledger] = []
    for part in ledgers {
      let count = ledgers.count { $0.unit == part.unit }
      let known = sums.firstIndex { $0.unit == part.unit }
      var sum = known.map { sums[$0] } ?? Ledger(unit: part.unit, source: "\(count) files")
      sum.read += part.read
      sum.used += part.used
      for entry in part.skipped {
        sum.skip(entry.reason, count: entry.count, first: "\(part.source), \(entry.first)")
      }
      if let known { sums[known] = sum } else { sums.append(sum) }
    }
    return sums
  }

  private static func ledger(_ ledgers: [Ledger]) -> Table {
    var table = Table(
      "Ledger: what became of everything that was read",
      columns: [
        .text("source", "Source"), .text("outcome", "Outcome"), .text("reason", "Reason"),
        .number("count", "Count", .count), .text("unit", "Unit"), .text("first", "First at"),
      ])
    for ledger in ledgers {
      func row(_ outcome: String, _ reason: String, _ count: Int64, _ first: String) -> [Cell] {
        [
          .text(ledger.source), .text(outcome), .text(reason), .integer(count), .text(ledger.unit),
          .text(first),
        ]
      }
      table.append(row("read", "", ledger.read, ""))
      table.append(row("used", "", ledger.used, ""))
      for entry in ledger.skipped {
        table.append(row("skipped", entry.reason, entry.count, entry.first))
      }
      for entry in ledger.malformed {
        table.append(row("malformed", entry.reason, entry.count, entry.first), emphasis: .warning)
      }
      if let truncation = ledger.truncation {
        table.append(row("cut off", truncation, 1, ""), emphasis: .warning)
      }
    }
    return table
  }

  /// The parts of a damaged file that were left out.
  static func losses(_ losses: [TraceFileLoss]) -> Table {
    var table = Table(
      "Losses: parts of the file that cannot be read",
      columns: [
        .number("offset_bytes", "At byte", .count), .number("size_bytes", "Size", .bytes),
        .text("what", "What"),
      ])
    for loss in losses {
      table.append(
        [.integer(loss.offset), .integer(loss.byteCount), .text(loss.message)], emphasis: .warning)
    }
    return table
  }

  static func provenance(_ provenance: [String: Provenance]) -> Table {
    var table = Table(
      "Provenance: where each column comes from",
      columns: [
        .text("column", "Column"), .text("origin", "Origin"),
        .number("confidence_share", "Sure", .share), .text("method", "Method"),
      ])
    for (column, origin) in provenance.sorted(by: { $0.key < $1.key }) {
      table.append([
        .text(column), .text(origin.origin.rawValue), Cell(origin.confidence, orMissing: ""),
        .text(origin.method),
      ])
    }
    return table
  }

  static func sources(_ sources: [TraceMetadata.Source]) -> Table {
    var table = Table(
      "Sources",
      columns: [
        .text("name", "File"), .text("format", "Format"), .number("size_bytes", "Size", .bytes),
      ])
    for source in sources {
      table.append([.text(source.name), .text(source.format), .integer(source.bytes)])
    }
    return table
  }

  static func contents(_ trace: Trace, messageCount: Int) -> Table {
    var table = Table(
      "Contents", columns: [.text("kind", "Rows of"), .number("count", "Count", .count)])
    table.append(["operations", Cell(trace.operations.count)])
    table.append(["transfers", Cell(trace.transfers.count)])
    table.append(["routing", Cell(trace.routing.count)])
    table.append(["messages", Cell(messageCount)])
    let iterations = Set(trace.operations.rows.map(\.iteration)).subtracting([Operation.unknown])
    let layers = Set(trace.operations.rows.map(\.layer)).subtracting([Operation.unknown])
    table.append(["iterations", Cell(iterations.count)])
    table.append(["layers", Cell(layers.count)])
    return table
  }

  static func layout(_ layout: Layout, model: ExpertModel?) -> Table {
    let parallel = layout.parallelism
    var entries: [(name: String, value: Cell, origin: String)] = [
      ("servers", Cell(layout.serverCount), "layout"),
      ("GPUs per server", Cell(layout.gpusPerServer), "layout"),
      ("NICs per server", Cell(layout.nicsPerServer), "layout"),
      ("servers per scale-up domain", Cell(layout.serversPerScaleUpDomain), "layout"),
      (
        "tensor × context × data × pipeline",
        .text("\(parallel.tensor) × \(parallel.context) × \(parallel.data) × \(parallel.pipeline)"),
        "layout"
      ),
      (
        "expert × expert-tensor", .text("\(parallel.expert) × \(parallel.expertTensor)"), "layout"
      ),
      ("addresses", Cell(layout.addresses.count), "layout"),
    ]
    if let model {
      entries += [
        ("model", .text(model.name), "model"), ("experts", Cell(model.expertCount), "model"),
        ("experts per token", Cell(model.topK), "model"),
        ("hidden size", Cell(model.hiddenSize), "model"),
        (
          "bytes per token, dispatch / combine forward",
          .text("\(model.bytesPerToken.dispatchForward) / \(model.bytesPerToken.combineForward)"),
          "model"
        ),
        ("tokens per logged token", Cell(model.tokensPerLoggedToken), "model"),
        ("copies of a token per", .text(model.copies.rawValue), "model"),
      ]
    }
    return Table.parameters("Layout and model", entries)
  }
}
