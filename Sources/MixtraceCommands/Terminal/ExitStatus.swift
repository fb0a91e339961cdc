/// How a verb ended, as the shell sees it.
public enum ExitStatus: Int32, Sendable {
  /// All that was asked for was done.
  case done = 0
  /// Stopped, or what was found could not be written.
  case failed = 1
  /// Finished, but part of the input could not be read or part of the results could not be found.
  case doneWithWarnings = 2
  /// The command line was wrong (EX_USAGE of sysexits.h).
  case wrongUsage = 64
}
