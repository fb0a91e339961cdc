internal import TraceFormat

/// What a verb read from a trace file.
struct ReadTrace<Value> {
  var file: TraceFile
  var value: Value
  /// True when part of the file is lost, or of another that was read with it.
  var hasLosses: Bool

  init(file: TraceFile, value: Value) {
    self.file = file
    self.value = value
    hasLosses = file.isSalvaged
  }

  /// How a verb that did its work ends: with warnings when part of what it read is lost.
  var status: ExitStatus { hasLosses ? .doneWithWarnings : .done }
}

/// Opens a trace and reads from it; blocks that turn out to be damaged are left out, and every loss
/// is named on standard error.
///
/// `body` runs a second time after damage, so it must not have printed anything by then.
///
/// - Parameter verifying: looks for damage before `body` runs, at the price of reading the whole
///   file once more.
func readTrace<Value>(
  _ path: String, verifying: Bool = false, warningsTo terminal: Terminal,
  _ body: (TraceFile) throws -> Value
) throws -> ReadTrace<Value> {
  let file = try TraceFile(path: path, verifying: verifying)
  warn(ofLossesIn: file, path, on: terminal)
  do {
    return ReadTrace(file: file, value: try body(file))
  } catch let error as TraceFormatError
    where error.reason == .damaged && !verifying && !file.isSalvaged
  {
    return try readTrace(path, verifying: true, warningsTo: terminal, body)
  }
}

private func warn(ofLossesIn file: TraceFile, _ path: String, on terminal: Terminal) {
  for loss in file.losses { terminal.warn("\(path): \(loss); the rest is used") }
  if file.isSalvaged, file.losses.isEmpty {
    terminal.warn("\(path): was never finished; what was written after its last block is missing")
  }
}
