internal import Replay
internal import Reporting

/// The parameters that results rest on.
enum ParameterTables {
  /// Of a comparison: one column of values per fabric would not fit, so a parameter that is the same
  /// everywhere stands once.
  static func parameters(_ comparison: FabricComparison) -> Table {
    var table = Table(title, columns: columns + [.text("fabrics", "Fabrics")])
    var order: [String] = []
    var values: [String: [(value: String, unit: String, fabrics: [String])]] = [:]
    for row in comparison.rows {
      let cost = EffectiveParameter("cost model", comparison.costModel)
      for parameter in row.result.effectiveParameters + [cost] where parameter.name != "fabric" {
        if values[parameter.name] == nil { order.append(parameter.name) }
        var known = values[parameter.name] ?? []
        if let index = known.firstIndex(where: { $0.value == parameter.value }) {
          known[index].fabrics.append(row.label)
        } else {
          known.append((parameter.value, parameter.unit, [row.label]))
        }
        values[parameter.name] = known
      }
    }
    for name in order {
      for entry in values[name] ?? [] {
        table.append(
          cells(name, entry.value, unit: entry.unit) + [.text(comparison.names(of: entry.fabrics))])
      }
    }
    return table
  }

  /// Of one fabric.
  static func parameters(_ parameters: [EffectiveParameter]) -> Table {
    var table = Table(title, columns: columns)
    for parameter in parameters {
      table.append(cells(parameter.name, parameter.value, unit: parameter.unit))
    }
    return table
  }

  private static let title = "Effective parameters"
  private static let columns: [Table.Column] = [
    .text("parameter", "Parameter"), .number("value", "Value", .plain),
    .text("unit", "Unit", isForMachinesOnly: true),
  ]

  /// A parameter as people read it; its exact text stays in CSV and JSON.
  private static func cells(_ name: String, _ text: String, unit: String) -> [Cell] {
    [.text(name), value(text, unit: unit), .text(unit)]
  }

  private static func value(_ text: String, unit: String) -> Cell {
    guard let number = Double(text) else { return .text(text) }
    switch unit {
    case "bit/s": return .number(number, as: .bitsPerSecond)
    case "ns": return .number(number, as: .nanoseconds)
    default: return .number(number, as: .plain)
    }
  }
}
