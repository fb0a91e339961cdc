internal import ByteStreams

/// One rank's file and the record at its front.
final class RouterFile {
  let lines: LineReader
  private(set) var record = RouterRecord()
  private(set) var hasRecord = false
  var counts = LineCounts()
  private(set) var truncation: String?

  init(path: String, chunkBytes: Int) throws {
    lines = try LineReader(path: path, chunkBytes: chunkBytes)
  }

  /// Moves to the next record that can be used.
  func advance(rankCount: Int?, expertCount: Int) {
    hasRecord = false
    while true {
      var verdict = LineVerdict.used
      var next = record
      // The array would be copied on write while two values hold it.
      record.experts = []
      let event = lines.next { line in
        verdict =
          isBlank(line)
          ? .skipped(.blank) : next.read(line, rankCount: rankCount, expertCount: expertCount)
      }
      record = next
      switch event {
      case .end:
        truncation = lines.damage?.description
        return
      case .overlong: counts.add(.malformed(.record(.overlong)), line: lines.number)
      case .cut: counts.add(.malformed(.record(.cutByDamage)), line: lines.number)
      case .line:
        if verdict == .used {
          hasRecord = true
          return
        }
        counts.add(verdict, line: lines.number)
      }
    }
  }

  /// Counts the record at the front.
  func settle(_ verdict: LineVerdict) { counts.add(verdict, line: lines.number) }
}
