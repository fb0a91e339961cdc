internal import ArgumentParser
internal import Configuration

/// A name that nothing has, with the nearest of the names that there are and all of them.
func unknownName(_ kind: String, _ name: String, among names: [String]) -> ValidationError {
  let advice = spellingAdvice(for: name, among: names).map { $0 + " " } ?? ""
  return ValidationError(
    "no \(kind) is named \"\(name)\". \(advice)There are: \(names.joined(separator: ", "))")
}

/// Refuses a name that an option is given twice: its rows could not be told apart.
func refuseRepeated(_ option: String, _ names: [String]) throws(ValidationError) {
  for (index, name) in names.enumerated() where names[..<index].contains(name) {
    throw ValidationError("\(option) \(name) is given twice")
  }
}
