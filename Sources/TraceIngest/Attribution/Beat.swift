internal import Glibc
internal import TraceModel

/// A burst as far as repetition is concerned: the pause before it and its bytes, both by order of
/// magnitude, and what kind of operation it looks like.
struct Beat {
  let pauseNanoseconds: Double
  let durationNanoseconds: Double
  let logPause: Double
  let logBytes: Double
  let kind: UInt8

  init(pauseNanoseconds: Int64, durationNanoseconds: Int64, bytes: Int64, kind: UInt8) {
    self.pauseNanoseconds = Double(max(1, pauseNanoseconds))
    self.durationNanoseconds = Double(max(0, durationNanoseconds))
    logPause = log(self.pauseNanoseconds)
    logBytes = log(Double(max(1, bytes)))
    self.kind = kind
  }

  /// The bursts of a communicator, in order of time; the first has no pause before it.
  static func of(_ bursts: [Burst]) -> [Beat] {
    bursts.indices.map { index in
      let burst = bursts[index]
      return Beat(
        pauseNanoseconds: index > 0 ? pause(from: bursts[index - 1].end, to: burst.start) : 0,
        durationNanoseconds: pause(from: burst.start, to: burst.end), bytes: burst.bytes,
        kind: burst.groups.shapes.first?.kind.rawValue ?? 0)
    }
  }

  /// 1 for equal bursts, falling to 0 where pause and bytes differ by a factor of e or more.
  func likeness(to other: Beat) -> Double {
    guard kind == other.kind else { return 0 }
    return Self.likeness(
      pause: logPause - other.logPause, bytes: logBytes - other.logBytes)
  }

  /// Likeness by differences of logarithms.
  static func likeness(pause: Double, bytes: Double) -> Double {
    max(0, 1 - (0.7 * abs(pause) + 0.3 * abs(bytes)))
  }
}
