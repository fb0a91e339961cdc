internal import Glibc
internal import TraceModel

/// Where a verb writes: the real terminal, or strings in tests.
public struct Terminal: Sendable {
  /// Results: what a pipe receives.
  public var write: @Sendable (String) -> Void
  /// Warnings, errors and progress.
  public var writeError: @Sendable (String) -> Void
  /// True when a person watches standard error: only then is progress shown.
  public var isInteractive: Bool
  /// Columns of the terminal, for tables.
  public var width: Int
  /// True when a person reads standard output: sentences are then broken to the width, where a program
  /// gets each on one line.
  public var wrapsSentences: Bool
  /// Why a part of the results could not be written, in words; nil while none is lost.
  public var lossOfOutput: @Sendable () -> String?

  /// A terminal that hands its texts on.
  ///
  /// - Parameter lossOfOutput: asked once, when the verb has ended; a loss makes it a failure.
  public init(
    width: Int, isInteractive: Bool, wrapsSentences: Bool = false,
    write: @escaping @Sendable (String) -> Void,
    writeError: @escaping @Sendable (String) -> Void,
    lossOfOutput: @escaping @Sendable () -> String? = { nil }
  ) {
    self.write = write
    self.writeError = writeError
    self.isInteractive = isInteractive
    self.wrapsSentences = wrapsSentences
    self.width = width
    self.lossOfOutput = lossOfOutput
  }

  /// Prints a warning: the work went on, and its exit status says so.
  func warn(_ words: String) { writeError("mixtrace: warning: \(words)\n") }

  /// Standard output and standard error.
  public static let standard = Terminal(
    width: declaredWidth ?? terminalWidth ?? 100, isInteractive: isatty(STDERR_FILENO) == 1,
    wrapsSentences: declaredWidth != nil || terminalWidth != nil,
    write: { text in
      let failure = put(text, to: STDOUT_FILENO)
      // A reader that went away (`| head`) has what it wanted.
      if failure != 0, failure != EPIPE { firstFailure.withLock { $0 = $0 ?? failure } }
    },
    writeError: { _ = put($0, to: STDERR_FILENO) },
    lossOfOutput: {
      firstFailure.withLock { $0 }.map { unsafe String(cString: strerror($0)) }
    })

  /// The first error of standard output.
  private static let firstFailure = Locked<Int32?>(nil)

  /// Columns of standard output; nil when it is not a terminal.
  private static var terminalWidth: Int? {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// The columns that the environment's COLUMNS asks for, which shells keep to themselves unless told.
  private static var declaredWidth: Int? {
    guard let text = unsafe getenv("COLUMNS"), let width = Int(unsafe String(cString: text)),
      (20...10_000).contains(width)
    else { return nil }
    return width
  }

  /// Writes all of a text, or returns the error that stopped it.
  private static func put(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = unsafe Glibc.write(
          descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return count < 0 ? errno : EIO }
        written += count
      }
      return 0
    }
  }
}

/// Collects what a verb writes; for tests and for programs that embed the verbs.
public final class RecordedTerminal: Sendable {
  private let texts = Locked<(output: String, errors: String)>(("", ""))
  private let width: Int
  private let wrapsSentences: Bool

  /// - Parameters:
  ///   - width: columns, for tables.
  ///   - wrapsSentences: whether sentences are broken to that width too.
  public init(width: Int = 100, wrapsSentences: Bool = false) {
    self.width = width
    self.wrapsSentences = wrapsSentences
  }

  /// The results so far.
  public var output: String { texts.withLock { $0.output } }
  /// Warnings, errors and remarks so far.
  public var errors: String { texts.withLock { $0.errors } }

  /// A terminal whose texts end here.
  public var terminal: Terminal {
    Terminal(
      width: width, isInteractive: false, wrapsSentences: wrapsSentences,
      write: { text in self.texts.withLock { $0.output += text } },
      writeError: { text in self.texts.withLock { $0.errors += text } })
  }
}
