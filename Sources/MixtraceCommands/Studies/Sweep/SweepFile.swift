internal import ByteStreams

/// The rows of a sweep as CSV, written as they are found and kept when the run is interrupted.
///
/// Rows go to `path.partial`; a later run of the same inputs goes on after the last point whose rows
/// are all there. The file gets its name when every point is done.
struct SweepFile {
  private let file: AtomicFile
  /// Points whose rows the interrupted run has written.
  let doneCount: Int
  /// Lines of those points, without the header.
  let doneLines: [String]

  /// - Parameters:
  ///   - header: the names of the columns, of which the first numbers the points from 0 and the last
  ///     holds the digest of the inputs.
  ///   - inputs: that digest.
  init(path: String, header: String, inputs: String) throws {
    file = try AtomicFile(path: path, keepPartialOnFailure: true, keepContents: true)
    let text = String(decoding: try file.contents(), as: UTF8.self)
    guard !(header + "\n").hasPrefix(text) else {
      // Nothing was found yet.
      (doneCount, doneLines) = (0, [])
      try file.truncate(to: 0)
      try file.write(Array((header + "\n").utf8))
      return
    }
    // A last line without its end was cut off, and its point with it.
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines.removeLast()
    guard lines.first == header, lines.dropFirst().allSatisfy({ $0.hasSuffix("," + inputs) }) else {
      throw VerbError(
        "\(file.partialPath) is left from another sweep: of another trace or selection, other "
          + "changes, fabrics or values, or by another version of mixtrace. Remove it, or write "
          + "elsewhere.")
    }
    // The rows of the last point may not all be there.
    let last = lines.count > 1 ? Self.point(lines[lines.count - 1]) : 0
    let whole = lines.dropFirst().filter { Self.point($0) < last }
    (doneCount, doneLines) = (last, whole)
    let kept = ([header] + whole).map { $0 + "\n" }.joined()
    try file.truncate(to: Int64(kept.utf8.count))
  }

  private static func point(_ line: String) -> Int {
    Int(line.prefix { $0 != "," }) ?? 0
  }

  func append(_ lines: String) throws { try file.write(Array(lines.utf8)) }

  func finish() throws { try file.commit() }
}
