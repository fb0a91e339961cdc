internal import ByteStreams
internal import TraceModel

/// What some editors and exporters put before UTF-8 text.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// The lines of a file's start without leading white space; the last one may be cut.
func lines(of start: [UInt8]) -> some Sequence<ArraySlice<UInt8>> {
  withoutByteOrderMark(start).lazy.split(separator: 0x0A).map { line in
    line.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}

/// The first line of a file's start that holds something, without leading white space.
func firstLine(of start: [UInt8]) -> ArraySlice<UInt8> {
  let text = withoutByteOrderMark(start).drop {
    $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D
  }
  return text.prefix { $0 != 0x0A }
}

private func withoutByteOrderMark(_ start: [UInt8]) -> ArraySlice<UInt8> {
  start.dropFirst(start.starts(with: byteOrderMark) ? byteOrderMark.count : 0)
}

/// Last component of a path: paths of a machine stay on it.
func fileName(of path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// True when `text` holds the bytes of `pattern`.
func contains(_ text: ArraySlice<UInt8>, _ pattern: String) -> Bool {
  let pattern = Array(pattern.utf8)
  guard let head = pattern.first, text.count >= pattern.count else { return false }
  var start = text.startIndex
  while let found = text[start...].firstIndex(of: head) {
    if text[found...].starts(with: pattern) { return true }
    start = found + 1
  }
  return false
}

/// True when a line holds nothing but white space.
func isBlank(_ line: RawSpan) -> Bool {
  for offset in 0..<line.byteCount {
    let byte = line.byte(at: offset)
    guard byte == 0x20 || byte == 0x09 else { return false }
  }
  return true
}

/// A source as the trace's metadata names it.
func describe(_ source: ByteSource, format: String) -> TraceMetadata.Source {
  let packing = source.compression == .none ? "" : ", \(source.compression.name)"
  return TraceMetadata.Source(
    name: source.name, format: format + packing,
    bytes: source.compressedByteCount ?? source.compressedBytesRead)
}

/// Throws when not one line of all sources could be used, and says why the first was not.
func requireUse(of ledgers: [Ledger], format: String) throws(IngestError) {
  guard ledgers.allSatisfy({ $0.used == 0 }) else { return }
  let first = ledgers.first { $0.read > 0 } ?? ledgers.first
  let reason = first.flatMap { $0.malformed.first ?? $0.skipped.first }
  let units = ledgers.reduce(0) { $0 + $1.read }
  throw IngestError(
    "holds no usable \(format) in \(counted(units, first?.unit ?? "lines"))"
      + (reason.map { "; \($0.first): \($0.reason)" } ?? ""),
    at: first?.source ?? "input",
    advice: first?.truncation ?? adviceForFirstReason(in: ledgers)
      ?? "Check that the file is what its name says.")
}
