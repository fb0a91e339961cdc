internal import ArgumentParser
internal import Configuration
internal import Replay

/// A name that nothing has, with the nearest of the names that there are and all of them.
///
/// - Parameter families: names that take a word or number of the user's, in words.
func unknownName(
  _ kind: String, _ name: String, among names: [String], families: String? = nil
) -> ValidationError {
  let advice = spellingAdvice(for: name, among: names).map { $0 + " " } ?? ""
  return ValidationError(
    "no \(kind) is named \"\(name)\". \(advice)There are: \(names.joined(separator: ", "))"
      + (families.map { "; and \($0)" } ?? ""))
}

/// The name of a circuit scheduler that nothing has, or of one that needs no symmetry.
func unknownScheduler(_ name: String) -> ValidationError {
  let prefix = "symmetrised-"
  let names = CircuitSchedulers.all.map(\.name)
  guard name.hasPrefix(prefix) else {
    return unknownName("scheduler", name, among: names, families: CircuitSchedulers.families)
  }
  let base = String(name.dropFirst(prefix.count))
  if CircuitSchedulers.named(base) != nil {
    return ValidationError(
      "scheduler \"\(name)\": \(base) joins ports in pairs by itself; leave out \(prefix)")
  }
  let directed = CircuitSchedulers.all.filter { $0.duplex == .independent }
  return unknownName("scheduler", name, among: directed.map { prefix + $0.name })
}

/// Refuses a name that an option is given twice: its rows could not be told apart.
func refuseRepeated(_ option: String, _ names: [String]) throws(ValidationError) {
  for (index, name) in names.enumerated() where names[..<index].contains(name) {
    throw ValidationError("\(option) \(name) is given twice")
  }
}
