/// A number with what it counts, whose name is given in the plural: "1 file", "2 files", "1 entry".
package func counted(_ count: some BinaryInteger, _ plural: String) -> String {
  guard count == 1 else { return "\(count) \(plural)" }
  if plural.hasSuffix("ies") { return "1 \(plural.dropLast(3))y" }
  return "1 " + (plural.hasSuffix("s") ? plural.dropLast() : plural[...])
}

/// A number before one of two wordings: "1 file was left out", "2 files were left out".
package func counted(
  _ count: some BinaryInteger, one singular: String, many plural: String
) -> String {
  "\(count) " + (count == 1 ? singular : plural)
}
