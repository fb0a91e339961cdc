internal import Replay
internal import Reporting

/// The columns of a sweep's file: where on the grid a row stands, what came out, what it rests on.
struct SweepColumns: Sendable {
  let grid: SweepGrid
  /// Keys of the effective parameters of all rows; a row has those of its fabric.
  private let parameters: [Table.Column]

  /// Before every effective parameter, to tell it from an option of the grid.
  private static let effective = "effective_"
  /// The digest of the inputs, which every row has.
  static let inputs = "inputs"
  /// Columns of what a replay gives.
  static let numbers: [Table.Column] = [
    .number("completion_ns", "Completion", .nanoseconds),
    .number("bound_ns", "Bound", .nanoseconds),
    .text("bound", "Bound by"),
    .number("of_bound_share", "of bound", .share),
    .number("of_circuit_optimum_share", "of circuits", .share),
    .number("exposed_delay_ns", "Exposed delay", .nanoseconds),
    .number("blocked_ns", "Blocked", .nanoseconds),
    .number("reconfigurations", "Reconfigurations", .count),
    .number("cost_usd", "Cost", .dollars),
    .number("power_watts", "Power", .watts),
    .number("iterations_per_s_and_musd", "Iter/s/M$", .plain),
  ]

  /// - Parameter parameters: of every kind of fabric that may come.
  init(grid: SweepGrid, parameters: [[EffectiveParameter]]) {
    self.grid = grid
    var columns: [Table.Column] = []
    for parameter in parameters.joined() where parameter.name != "fabric" {
      let key = Self.key(parameter)
      if columns.contains(where: { $0.key == key }) { continue }
      columns.append(.text(key, parameter.name, isForMachinesOnly: true))
    }
    self.parameters = columns
  }

  /// In the order of the file.
  var all: [Table.Column] {
    [.number("point", "Point", .count)]
      + grid.axes.map {
        .text($0.option.split(separator: "-").joined(separator: "_"), $0.option)
      } + [.text("fabric", "Fabric")] + Self.numbers + [.text("failure", "Failure")] + parameters
      + [.text(Self.inputs, "Inputs", isForMachinesOnly: true)]
  }

  /// The header of the file, without its end.
  var header: String { CommaSeparatedLine.text(all.map(\.key)) }

  /// The values of some effective parameters, empty where a column is not among them.
  func values(of effective: [EffectiveParameter]) -> [String] {
    parameters.map { column in
      // A fabric may have several failures.
      effective.filter { Self.key($0) == column.key }.map(\.value).joined(separator: "; ")
    }
  }

  /// True of a row whose circuits were chosen for the very iterations that it is scored on.
  func isFittedToItself(_ row: SweepRow) -> Bool {
    func value(_ parameter: String) -> String {
      let key = Self.key(EffectiveParameter(parameter, ""))
      return parameters.firstIndex { $0.key == key }.map { row.parameters[$0] } ?? ""
    }
    let fitted = value(Fitting.fittedName)
    return !fitted.isEmpty && fitted == value(Fitting.scoredName)
  }

  /// "NIC rate per direction" in bit/s as `effective_nic_rate_per_direction_bit_per_s`.
  private static func key(_ parameter: EffectiveParameter) -> String {
    let unit = parameter.unit.split(separator: "/").joined(separator: " per ")
    let words = "\(parameter.name) \(unit)".lowercased()
      .split { !($0.isLetter || $0.isNumber) }
    return effective + words.joined(separator: "_")
  }
}
