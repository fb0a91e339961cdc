internal import ArgumentParser
internal import Configuration
internal import TraceModel

/// A trace whose experts can be placed: its routing decides the bytes, and its iterations are in two
/// halves.
struct PlacementInput {
  let trace: Trace
  /// The iterations that placements are chosen for, ascending.
  let fitted: [Int32]
  /// The iterations that they are scored on, ascending.
  let scored: [Int32]
  let tokensAsBytes: Bool
  private let selection: SelectionOptions

  /// - Throws: `VerbError` where the trace kept no routing, or nothing says what a token weighs.
  init(_ trace: Trace, selection: SelectionOptions, layout path: String?) throws {
    guard trace.routing.tokens.contains(where: { $0 > 0 }) else {
      guard selection.layer == nil, selection.iteration == nil else {
        throw VerbError(
          "the part of the trace that was asked for holds no routing.\n"
            + "  Ask for other layers or iterations, or leave out --layer and --iteration.")
      }
      throw VerbError(
        "this trace kept no routing, so nobody can tell which tokens would follow an expert.\n"
          + "  Ingest router logs, or join them to the capture with 'mixtrace join'.")
    }
    guard trace.metadata.model != nil || selection.tokensAsBytes else {
      throw VerbError(
        "the trace holds routed tokens, and no model says how many bytes a token has.\n"
          + "  Name one with --model, or count each token copy as one byte with --tokens-as-bytes.")
    }
    self.selection = selection
    tokensAsBytes = selection.tokensAsBytes
    var trace = trace
    if let path { trace.metadata.layout = try Self.layout(path, for: trace.metadata.layout) }
    self.trace = Self.movingRoutedBytes(trace)
    let routed = Set(trace.routing.operation)
    let iterations = Set(
      trace.operations.rows.filter { routed.contains($0.id) }.map(\.iteration)
    ).sorted()
    let count = iterations.count / 2
    fitted = count == 0 ? iterations : Array(iterations.prefix(count))
    scored = count == 0 ? iterations : Array(iterations.dropFirst(count))
  }

  /// True where one iteration is all there is.
  var isScoredOnItself: Bool { fitted == scored }

  /// False where the log holds forward passes only.
  var isTraining: Bool {
    trace.operations.rows.contains {
      $0.phase == .combineBackward || $0.phase == .dispatchBackward
    }
  }

  /// The workload of some iterations under a placement; contiguous blocks when nil.
  func workload(of iterations: [Int32], placement: ExpertPlacement?) throws -> Workload {
    let kept = Set(iterations)
    let workload = try Workload(
      trace: trace, grain: selection.grain, tokensAsBytes: tokensAsBytes, placement: placement)
    return try selection.chosen(of: workload).keepingSteps { kept.contains($0.iteration) }
  }

  /// What both halves are, in words.
  var sentence: String {
    if isScoredOnItself {
      return
        "There is one iteration, so none can be held out: placements are scored on the traffic that they "
        + "were chosen for, which is the most that they could do, not what they would do on later traffic."
    }
    return "Placements are chosen for \(Self.words(fitted)) and scored on \(scoredWords), "
      + "which they have not seen."
  }

  /// The iterations that are scored, in words.
  var scoredWords: String { Self.words(scored) }

  private static func words(_ iterations: [Int32]) -> String {
    guard let first = iterations.first, let last = iterations.last else { return "no iteration" }
    return first == last ? "iteration \(first)" : "iterations \(first)-\(last)"
  }

  /// Measured bytes would stay where they were measured: where an operation has routing, it counts.
  private static func movingRoutedBytes(_ trace: Trace) -> Trace {
    let routed = Set(trace.routing.operation)
    guard trace.transfers.operation.contains(where: routed.contains) else { return trace }
    var trace = trace
    let measured = trace.transfers
    trace.transfers = TransferTable()
    for row in 0..<measured.count where !routed.contains(measured.operation[row]) {
      trace.transfers.append(
        operation: measured.operation[row], source: measured.source[row],
        destination: measured.destination[row], bytes: measured.bytes[row],
        start: measured.start[row], end: measured.end[row])
    }
    return trace
  }

  private static func layout(_ path: String, for recorded: Layout) throws -> Layout {
    let declared = try LayoutFile.read(path: path)
    guard declared.parallelism == recorded.parallelism else {
      throw ValidationError(
        "--layout \(path): ranks and parallel sizes must be those of the trace; only servers may differ"
      )
    }
    return declared
  }
}
