/// How much each queue pair may remember, so that all of them together stay within some hundred
/// megabytes: few queue pairs may remember more each.
struct AssemblyLimits {
  /// Packets that are looked at before the first sequence number is settled.
  var startWindow: Int
  /// Gaps that were given up and may still be filled.
  var gaps: Int

  init(flowCount: Int) {
    let count = max(1, flowCount)
    startWindow = min(64, max(4, (1 << 22) / count))
    gaps = min(2_048, max(16, (1 << 20) / count))
  }
}
