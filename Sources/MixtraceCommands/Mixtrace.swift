internal import ArgumentParser

/// The command line: verbs that ingest traces, analyse locality and replay candidate fabrics.
struct Mixtrace: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mixtrace",
    abstract: "Does an optical circuit switch pay for these training jobs, and how large a region?",
    discussion: """
      mixtrace reads what a mixture-of-experts training cluster leaves on disk, measures how local \
      its expert traffic is, chooses the region of servers that should share an optical switch, \
      and replays the traffic on candidate fabrics.

      A first look, from a capture and a router log:
        mixtrace ingest capture.pcap.zst --layout layout.yaml -o run.mixt
        mixtrace ingest router_trace_rank*.jsonl --layout layout.yaml --model mixtral-8x7b -o run.mixt
        mixtrace analyze run.mixt
        mixtrace replay run.mixt
        mixtrace report run.mixt -o report.html

      Exit status: 0 done, 1 failed, 2 done but part of the input could not be read, 64 wrong usage.
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
  do {
    var command = try Mixtrace.parseAsRoot(arguments)
    guard var verb = command as? any Verb else {
      // `mixtrace` alone, help and version requests: the parser answers by throwing.
      try command.run()
      return .done
    }
    return try verb.run(on: terminal)
  } catch {
    let exitCode = Mixtrace.exitCode(for: error)
    let message = Mixtrace.fullMessage(for: error)
    if exitCode == .success {
      terminal.write(message + "\n")
      return .done
    }
    if exitCode == .validationFailure {
      terminal.writeError(message + "\n")
      return .wrongUsage
    }
    terminal.writeError("mixtrace: \(error)\n")
    return .failed
  }
}
