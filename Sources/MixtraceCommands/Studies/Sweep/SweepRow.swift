internal import Replay
internal import Reporting

/// One fabric at one point of a sweep: a line of its file.
struct SweepRow: Sendable {
  var point: Int
  /// The value of each axis, as written.
  var values: [String]
  var fabric: String
  var outcome: Outcome

  enum Outcome: Sendable {
    case replayed(Numbers)
    /// Why there is no number, in words.
    case failed(String)
  }

  struct Numbers: Sendable {
    var completionNanoseconds: Double
    var boundNanoseconds: Double
    var exposedNanoseconds: Double
    var blockedNanoseconds: Double
    var reconfigurations: Int
    var costUSD: Double
    var iterationsPerSecondAndMillionUSD: Double
  }

  var numbers: Numbers? {
    if case .replayed(let numbers) = outcome { numbers } else { nil }
  }

  static func columns(of grid: SweepGrid) -> [Table.Column] {
    [.number("point", "Point", .count)]
      + grid.axes.map {
        .text($0.option.split(separator: "-").joined(separator: "_"), $0.option)
      } + [
        .text("fabric", "Fabric"), .number("completion_ns", "Completion", .nanoseconds),
        .number("bound_ns", "Bound", .nanoseconds),
        .number("exposed_delay_ns", "Exposed delay", .nanoseconds),
        .number("blocked_ns", "Blocked", .nanoseconds),
        .number("reconfigurations", "Reconfigurations", .count),
        .number("cost_usd", "Cost", .dollars),
        .number("iterations_per_s_and_musd", "Iter/s/M$", .plain),
        .text("failure", "Failure"),
      ]
  }

  /// The cells of the row, in the order of the columns.
  var cells: [Cell] {
    [Cell(point)] + values.map { .text($0) } + [.text(fabric)] + outcomeCells
  }

  private var outcomeCells: [Cell] {
    switch outcome {
    case .failed(let reason):
      return [Cell](repeating: .missing(""), count: 7) + [.text(reason)]
    case .replayed(let numbers):
      return [
        .number(numbers.completionNanoseconds), .number(numbers.boundNanoseconds),
        .number(numbers.exposedNanoseconds), .number(numbers.blockedNanoseconds),
        Cell(numbers.reconfigurations), .number(numbers.costUSD),
        .number(numbers.iterationsPerSecondAndMillionUSD), .text(""),
      ]
    }
  }

  /// Reads a line that an earlier run wrote; nil when it is none.
  init?(line: String, grid: SweepGrid) {
    let fields = CommaSeparatedLine.fields(line)
    let axisCount = grid.axes.count
    guard fields.count == axisCount + 10, let point = Int(fields[0]) else { return nil }
    self.point = point
    values = Array(fields[1..<1 + axisCount])
    fabric = fields[1 + axisCount]
    let rest = fields[(2 + axisCount)...]
    let amounts = rest.prefix(7).compactMap(Double.init)
    guard amounts.count == 7 else {
      outcome = .failed(rest.last ?? "")
      return
    }
    outcome = .replayed(
      Numbers(
        completionNanoseconds: amounts[0], boundNanoseconds: amounts[1],
        exposedNanoseconds: amounts[2], blockedNanoseconds: amounts[3],
        reconfigurations: Int(amounts[4]), costUSD: amounts[5],
        iterationsPerSecondAndMillionUSD: amounts[6]))
  }

  init(point: Int, values: [String], fabric: String, outcome: Outcome) {
    self.point = point
    self.values = values
    self.fabric = fabric
    self.outcome = outcome
  }
}

extension SweepRow.Numbers {
  init(_ row: FabricRow) {
    let total = row.result.total
    self.init(
      completionNanoseconds: total.completionNanoseconds, boundNanoseconds: total.boundNanoseconds,
      exposedNanoseconds: total.exposedNanoseconds, blockedNanoseconds: total.blockedNanoseconds,
      reconfigurations: total.reconfigurations, costUSD: row.bill.totalUSD,
      iterationsPerSecondAndMillionUSD: row.performancePerMillionUSD)
  }
}

/// One line of comma-separated values as `Table.csv` writes it.
enum CommaSeparatedLine {
  /// The fields, without their quotes.
  static func fields(_ line: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    var characters = Substring(line).unicodeScalars
    while let scalar = characters.popFirst() {
      switch scalar {
      case "\"" where isQuoted && characters.first == "\"":
        characters.removeFirst()
        fields[fields.count - 1].append("\"")
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].unicodeScalars.append(scalar)
      }
    }
    return fields
  }
}
