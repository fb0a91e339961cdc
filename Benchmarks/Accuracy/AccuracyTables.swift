/// Prints what is recovered from synthetic inputs whose truth is known; false when less than the
/// thresholds, which stand beside each table.
///
/// - Parameter table: one of the tables; nil for all.
func printAccuracy(of table: String?) throws -> Bool {
  let tables: [(name: String, print: () throws -> Bool)] = [
    ("attribution", printAttributionTable), ("overlap", printOverlapTable),
    ("regions", printRegionTable), ("planted", printPlantedTables),
    ("batching", printBatchingTable),
  ]
  let chosen = tables.filter { table == nil || table == $0.name }
  guard !chosen.isEmpty else {
    throw BenchmarkError(
      "no table is named \(table ?? ""): there are \(tables.map(\.name).joined(separator: ", "))")
  }
  var isGood = true
  for table in chosen where try !table.print() { isGood = false }
  return isGood
}

/// What is planted into synthesised routing: regions, period, drift, change points, hot experts.
func printPlantedTables() throws -> Bool {
  let regions = try printPlantedRegionTable()
  let time = try printPlantedTimeTable()
  let hot = try printHotExpertTable()
  return regions && time && hot
}

/// Fields padded to columns of a width, the first to the left.
func tableLine(_ first: String, _ fields: [String], firstWidth: Int = 34) -> String {
  let head = first + String(repeating: " ", count: max(0, firstWidth - first.count))
  return fields.reduce(head) { line, field in
    line + String(repeating: " ", count: max(1, 12 - field.count)) + field
  }
}

/// "97.3 %".
func percentText(_ share: Double) -> String {
  let tenths = Int((share * 1_000).rounded(.down))
  return "\(tenths / 10).\(tenths % 10) %"
}
