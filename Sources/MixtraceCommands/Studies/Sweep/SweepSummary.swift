internal import Reporting

/// What the rows of a sweep come to.
struct SweepSummary {
  /// Columns that only the file has.
  private static let leftOut = [
    "point", "bound_ns", "blocked_ns", "reconfigurations", "of_circuit_optimum_share",
    "power_watts", "failure",
  ]

  private let columns: SweepColumns
  private let inputs: String
  /// Those that a sentence may name.
  private let rows: [SweepRow]
  /// By fabric and option, whether its values differ in anything.
  private let matters: [String: [Bool]]
  private let rowCount: Int
  private let failures: [SweepRow]
  /// Combinations that have rows, ascending.
  private let points: [Int]

  /// - Parameter inputs: the digest that the rows have.
  init(_ rows: [SweepRow], columns: SweepColumns, inputs: String) {
    self.columns = columns
    self.inputs = inputs
    rowCount = rows.count
    matters = Self.effects(in: rows, of: columns.grid.axes)
    points = rows.byPoint.compactMap(\.first?.point)
    failures = rows.filter { $0.numbers == nil }
    let replayed = rows.filter { $0.numbers != nil }
    let contenders = replayed.contenders(fabric: \.fabric) { columns.isFittedToItself($0) }
    // The ideal crossbar stands only alone.
    self.rows = contenders.isEmpty ? replayed : contenders
  }

  var hasFailures: Bool { !failures.isEmpty }
  var hasOnlyFailures: Bool { failures.count == rowCount }

  var sentences: [String] {
    var sentences: [String] = []
    if let fastest = best({ (-$0.completionNanoseconds, -($0.costUSD ?? .infinity)) }) {
      sentences.append("Fastest: \(name(of: fastest)), \(figures(of: fastest)).")
      let limit = (fastest.numbers?.completionNanoseconds ?? 0) * 1.05
      let near = rows.filter { ($0.numbers?.completionNanoseconds ?? .infinity) <= limit }
      if let cheapest = best(
        of: near, { (-($0.costUSD ?? .infinity), -$0.completionNanoseconds) }),
        (cheapest.numbers?.costUSD ?? .infinity) < fastest.numbers?.costUSD ?? .infinity
      {
        sentences.append("Cheapest within 5 %: \(name(of: cheapest)), \(figures(of: cheapest)).")
      }
    }
    if let most = best({ ($0.iterationsPerSecondAndMillionUSD ?? 0, 0) }),
      most.numbers?.iterationsPerSecondAndMillionUSD != nil
    {
      sentences.append("Most work per dollar of network: \(name(of: most)), \(figures(of: most)).")
    }
    if let failures = failureSentence { sentences.append(failures) }
    return sentences
  }

  /// How many combinations have no rows because they change nothing; nil where all have some.
  var repeatSentence: String? {
    let left = columns.grid.count - points.count
    guard left > 0 else { return nil }
    let first = points.indices.first { points[$0] != $0 } ?? points.count
    let values = zip(columns.grid.axes, columns.grid.values(at: first))
      .map { "\($0.option) \($1)" }.joined(separator: ", ")
    return
      "\(left) of \(columns.grid.count) combinations change nothing on any fabric and are left "
      + "out; the first: \(values)."
  }

  /// How many rows have no result and why the first has none; nil where all have one.
  var failureSentence: String? {
    failures.first.map {
      "\(failures.count) of \(rowCount) rows have no result; the first: \(name(of: $0)): "
        + ($0.failure ?? "")
    }
  }

  /// Rows that no other row beats in both time and cost, fastest first.
  var paretoFront: Table {
    var table = Table(
      "Faster or cheaper than all others",
      columns: columns.all.filter { !Self.leftOut.contains($0.key) })
    var cheapest: Double?
    let ordered = rows.indices.sorted {
      guard let left = rows[$0].numbers, let right = rows[$1].numbers else { return false }
      return (left.completionNanoseconds, left.costUSD ?? .infinity, $0)
        < (right.completionNanoseconds, right.costUSD ?? .infinity, $1)
    }
    for row in ordered.map({ rows[$0] }) {
      let cost = row.numbers?.costUSD ?? .infinity
      if let cheapest, cost >= cheapest { continue }
      cheapest = cost
      var cells = row.cells(columns, inputs: inputs)
      for axis in columns.grid.axes.indices where matters[row.fabric]?[axis] == false {
        cells[1 + axis] = .missing("any")
      }
      table.append(
        zip(columns.all, cells).filter { !Self.leftOut.contains($0.0.key) }.map(\.1))
    }
    return table
  }

  /// The first of the rows with the highest score.
  private func best(
    of rows: [SweepRow]? = nil, _ score: (SweepRow.Numbers) -> (Double, Double)
  ) -> SweepRow? {
    var best: (row: SweepRow, score: (Double, Double))?
    for row in rows ?? self.rows {
      guard let numbers = row.numbers else { continue }
      let score = score(numbers)
      if let best, score <= best.score { continue }
      best = (row, score)
    }
    return best?.row
  }

  private func name(of row: SweepRow) -> String {
    let values = columns.grid.axes.indices.filter { matters[row.fabric]?[$0] == true }
      .map { "\(columns.grid.axes[$0].option) \(row.values[$0])" }
    return ([row.fabric] + values).filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// By fabric, whether each option changes anything: false where all of its values come to the same.
  private static func effects(in rows: [SweepRow], of axes: [SweepGrid.Axis]) -> [String: [Bool]] {
    var effects: [String: [Bool]] = [:]
    for row in rows { effects[row.fabric] = axes.map { $0.values.count == 1 } }
    for axis in axes.indices {
      // By fabric and the values of all other options.
      var known: [[String]: [Cell]] = [:]
      for row in rows where effects[row.fabric]?[axis] == false {
        var key = [row.fabric] + row.values
        key.remove(at: 1 + axis)
        let outcome = row.outcomeCells
        if known[key, default: outcome] != outcome { effects[row.fabric]?[axis] = true }
        known[key] = outcome
      }
    }
    return effects
  }

  /// "3.09 s at $100 k".
  private func figures(of row: SweepRow) -> String {
    let time = HumanNumber.text(row.numbers?.completionNanoseconds ?? 0, .nanoseconds)
    guard let cost = row.numbers?.costUSD else { return time }
    return "\(time) at \(HumanNumber.text(cost, .dollars))"
  }
}
