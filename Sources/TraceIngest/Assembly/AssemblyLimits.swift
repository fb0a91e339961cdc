/// How much each queue pair may remember, so that all of them together stay within some hundred
/// megabytes: few queue pairs may remember more each.
struct AssemblyLimits: Equatable {
  /// Packets that are looked at before the first sequence number is settled.
  var startWindow: Int
  /// Packets that are held back before what they wait for is given up.
  var held: Int
  /// Gaps that were given up and may still be filled.
  var gaps: Int

  /// The limits change only where the number of queue pairs reaches a power of two.
  init(flowCount: Int) {
    var bits = 0
    while bits < 40, 1 << bits < flowCount { bits += 1 }
    startWindow = min(64, max(4, (1 << 20) >> bits))
    held = min(QueuePairFlow.maximumHeld, max(16, (1 << 20) >> bits))
    gaps = min(2_048, max(16, (1 << 20) >> bits))
  }
}
