internal import Reporting
internal import TraceModel

/// Shows how far long work has come, at most ten times a second, only to a person at a terminal.
final class ProgressMeter: Sendable {
  private let terminal: Terminal
  private let isShown: Bool
  private let begin = ContinuousClock.now
  private let state = Locked<State>(State())

  private struct State {
    var lastDrawn: ContinuousClock.Instant?
    var hasLine = false
  }

  init(terminal: Terminal, isQuiet: Bool) {
    self.terminal = terminal
    isShown = terminal.isInteractive && !isQuiet
  }

  /// Draws the line unless one was drawn less than a tenth of a second ago.
  func update(_ line: (_ elapsedSeconds: Double) -> String) {
    guard isShown else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      if let last = state.lastDrawn, now - last < .milliseconds(100) { return }
      state.lastDrawn = now
      state.hasLine = true
      let elapsed = now - begin
      let seconds =
        Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
      terminal.writeError("\r\u{1B}[K" + String(line(seconds).prefix(terminal.width - 1)))
    }
  }

  /// Shows which of several fabrics is being replayed.
  func showReplay(of fabric: String, done: Int, of count: Int) {
    update { elapsed in
      ProgressLine(label: "replay on \(fabric)", kind: .count, noun: "fabrics", total: Int64(count))
        .text(
          done: Int64(done), elapsedNanoseconds: Int64(elapsed * 1e9), width: terminal.width)
    }
  }

  /// Shows how many combinations of a sweep are done.
  func showSweep(done: Int, of count: Int) {
    update { elapsed in
      ProgressLine(label: "sweep", kind: .count, noun: "combinations", total: Int64(count))
        .text(
          done: Int64(done), elapsedNanoseconds: Int64(elapsed * 1e9), width: terminal.width)
    }
  }

  /// Shows how many candidates of a choice are through.
  func showCandidates(done: Int, of count: Int) {
    update { elapsed in
      ProgressLine(label: "race", kind: .count, noun: "candidates", total: Int64(count))
        .text(
          done: Int64(done), elapsedNanoseconds: Int64(elapsed * 1e9), width: terminal.width)
    }
  }

  /// Removes the line.
  func finish() {
    state.withLock { state in
      if state.hasLine { terminal.writeError("\r\u{1B}[K") }
      state.hasLine = false
    }
  }
}
