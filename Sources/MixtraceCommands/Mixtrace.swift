internal import ArgumentParser
internal import Configuration

/// The command line: verbs that ingest traces, analyse locality and replay candidate fabrics.
struct Mixtrace: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mixtrace",
    abstract: "Does an optical circuit switch pay for these training jobs, and how large a region?",
    discussion: """
      mixtrace reads what a mixture-of-experts training cluster leaves on disk, measures how local \
      its expert traffic is, chooses the region of servers that should share an optical switch, \
      and replays the traffic on candidate fabrics.

      A first look, from a capture or from router logs:
        mixtrace ingest capture.pcap.zst --layout layout.yaml -o run.mixt
        mixtrace ingest router_trace_rank*.jsonl -o run.mixt \\
            --layout layout.yaml --model mixtral-8x7b
        mixtrace join capture.mixt gates.mixt -o run.mixt
        mixtrace analyze run.mixt
        mixtrace replay run.mixt
        mixtrace report run.mixt -o report.html

      Without a trace of your own: mixtrace synth mixtral-8x7b --trace run.mixt

      Exit status: 0 done, 1 failed, 2 done but not all could be read or replayed, 64 wrong usage.
      """,
    version: version,
    subcommands: verbs)

  static let version = "0.1.0"
}

/// A subcommand that is handed its terminal, so that tests can call it in-process.
protocol Verb: ParsableCommand {
  mutating func run(on terminal: Terminal) throws -> ExitStatus
}

/// Something that stops a verb, in words that are shown as they are.
struct VerbError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// Runs one command line, without the program's name, and returns the exit status.
///
/// Results go to `terminal.write`, everything else to `terminal.writeError`.
public func run(_ arguments: [String], on terminal: Terminal = .standard) -> ExitStatus {
  let status = runVerb(arguments, on: terminal)
  guard let loss = terminal.lossOfOutput() else { return status }
  terminal.writeError("mixtrace: the results could not be written: \(loss)\n")
  return .failed
}

private func runVerb(_ arguments: [String], on terminal: Terminal) -> ExitStatus {
  var verbName: String?
  do {
    try refuseUnknownVerb(arguments.first)
    var command = try Mixtrace.parseAsRoot(arguments)
    guard var verb = command as? any Verb else {
      // `mixtrace` alone, help and version requests: the parser answers by throwing.
      try command.run()
      return .done
    }
    verbName = type(of: verb)._commandName
    return try verb.run(on: terminal)
  } catch {
    let exitCode = Mixtrace.exitCode(for: error)
    // Lines longer than this are hard to read, however wide the terminal is.
    let message = Mixtrace.fullMessage(for: error, columns: min(terminal.width, 100))
    if exitCode == .success {
      terminal.write(message + "\n")
      return .done
    }
    if exitCode == .validationFailure {
      // The parser would show how to use the whole program where a verb refuses its options.
      terminal.writeError(
        verbName.map {
          "Error: \(Mixtrace.message(for: error))\n  See 'mixtrace \($0) --help'.\n"
        } ?? message + "\n")
      return .wrongUsage
    }
    terminal.writeError("mixtrace: \(error)\n")
    return .failed
  }
}

/// Names the verb that was probably meant; the parser only knows that it expected none.
private func refuseUnknownVerb(_ word: String?) throws(ValidationError) {
  let names = verbs.map { $0._commandName } + ["help"]
  guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
  let advice = spellingAdvice(for: word, among: names).map { $0 + " " } ?? ""
  throw ValidationError(
    "there is no verb \"\(word)\". \(advice)Verbs: \(names.joined(separator: ", ")).")
}
