internal import Reporting

/// What the rows of a sweep come to.
struct SweepSummary {
  /// Columns that only the file has.
  private static let leftOut = ["point", "blocked_ns", "reconfigurations", "failure"]

  private let grid: SweepGrid
  private let rows: [SweepRow]
  private let failures: [SweepRow]

  init(_ rows: [SweepRow], of grid: SweepGrid) {
    self.grid = grid
    failures = rows.filter { $0.numbers == nil }
    // The ideal crossbar is a yardstick, not for sale.
    self.rows = rows.filter { $0.numbers != nil && $0.fabric != "ideal" }
  }

  var sentences: [String] {
    var sentences: [String] = []
    if let fastest = best({ -$0.completionNanoseconds }) {
      sentences.append("Fastest: \(name(of: fastest)), \(time(fastest)) at \(price(fastest)).")
      let limit = (fastest.numbers?.completionNanoseconds ?? 0) * 1.05
      let near = rows.filter { ($0.numbers?.completionNanoseconds ?? .infinity) <= limit }
      if let cheapest = best(of: near, { -$0.costUSD }) {
        sentences.append(
          "Cheapest within 5 %: \(name(of: cheapest)), \(time(cheapest)) at \(price(cheapest)).")
      }
    }
    if let most = best({ $0.iterationsPerSecondAndMillionUSD }) {
      sentences.append(
        "Most work per dollar of network: \(name(of: most)), \(time(most)) at \(price(most)).")
    }
    if let first = failures.first, case .failed(let reason) = first.outcome {
      sentences.append(
        "\(failures.count) rows have no result; the first: \(name(of: first)): \(reason)")
    }
    return sentences
  }

  /// Rows that no other row beats in both time and cost, fastest first.
  var paretoFront: Table {
    var table = Table(
      "Faster or cheaper than all others",
      columns: SweepRow.columns(of: grid).filter { !Self.leftOut.contains($0.key) })
    var cheapest = Double.infinity
    let ordered = rows.indices.sorted {
      guard let left = rows[$0].numbers, let right = rows[$1].numbers else { return false }
      return (left.completionNanoseconds, left.costUSD, $0)
        < (right.completionNanoseconds, right.costUSD, $1)
    }
    for row in ordered.map({ rows[$0] }) {
      guard let numbers = row.numbers, numbers.costUSD < cheapest else { continue }
      cheapest = numbers.costUSD
      let cells = zip(SweepRow.columns(of: grid), row.cells)
      table.append(cells.filter { !Self.leftOut.contains($0.0.key) }.map(\.1))
    }
    return table
  }

  /// The first of the rows with the highest score.
  private func best(
    of rows: [SweepRow]? = nil, _ score: (SweepRow.Numbers) -> Double
  ) -> SweepRow? {
    var best: (row: SweepRow, score: Double)?
    for row in rows ?? self.rows {
      guard let numbers = row.numbers else { continue }
      let score = score(numbers)
      if score > best?.score ?? -.infinity { best = (row, score) }
    }
    return best?.row
  }

  private func name(of row: SweepRow) -> String {
    let values = zip(grid.axes, row.values).map { "\($0.option) \($1)" }
    return ([row.fabric] + values).filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private func time(_ row: SweepRow) -> String {
    HumanNumber.text(row.numbers?.completionNanoseconds ?? 0, .nanoseconds)
  }

  private func price(_ row: SweepRow) -> String {
    HumanNumber.text(row.numbers?.costUSD ?? 0, .dollars)
  }
}
