import Foundation
import MixtraceCommands
import Testing

/// What one command line printed and how it ended.
struct CommandOutcome {
  var status: MixtraceCommands.ExitStatus
  var output: String
  var errors: String

  /// Standard output as JSON.
  func json() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(value as? [String: Any], "the document is no object: \(output)")
  }

  /// The rows of one table of the JSON document.
  func rows(_ table: String) throws -> [[String: Any]] {
    let document = try json()
    return try #require(
      document[table] as? [[String: Any]],
      "no table \(table) among \(document.keys.sorted())")
  }

  /// The sentences of the JSON document, joined.
  func sentences() throws -> String {
    try #require(try json()["sentences"] as? [String]).joined(separator: "\n")
  }

  /// Standard output as CSV rows; none of the verbs' fields holds a line break.
  var csv: [[String]] { output.split(separator: "\n").map(fieldsOfCSV) }
}

/// Runs one command line in this process.
func mixtrace(_ arguments: String..., width: Int = 100) -> CommandOutcome {
  mixtrace(arguments, width: width)
}

/// Runs one command line in this process.
func mixtrace(_ arguments: [String], width: Int = 100) -> CommandOutcome {
  let recorded = RecordedTerminal(width: width)
  let status = run(arguments, on: recorded.terminal)
  return CommandOutcome(status: status, output: recorded.output, errors: recorded.errors)
}

/// Runs a command line that has to succeed.
@discardableResult
func succeeding(
  _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws -> CommandOutcome {
  try succeeding(arguments, sourceLocation: sourceLocation)
}

/// Runs a command line that has to succeed.
@discardableResult
func succeeding(
  _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
) throws -> CommandOutcome {
  let outcome = mixtrace(arguments)
  try #require(
    outcome.status == .done, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
  return outcome
}

/// The fields of one line, as RFC 4180 quotes them.
func fieldsOfCSV(_ line: Substring) -> [String] {
  var fields = [""]
  var isQuoted = false
  var characters = line.makeIterator()
  var pending = characters.next()
  while let character = pending {
    pending = characters.next()
    if character == "\"", isQuoted, pending == "\"" {
      fields[fields.count - 1].append("\"")
      pending = characters.next()
    } else if character == "\"" {
      isQuoted.toggle()
    } else if character == ",", !isQuoted {
      fields.append("")
    } else {
      fields[fields.count - 1].append(character)
    }
  }
  return fields
}
