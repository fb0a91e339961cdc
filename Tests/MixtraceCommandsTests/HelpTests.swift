import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Help is documentation: a change to it is looked at, like any other change of a text.
///
/// `MIXTRACE_UPDATE_SNAPSHOTS=1 swift test --filter HelpTests` rewrites the texts.
@Suite("Help")
struct HelpTests {
  static let verbs = [
    "capture", "ingest", "attribute", "join", "info", "analyze", "regions", "place", "replay",
    "sweep",
    "circuits",
    "report",
    "synth", "export", "reproduce",
  ]

  private static let snapshots = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("Snapshots")

  @Test("help is as it was last agreed on", arguments: ["mixtrace"] + verbs)
  func text(verb: String) throws {
    let outcome = mixtrace((verb == "mixtrace" ? [] : [verb]) + ["--help"])
    #expect(outcome.status == .done)
    #expect(outcome.errors.isEmpty)
    let file = Self.snapshots.appendingPathComponent("\(verb).txt")
    if ProcessInfo.processInfo.environment["MIXTRACE_UPDATE_SNAPSHOTS"] == "1" {
      try Data(outcome.output.utf8).write(to: file)
      return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(
      outcome.output == expected,
      "\(verb) --help changed:\n\(lineDifference(from: expected, to: outcome.output))")
  }

  @Test("every verb shows how it is used, in lines that fit a terminal", arguments: verbs)
  func examples(verb: String) {
    let help = mixtrace(verb, "--help", width: 80).output
    #expect(help.contains("EXAMPLES\n"))
    #expect(help.contains("USAGE: mixtrace \(verb)"))
    let options = help.drop { $0 != "\n" }.components(separatedBy: "OPTIONS:").dropFirst().joined()
    for line in options.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test("mixtrace alone, mixtrace help and --help name every verb")
  func overview() {
    let help = mixtrace("--help")
    for verb in Self.verbs { #expect(help.output.contains("\n  \(verb) ")) }
    #expect(mixtrace().output == help.output)
    #expect(mixtrace("help").output == help.output)
    #expect(mixtrace().status == .done)
  }

  @Test("--version prints the version and nothing else")
  func version() {
    let outcome = mixtrace("--version")
    #expect(outcome.status == .done)
    #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "\(outcome.output)")
  }

  @Test("a difference names the lines that changed")
  func difference() {
    #expect(lineDifference(from: "a\nb\nc", to: "a\nB\nc") == "- 2: b\n+ 2: B")
    #expect(lineDifference(from: "a", to: "a") == "")
  }
}
