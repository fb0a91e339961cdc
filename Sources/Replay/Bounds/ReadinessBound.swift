internal import TraceModel

/// How early the parts of one iteration can be ready, phase by phase, and when the last can have ended.
///
/// A part (an end's share of a phase) begins its compute when the parts that it follows have ended, then
/// sends, and ends at its last receipt. So it ends no earlier than
/// - it is ready itself,
/// - the earliest of its senders is ready, plus the time of all that it receives,
/// - any of its senders is ready, plus the time of that sender's bytes.
///
/// Some end of a component also ends no earlier than the component's earliest sender is ready plus the
/// time of the component's bytes. Nobody knows which; but when the same ends then exchange bytes each
/// with each, all of them wait for it.
struct ReadinessBound {
  private let rates: SureLoads
  private let latency: Double
  private let order: ExecutionOrder
  /// When what each part follows has ended at the earliest.
  private var earliest: [Double]
  /// When the last of some ends has ended at the earliest, by the ends; only where the order of the
  /// steps says that a later part of an end follows.
  private var lastOf: [[Int32]: Double] = [:]
  /// Bytes on each slot, and when the first of them can have been sent.
  private var bytes: [Double]
  private var firstSent: [Double]
  /// The same of all iterations so far, on the clock of the run.
  private var allBytes: [Double]
  private var firstOfAll: [Double]
  private var finish = 0.0

  init(_ program: Program, on network: FabricNetwork, order: ExecutionOrder) {
    rates = SureLoads(network)
    latency = network.fabric.latencyNanoseconds
    self.order = order
    earliest = [Double](repeating: 0, count: program.partCount)
    bytes = [Double](repeating: 0, count: rates.slotCount)
    firstSent = [Double](repeating: .infinity, count: rates.slotCount)
    (allBytes, firstOfAll) = (bytes, firstSent)
  }

  /// Adds the next phase, whose demand has `scale` bytes per unit.
  mutating func add(_ profile: PhaseProfile, phase: Int, scale: Double, of program: Program) {
    let parts = program.parts(of: phase)
    let joins = program.joins(of: phase)
    // An end whose bytes are 0 has a part that the demand does not know.
    for part in parts.lowerBound..<joins.lowerBound {
      end(part, at: earliest[part] + program.partCompute[part], of: program)
    }
    var part = parts.lowerBound
    let partOfEnd = profile.ends.map { end in
      while program.partEnd[part] != end { part += 1 }
      return part
    }
    let compute = partOfEnd.map { order == .recorded ? 0 : program.partCompute[$0] }
    let ready = partOfEnd.indices.map { earliest[partOfEnd[$0]] + compute[$0] }
    var ended = ready
    var earliestSender = [Double](repeating: .infinity, count: ready.count)
    var firstReady = [Double](repeating: .infinity, count: profile.components.count)
    for pair in profile.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      ended[destination] = max(
        ended[destination], ready[source] + pair.nanoseconds * scale + latency)
      earliestSender[destination] = min(earliestSender[destination], ready[source])
      let component = Int(profile.component[source])
      firstReady[component] = min(firstReady[component], ready[source])
    }
    for place in ready.indices {
      if earliestSender[place] < .infinity {
        ended[place] = max(
          ended[place], earliestSender[place] + profile.receiving[place] * scale + latency)
      }
      finish = max(finish, ready[place] + profile.sending[place] * scale)
    }
    let waited = addComponents(
      profile, scale: scale, compute: compute, firstReady: firstReady)
    for place in ready.indices {
      end(
        partOfEnd[place], at: max(ended[place], waited[Int(profile.component[place])]),
        of: program)
    }
    for join in joins { end(join, at: earliest[join], of: program) }
  }

  private mutating func end(_ part: Int, at time: Double, of program: Program) {
    guard order != .recorded else { return }
    finish = max(finish, time)
    for edge in program.successorOffsets[part]..<program.successorOffsets[part + 1] {
      let next = Int(program.successors[Int(edge)])
      earliest[next] = max(earliest[next], time)
    }
  }

  /// Adds up what components load; returns until when all ends of each wait for the last one of before.
  private mutating func addComponents(
    _ profile: PhaseProfile, scale: Double, compute: [Double], firstReady: [Double]
  ) -> [Double] {
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
        firstSent[slot] = min(firstSent[slot], firstReady[number])
      }
      guard order != .recorded else { continue }
      var last = firstReady[number] + component.nanoseconds * scale + latency
      if order == .steps {
        if let before = lastOf[members[number]] {
          // The last of them is ready no earlier than this, whoever it is.
          last = max(last, before + leastCompute[number])
          if component.isComplete { waited[number] = before + leastCompute[number] }
        }
        lastOf[members[number]] = last
      }
      finish = max(finish, last)
    }
    return waited
  }

  /// The bound of the iteration so far, which begins no earlier than at `start`; another begins.
  mutating func takeTotal(after start: Double) -> Double {
    var longest = finish
    for slot in bytes.indices where bytes[slot] > 0 {
      longest = max(longest, firstSent[slot] + bytes[slot] / rates.capacity(of: slot))
      allBytes[slot] += bytes[slot]
      firstOfAll[slot] = min(firstOfAll[slot], start + firstSent[slot])
      (bytes[slot], firstSent[slot]) = (0, .infinity)
    }
    finish = 0
    lastOf.removeAll(keepingCapacity: true)
    return longest
  }

  /// When a link can have carried what all iterations send over it, whichever run beside each other.
  var ofAllBytes: Double {
    var longest = 0.0
    for slot in allBytes.indices where allBytes[slot] > 0 {
      longest = max(longest, firstOfAll[slot] + allBytes[slot] / rates.capacity(of: slot))
    }
    return longest
  }
}
