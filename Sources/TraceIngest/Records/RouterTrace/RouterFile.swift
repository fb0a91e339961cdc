internal import ByteStreams

/// One rank's file and the record at its front.
final class RouterFile {
  let lines: LineReader
  private(set) var record = RouterRecord()
  private(set) var hasRecord = false
  var counts = LineCounts()
  private(set) var truncation: String?
  private var highestStep: Int32 = -1
  /// True from where the file goes back a step until it goes beyond its highest.
  private var isRepeating = false

  init(_ lines: LineReader) { self.lines = lines }

  convenience init(path: String, chunkBytes: Int) throws {
    self.init(try LineReader(path: path, chunkBytes: chunkBytes))
  }

  /// Moves to the next record that can be used; their steps never descend.
  func advance(ranks: RankBound, expertCount: Int) {
    hasRecord = false
    while true {
      var verdict = LineVerdict.used
      var next = record
      // The array would be copied on write while two values hold it.
      record.experts = []
      let event = lines.next { line in
        verdict =
          isBlank(line)
          ? .skipped(.blank) : next.read(line, ranks: ranks, expertCount: expertCount)
      }
      record = next
      switch event {
      case .end:
        truncation = lines.damage
        return
      case .overlong: counts.add(.malformed(.record(.overlong)), line: lines.number)
      case .cut: counts.add(.malformed(.record(.cutByDamage)), line: lines.number)
      case .line:
        if verdict == .used {
          if goesOn(to: record.step) {
            hasRecord = true
            return
          }
          verdict = .skipped(.earlierStep)
        }
        counts.add(verdict, line: lines.number)
      }
    }
  }

  /// False in what a restarted job, or a second run, wrote once more.
  private func goesOn(to step: Int32) -> Bool {
    if step < highestStep { isRepeating = true }
    if isRepeating && step <= highestStep { return false }
    isRepeating = false
    highestStep = step
    return true
  }

  /// Counts the record at the front.
  func settle(_ verdict: LineVerdict) { counts.add(verdict, line: lines.number) }
}
