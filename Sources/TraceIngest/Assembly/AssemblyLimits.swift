/// How much each queue pair may remember: the fewer there are, the more each.
///
/// Up to 65,536 queue pairs hold back at most 2^20 packets together (40 bytes each) and remember as
/// many gaps (16 bytes) with their messages (about 90 bytes): 150 MB. Beyond, each still has 16 of
/// them: 1.2 GB, should all of the 524,288 that are kept open lose and reorder packets at once.
struct AssemblyLimits: Equatable {
  /// Packets that are looked at before the first sequence number is settled, never fewer than what
  /// settles it when they come in order.
  var startWindow: Int
  /// Packets that are held back before what they wait for is given up.
  var held: Int
  /// Gaps that were given up and may still be filled.
  var gaps: Int

  /// The limits change only where the number of queue pairs reaches a power of two.
  init(flowCount: Int) {
    var bits = 0
    while bits < 40, 1 << bits < flowCount { bits += 1 }
    startWindow = min(64, max(Int(LaneStarts.settledCount), (1 << 20) >> bits))
    held = min(QueuePairFlow.maximumHeld, max(16, (1 << 20) >> bits))
    gaps = min(2_048, max(16, (1 << 20) >> bits))
  }
}
