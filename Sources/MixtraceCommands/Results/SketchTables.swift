internal import LocalityAnalysis
internal import Reporting
internal import TraceModel

/// The tables of a trace that was read once and not kept.
enum SketchTables {
  /// Pairs that are listed.
  private static let pairLimit = 20

  static func statistics(_ sketch: TrafficSketch, grain: Grain) -> Table {
    var table = Table(
      "Traffic between \(sketch.endCount) \(grain.name)s, read once",
      columns: [
        .text("statistic", "Statistic"), .number("value", "Value", .plain),
        .text("meaning", "Meaning"),
      ])
    table.append([
      "bytes", .integer(sketch.bytes, as: .bytes), "exact, between different ends",
    ])
    table.append(["own bytes", .integer(sketch.ownBytes, as: .bytes), "exact, where recorded"])
    let none = Cell.missing("no bytes")
    func ratio(_ imbalance: Imbalance?) -> Cell {
      imbalance.map { .number($0.maxOverMean, as: .ratio) } ?? none
    }
    table.append(["receive max/mean", ratio(sketch.receipts), "exact; as sent, all roles"])
    table.append(["send max/mean", ratio(sketch.sends), "exact; as sent, all roles"])
    if let structure = sketch.structure {
      table.append([
        "pair information, bit", .number(structure.excessBits),
        "exact; expert groups and symmetry of phases included",
      ])
    }
    if sketch.errorBytes > 0 {
      let share = Double(sketch.errorBytes) / Double(max(1, sketch.bytes))
      table.notes = [
        "Pairs are a Misra–Gries summary: each is counted too low by at most "
          + "\(HumanNumber.text(sketch.errorBytes, .bytes)), \(percent(share)) of all bytes."
      ]
    } else if sketch.exactPairs == nil {
      table.notes = ["Pairs are exact: there was a counter for each."]
    }
    return table
  }

  static func pairs(_ sketch: TrafficSketch) -> Table {
    var table = Table(
      "Heaviest pairs",
      columns: [
        .text("source", "Source"), .text("destination", "Destination"),
        .number("at_least_bytes", "At least", .bytes), .number("at_most_bytes", "At most", .bytes),
      ])
    for pair in sketch.heaviest(pairLimit) {
      table.append([
        .text("\(pair.source)"), .text("\(pair.destination)"), .integer(pair.atLeast),
        .integer(pair.atMost),
      ])
    }
    return table
  }
}
