package import TraceModel

/// What becomes of one line of a routing log.
package enum LineVerdict: Sendable, Hashable {
  case used
  case skipped(LineSkipReason)
  case malformed(LineDefect)
}

/// Why a line was understood and left out.
package enum LineSkipReason: Int, Sendable, CaseIterable {
  case blank
  case otherStage
  case earlierStep
  case otherFile
  case duplicateKey

  package var words: String {
    switch self {
    case .blank: "blank line"
    case .otherStage: "a stage other than pre_dispatch"
    case .earlierStep: "a step that the file had reached before: a restarted job or a second run"
    case .otherFile: "a (step, layer, rank) that another file holds: a copied file or a second run"
    case .duplicateKey:
      "duplicate of an earlier (problem, layer, token): a second run, or a token counter that restarts"
    }
  }
}

/// Why a line could not be used.
package enum LineDefect: Sendable, Hashable {
  case json(JSONDefect)
  case record(RecordDefect)

  package var words: String {
    switch self {
    case .json(let defect): defect.words
    case .record(let defect): defect.words
    }
  }
}

/// What is wrong with a record that is good JSON.
package enum RecordDefect: Int, Sendable, CaseIterable {
  case missingField
  case idCountMismatch
  case unevenTokens
  case repeatedExpert
  case negativeNumber
  case numberTooLarge
  case rankOutsideLayout
  case rankOutsideOthers
  case expertOutsideModel
  case overlong
  case cutByDamage

  package var words: String {
    switch self {
    case .missingField: "a required field is missing"
    case .idCountMismatch: "the number of expert ids is not tokens × topk (tokens were dropped)"
    case .unevenTokens: "a token does not name topk experts"
    case .repeatedExpert: "one token names the same expert twice"
    case .negativeNumber: "a number that must not be negative is"
    case .numberTooLarge: "a number is larger than such logs can hold"
    case .rankOutsideLayout: "the rank is outside the declared layout"
    case .rankOutsideOthers:
      "a rank outside those of the other records; if it exists, declare the layout (--layout)"
    case .expertOutsideModel: "an expert id is outside the model"
    case .overlong: "the line is longer than the limit of \(LineReader.lineLimit >> 20) MiB"
    case .cutByDamage: "the line is cut where the input became unreadable"
    }
  }
}

extension RecordDefect {
  /// What to do about a defect that all records have; nil when its words say it.
  static func advice(for words: String) -> String? {
    switch allCases.first(where: { $0.words == words }) {
    case .rankOutsideLayout: "Declare the layout that it was recorded on (--layout)."
    case .expertOutsideModel: "Name the model that was recorded (--model), or none."
    case .idCountMismatch: "Record with a capacity at which no token is dropped."
    default: nil
    }
  }
}

/// Counts verdicts without a string per line; becomes a `Ledger` at the end.
package struct LineCounts: Sendable {
  private struct Count: Sendable {
    var total: Int64 = 0
    var firstLine: Int64 = 0
  }

  package private(set) var read: Int64 = 0
  package private(set) var used: Int64 = 0
  private var skips = [Count](repeating: Count(), count: LineSkipReason.allCases.count)
  private var jsonDefects = [Count](repeating: Count(), count: JSONDefect.allCases.count)
  private var recordDefects = [Count](repeating: Count(), count: RecordDefect.allCases.count)

  package init() {}

  package mutating func add(_ verdict: LineVerdict, line: Int64) {
    read += 1
    switch verdict {
    case .used: used += 1
    case .skipped(let reason): Self.add(line, to: &skips[reason.rawValue])
    case .malformed(.json(let defect)): Self.add(line, to: &jsonDefects[defect.rawValue])
    case .malformed(.record(let defect)): Self.add(line, to: &recordDefects[defect.rawValue])
    }
  }

  /// The ledger of one source.
  package func ledger(source: String, truncation: String?) -> Ledger {
    var ledger = Ledger(unit: "lines", source: source)
    ledger.read = read
    ledger.used = used
    ledger.truncation = truncation
    for (reason, count) in zip(LineSkipReason.allCases, skips) {
      ledger.skip(reason.words, count: count.total, first: "line \(count.firstLine)")
    }
    for (defect, count) in zip(JSONDefect.allCases, jsonDefects) {
      ledger.reject(defect.words, count: count.total, first: "line \(count.firstLine)")
    }
    for (defect, count) in zip(RecordDefect.allCases, recordDefects) {
      ledger.reject(defect.words, count: count.total, first: "line \(count.firstLine)")
    }
    return ledger
  }

  private static func add(_ line: Int64, to count: inout Count) {
    if count.total == 0 { count.firstLine = line }
    count.total += 1
  }
}
