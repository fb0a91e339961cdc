internal import TraceModel

/// How early the ends of one iteration can be ready, phase by phase, and when the last can have ended.
///
/// An end's part of a phase begins its compute when its part before has ended, then sends, and ends at
/// its last receipt. So it ends no earlier than
/// - it is ready itself,
/// - the earliest of its senders is ready, plus the time of all that it receives,
/// - any of its senders is ready, plus the time of that sender's bytes.
///
/// Some end of a component also ends no earlier than the component's earliest sender is ready plus the
/// time of the component's bytes. Nobody knows which; but when the same ends then exchange bytes each
/// with each, all of them wait for it.
struct ReadinessBound {
  /// When the last part of each end has ended at the earliest.
  private var ended: [Double]
  /// When the last of some ends has ended at the earliest, by the ends.
  private var lastOf: [[Int32]: Double] = [:]
  /// Bytes on each slot, and when the first of them can have been sent.
  private var bytes: [Double]
  private var earliest: [Double]
  private(set) var finish = 0.0

  init(endpointCount: Int, slotCount: Int) {
    ended = [Double](repeating: 0, count: endpointCount)
    bytes = [Double](repeating: 0, count: slotCount)
    earliest = [Double](repeating: .infinity, count: slotCount)
  }

  /// Adds the next phase.
  ///
  /// - Parameters:
  ///   - scale: bytes per unit.
  ///   - compute: before each of the profile's ends sends, in nanoseconds.
  ///   - waitsForOrder: whether each part waits for the end's part before, and the end's next part
  ///     for it; else it may run beside the others.
  mutating func add(
    _ profile: PhaseProfile, scale: Double, compute: [Double], waitsForOrder: Bool
  ) {
    let ends = profile.ends
    var ready = compute
    if waitsForOrder {
      for (place, end) in ends.enumerated() { ready[place] += ended[Int(end)] }
    }
    var end = ready
    var earliestSender = [Double](repeating: .infinity, count: ends.count)
    var firstReady = [Double](repeating: .infinity, count: profile.components.count)
    for pair in profile.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      end[destination] = max(end[destination], ready[source] + pair.nanoseconds * scale)
      earliestSender[destination] = min(earliestSender[destination], ready[source])
      let component = Int(profile.component[source])
      firstReady[component] = min(firstReady[component], ready[source])
    }
    for place in ends.indices {
      if earliestSender[place] < .infinity {
        end[place] = max(
          end[place], earliestSender[place] + profile.receiving[place] * scale)
      }
      finish = max(finish, ready[place] + profile.sending[place] * scale)
    }
    addComponents(
      profile, scale: scale, compute: compute, firstReady: firstReady,
      waitsForOrder: waitsForOrder, end: &end)
    for (place, node) in ends.enumerated() {
      if waitsForOrder { ended[Int(node)] = end[place] }
      finish = max(finish, end[place])
    }
  }

  private mutating func addComponents(
    _ profile: PhaseProfile, scale: Double, compute: [Double], firstReady: [Double],
    waitsForOrder: Bool, end: inout [Double]
  ) {
    var members = [[Int32]](repeating: [], count: profile.components.count)
    var leastCompute = [Double](repeating: .infinity, count: profile.components.count)
    for (place, node) in profile.ends.enumerated() {
      let component = Int(profile.component[place])
      members[component].append(node)
      leastCompute[component] = min(leastCompute[component], compute[place])
    }
    var waited = [Double](repeating: 0, count: profile.components.count)
    for (number, component) in profile.components.enumerated()
    where firstReady[number] < .infinity {
      for (slot, load) in component.loads {
        bytes[slot] += load * scale
        earliest[slot] = min(earliest[slot], firstReady[number])
      }
      var last = firstReady[number] + component.nanoseconds * scale
      if waitsForOrder, let before = lastOf[members[number]] {
        // The last of them is ready no earlier than this, whoever it is.
        last = max(last, before + leastCompute[number])
        if component.isComplete { waited[number] = before + leastCompute[number] }
      }
      finish = max(finish, last)
      if waitsForOrder { lastOf[members[number]] = last }
    }
    for place in end.indices {
      end[place] = max(end[place], waited[Int(profile.component[place])])
    }
  }

  /// The bound of everything that was added.
  func total(capacity: (Int) -> Double) -> Double {
    bytes.indices.reduce(finish) { longest, slot in
      bytes[slot] > 0 ? max(longest, earliest[slot] + bytes[slot] / capacity(slot)) : longest
    }
  }
}
