internal import Replay
internal import Reporting

/// One fabric at one point of a sweep: a line of its file.
struct SweepRow: Sendable {
  var point: Int
  /// The value of each axis, as written.
  var values: [String]
  var fabric: String
  var outcome: Outcome
  /// The values of the effective parameters, by their columns.
  var parameters: [String]

  enum Outcome: Sendable {
    case replayed(Numbers)
    /// Why there is no number, in words.
    case failed(String)
  }

  struct Numbers: Sendable {
    var completionNanoseconds: Double
    var boundNanoseconds: Double
    /// The tightest bound in few words.
    var bound: String
    var ofBoundShare: Double
    /// Nil without circuits that change.
    var ofCircuitOptimumShare: Double?
    /// Nil without optical switches, like what is blocked.
    var exposedNanoseconds: Double?
    var blockedNanoseconds: Double?
    /// Nil where circuits turn by the clock.
    var reconfigurations: Int?
    /// Nil for the ideal crossbar, which is not for sale.
    var costUSD: Double?
    /// Nil like the price.
    var powerWatts: Double?
    /// Nil without a price, or where nothing takes time.
    var iterationsPerSecondAndMillionUSD: Double?
  }

  var numbers: Numbers? {
    if case .replayed(let numbers) = outcome { numbers } else { nil }
  }

  var failure: String? {
    if case .failed(let reason) = outcome { reason } else { nil }
  }

  init(
    point: Int, fabric: String, outcome: Outcome, effective: [EffectiveParameter],
    columns: SweepColumns
  ) {
    self.point = point
    values = columns.grid.values(at: point)
    self.fabric = fabric
    self.outcome = outcome
    parameters = columns.values(of: effective)
  }

  /// The cells of the row, in the order of the columns.
  func cells(_ columns: SweepColumns, inputs: String) -> [Cell] {
    [Cell(point)] + values.map { .text($0) } + [.text(fabric)] + outcomeCells
      + parameters.map(Self.parameterCell) + [.text(inputs)]
  }

  var outcomeCells: [Cell] {
    guard let numbers else {
      return SweepColumns.numbers.map { _ in .missing("") } + [.text(failure ?? "")]
    }
    return [
      .number(numbers.completionNanoseconds), .number(numbers.boundNanoseconds),
      .text(numbers.bound), .number(numbers.ofBoundShare),
      Cell(numbers.ofCircuitOptimumShare, orMissing: ""),
      Cell(numbers.exposedNanoseconds, orMissing: ""),
      Cell(numbers.blockedNanoseconds, orMissing: ""),
      numbers.reconfigurations.map { Cell($0) } ?? .missing(""),
      Cell(numbers.costUSD, orMissing: ""),
      Cell(numbers.powerWatts, orMissing: ""),
      Cell(numbers.iterationsPerSecondAndMillionUSD, orMissing: ""), .text(""),
    ]
  }

  /// A number where the text is one that a cell can hold exactly.
  private static func parameterCell(_ text: String) -> Cell {
    if text.isEmpty { return .missing("") }
    if let whole = Int64(text) { return .integer(whole) }
    if text.contains("."), let number = Double(text) { return .number(number) }
    return .text(text)
  }
}

extension SweepRow {
  /// Reads a line that an earlier run wrote; nil when it is none.
  init?(line: String, columns: SweepColumns) {
    var fields = CommaSeparatedLine.fields(line)[...]
    guard fields.count == columns.all.count, let point = fields.popFirst().flatMap({ Int($0) })
    else { return nil }
    self.point = point
    values = Array(fields.prefix(columns.grid.axes.count))
    fields = fields.dropFirst(values.count)
    fabric = fields.removeFirst()
    let words = Array(fields.prefix(SweepColumns.numbers.count))
    func amount(_ key: String) -> Double? {
      SweepColumns.numbers.firstIndex { $0.key == key }.flatMap { Double(words[$0]) }
    }
    fields = fields.dropFirst(words.count)
    let reason = fields.removeFirst()
    // The digest stands last.
    parameters = Array(fields.dropLast())
    if let completion = amount("completion_ns"), let bound = amount("bound_ns"),
      let share = amount("of_bound_share"),
      let name = SweepColumns.numbers.firstIndex(where: { $0.key == "bound" })
    {
      outcome = .replayed(
        Numbers(
          completionNanoseconds: completion, boundNanoseconds: bound, bound: words[name],
          ofBoundShare: share, ofCircuitOptimumShare: amount("of_circuit_optimum_share"),
          exposedNanoseconds: amount("exposed_delay_ns"),
          blockedNanoseconds: amount("blocked_ns"),
          reconfigurations: amount("reconfigurations").flatMap { Int(exactly: $0) },
          costUSD: amount("cost_usd"),
          powerWatts: amount("power_watts"),
          iterationsPerSecondAndMillionUSD: amount("iterations_per_s_and_musd")))
    } else {
      outcome = .failed(reason)
    }
  }
}

extension SweepRow.Numbers {
  init(_ row: FabricRow) {
    let total = row.result.total
    completionNanoseconds = total.completionNanoseconds
    boundNanoseconds = row.bound.nanoseconds
    bound = row.boundWords
    ofBoundShare = row.share(of: row.bound)
    ofCircuitOptimumShare = row.shareOfCircuitOptimum
    if row.fabric.optical != nil {
      exposedNanoseconds = total.exposedNanoseconds
      blockedNanoseconds = total.blockedNanoseconds
    }
    reconfigurations = row.reconfigurations
    guard row.fabric.name != "ideal" else { return }
    costUSD = row.bill.totalUSD
    powerWatts = row.power.watts
    let performance = row.performancePerMillionUSD
    if performance.isFinite { iterationsPerSecondAndMillionUSD = performance }
  }
}
