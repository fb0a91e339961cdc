internal import TraceModel

/// Why a line was not used, as one reader names it; raw values count from 0.
protocol LineReason: RawRepresentable<Int>, CaseIterable, Sendable {
  /// The reason as the ledger says it.
  var words: String { get }
  /// True when the line could not be understood, false when it was left out.
  var isDefect: Bool { get }
  /// What to do when nothing of an input can be used because of it; nil when its words say it.
  var advice: String? { get }
}

extension LineReason {
  var advice: String? { nil }

  /// The advice of the reason that has some words.
  static func advice(for words: String) -> String? {
    allCases.first { $0.words == words }?.advice
  }
}

/// Counts what becomes of lines without a string for each; becomes a `Ledger` at the end.
struct LineTally<Reason: LineReason>: Sendable {
  private struct Count: Sendable {
    var total: Int64 = 0
    var firstLine: Int64 = 0
  }

  private(set) var read: Int64 = 0
  private(set) var used: Int64 = 0
  private var counts = [Count](repeating: Count(), count: Reason.allCases.count)

  mutating func use() {
    read += 1
    used += 1
  }

  mutating func leave(_ reason: Reason, line: Int64) {
    read += 1
    if counts[reason.rawValue].total == 0 { counts[reason.rawValue].firstLine = line }
    counts[reason.rawValue].total += 1
  }

  /// The ledger of one source.
  func ledger(source: String, truncation: String?) -> Ledger {
    var ledger = Ledger(unit: "lines", source: source)
    ledger.read = read
    ledger.used = used
    ledger.truncation = truncation
    for reason in Reason.allCases {
      let count = counts[reason.rawValue]
      let first = "line \(count.firstLine)"
      if reason.isDefect {
        ledger.reject(reason.words, count: count.total, first: first)
      } else {
        ledger.skip(reason.words, count: count.total, first: first)
      }
    }
    return ledger
  }
}

/// The error of an input of which nothing could be used: what is in it, and what to do.
///
/// - Parameters:
///   - lack: "connection matrix holds no flow".
///   - advice: what to do unless the first reason has an advice of its own.
func nothingUsable(_ lack: String, in ledgers: [Ledger], advice: String) -> IngestError {
  let reasons = ledgers.flatMap { $0.malformed + $0.skipped }.prefix(4).map {
    "\($0.count) × \($0.reason) (\($0.first))"
  }
  return IngestError(
    "this \(lack) that can be used"
      + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")),
    at: ledgers.first?.source ?? "input", advice: adviceForFirstReason(in: ledgers) ?? advice)
}

/// What to do about the first thing that could not be understood, or else that was left out.
func adviceForFirstReason(in ledgers: [Ledger]) -> String? {
  let lines = ledgers.filter { $0.unit != "files" }
  let first =
    lines.lazy.compactMap(\.malformed.first).first
    ?? lines.lazy.flatMap(\.skipped).first
  guard let words = first?.reason else { return nil }
  return RecordDefect.advice(for: words) ?? ConnectionMatrixReason.advice(for: words)
    ?? SimCCLFlowReason.advice(for: words)
}
