internal import Reporting

/// Names and what they mean, for help: every line of a meaning begins in one column.
///
/// Lines have at most 100 columns, as all help.
func helpList(_ entries: [(name: String, summary: String)]) -> String {
  let margin = 31
  let width = 100 - margin
  return entries.map { entry in
    var lines = entry.summary.wrapped(to: width)[...]
    var first = "  " + entry.name
    if first.count < margin - 1, let summary = lines.popFirst() {
      first += String(repeating: " ", count: margin - first.count) + summary
    }
    return ([first] + lines.map { String(repeating: " ", count: margin) + $0 })
      .joined(separator: "\n")
  }.joined(separator: "\n")
}
