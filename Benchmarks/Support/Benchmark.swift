/// One fixed piece of work of one room: timed by `scripts/bench`, counted by `scripts/instructions`.
struct Benchmark: Sendable {
  /// "room/what".
  var name: String
  /// What `workCount` counts.
  var unit: String
  /// How many units one run processes.
  var workCount: Int
  /// False for work that takes too long under callgrind.
  var isCounted = true
  /// Timed runs, an odd number; long ones have 3 and no run before them.
  var runCount = 7
  /// Prepares the input once and returns the run itself, which returns a value that depends on all
  /// of its work, so that nothing can be optimised away.
  var prepare: @Sendable () throws -> () throws -> Int
}
