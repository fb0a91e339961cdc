/// One server's bytes in one direction: those with a circuit to go over, and those without.
package struct ServerLine {
  /// (bytes, rate of the pair's circuits) of each pair with a circuit.
  package var pairs: [(bytes: Double, circuitRate: Double)] = []
  /// Bytes that only the electrical NICs can carry.
  package var electricalBytes = 0.0

  package init() {}

  /// The smallest T with Σ max(0, bytes − T · circuitRate) + electricalBytes ≤ T · electricalRate.
  ///
  /// The left side is convex and piecewise linear in T, so Newton's method from below lands on the
  /// exact root after at most one step per pair. Infinite when nothing can carry the bytes.
  /// Source: closed form for fixed circuits with a non-blocking packet network.
  package func optimum(electricalRate: Double) -> Double {
    Self.optimum(of: pairs[...], electricalBytes: electricalBytes, electricalRate: electricalRate)
  }

  /// The same for a line whose pairs lie among those of others.
  package static func optimum(
    of pairs: ArraySlice<(bytes: Double, circuitRate: Double)>, electricalBytes: Double,
    electricalRate: Double
  ) -> Double {
    var time = 0.0
    for _ in 0...pairs.count {
      var bytes = electricalBytes
      var rate = electricalRate
      for pair in pairs where pair.bytes > time * pair.circuitRate {
        bytes += pair.bytes
        rate += pair.circuitRate
      }
      if bytes <= 0 { return time }
      guard rate > 0 else { return .infinity }
      let next = bytes / rate
      if next <= time { return time }
      time = next
    }
    return time
  }
}
