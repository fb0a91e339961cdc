/// The moment at which flows that end one after the other may leave together, so that as much
/// capacity is used too early as is left unused too long.
struct FreedCapacity {
  private var rate = 0.0
  private var rateTime = 0.0

  var moment: Double { rateTime / rate }

  mutating func add(rate: Double, at time: Double) {
    self.rate += rate
    rateTime += rate * time
  }
}
