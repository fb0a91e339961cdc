/// How a verb ended, as the shell sees it.
public enum ExitStatus: Int32, Sendable {
  case done = 0
  case failed = 1
  /// Finished, but part of the input could not be read.
  case doneWithWarnings = 2
  /// The command line was wrong (EX_USAGE of sysexits.h).
  case wrongUsage = 64
}
