internal import TraceModel

/// Parallel switches that each go through permutations of their own (after Spectra, 2026).
///
/// The demand becomes as many weighted permutations as its busiest server has peers, fewest possible;
/// the longest goes next to the least loaded plane; what the busiest plane has too much is split off
/// to the idlest, as long as that pays for its delay. One optical NIC of every server per plane.
public struct Spectra: CircuitScheduler {
  public init() {}

  public var name: String { "spectra" }
  public var summary: String { "few permutations over parallel planes, equalised by splitting" }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    CircuitSchedule(laidOut: planes(for: request).reservations, size: request.serverCount)
  }

  package func planes(for request: CircuitRequest) -> PlaneSchedule {
    var planes = PlaneSchedule(
      planeCount: request.opticalPorts, delayNanoseconds: request.reconfigurationDelay)
    guard request.opticalPorts > 0 else { return planes }
    for term in coveringPermutations(of: request.demand) {
      planes.appendToLeastLoaded(
        PlaneSchedule.Slot(
          receiver: term.receiver, holdNanoseconds: Double(term.bytes) / request.portRate))
    }
    planes.equalise()
    return planes
  }
}

/// What each of several parallel switches does, one permutation after the other.
package struct PlaneSchedule: Sendable, Hashable {
  package struct Slot: Sendable, Hashable {
    package var receiver: [Int32]
    package var holdNanoseconds: Double
  }

  package private(set) var planes: [[Slot]]
  package let delayNanoseconds: Double
  private var loads: [Double]

  package init(planeCount: Int, delayNanoseconds: Double) {
    planes = [[Slot]](repeating: [], count: planeCount)
    loads = [Double](repeating: 0, count: planeCount)
    self.delayNanoseconds = delayNanoseconds
  }

  /// Nanoseconds until the last plane has ended, a delay before every permutation.
  package var makespanNanoseconds: Double { loads.max() ?? 0 }

  package mutating func append(_ slot: Slot, to plane: Int) {
    planes[plane].append(slot)
    loads[plane] += delayNanoseconds + slot.holdNanoseconds
  }

  package mutating func appendToLeastLoaded(_ slot: Slot) { append(slot, to: extremes.least) }

  private var extremes: (least: Int, most: Int) {
    var (least, most) = (0, 0)
    for plane in loads.indices {
      if loads[plane] < loads[least] { least = plane }
      if loads[plane] > loads[most] { most = plane }
    }
    return (least, most)
  }

  /// Moves half of what the busiest plane has more than the idlest, until less than a delay is won.
  ///
  /// A split costs the receiving plane a delay. Every move lowers the busiest plane and leaves the
  /// idlest below it; the number of moves is bounded all the same, by the slots and planes there are.
  package mutating func equalise() {
    let limit = planes.reduce(planes.count) { $0 + $1.count } * 4
    for _ in 0..<limit {
      let (least, most) = extremes
      let excess = (loads[most] - loads[least] - delayNanoseconds) / 2
      guard excess > 1e-9 * loads[most], let longest = longestSlot(of: most) else { return }
      var moved = planes[most][longest]
      if moved.holdNanoseconds <= excess {
        planes[most].remove(at: longest)
        loads[most] -= delayNanoseconds + moved.holdNanoseconds
      } else {
        planes[most][longest].holdNanoseconds -= excess
        loads[most] -= excess
        moved.holdNanoseconds = excess
      }
      append(moved, to: least)
    }
  }

  private func longestSlot(of plane: Int) -> Int? {
    planes[plane].indices.max {
      (planes[plane][$0].holdNanoseconds, $1) < (planes[plane][$1].holdNanoseconds, $0)
    }
  }

  package var reservations: [CircuitReservation] {
    var reservations: [CircuitReservation] = []
    for slots in planes {
      var now = 0.0
      for slot in slots {
        let start = now + delayNanoseconds
        let end = start + slot.holdNanoseconds
        for source in slot.receiver.indices where Int(slot.receiver[source]) != source {
          reservations.append(
            CircuitReservation(
              from: source, to: Int(slot.receiver[source]), takenNanoseconds: now,
              startNanoseconds: start, endNanoseconds: end))
        }
        now = end
      }
    }
    return reservations
  }
}
