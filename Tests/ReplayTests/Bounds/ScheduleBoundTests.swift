import Replay
import Testing
import TraceModel

/// Every scheduler's schedule, as played, against the bounds on any schedule.
@Suite struct ScheduleBoundTests {
  /// Ports that fit what a scheduler needs.
  static func ports(of request: CircuitRequest, for scheduler: any CircuitScheduler) -> RegionPorts
  {
    RegionPorts(
      optical: request.opticalPorts, electrical: request.electricalPorts, rate: request.portRate,
      duplex: scheduler.duplex)
  }

  @Test(arguments: [0.0, 3, 200], [1, 3]) func noScheduleIsBelowAnyBound(
    delay: Double, opticalPorts: Int
  ) throws {
    var random = RandomStream(seed: UInt64(delay) + UInt64(opticalPorts))
    for size in [3, 5] {
      var demand = TrafficMatrix(size: size)
      for source in 0..<size {
        for end in 0..<size where end != source && random.below(4) > 0 {
          demand[source, end] = 1 + Int64(random.below(1000))
        }
      }
      demand[0, 1] = 5000
      let request = CircuitRequest(
        demand: demand, opticalPorts: opticalPorts, electricalPorts: 1, portRate: 2,
        reconfigurationDelay: delay)
      for scheduler in CircuitSchedulers.all where scheduler.name != "rotor-valiant" {
        let schedule = scheduler.schedule(for: request)
        let ports = Self.ports(of: request, for: scheduler)
        for chargesFirst in [true, false] {
          let changing = lowerBounds(
            of: demand, on: ports,
            timing: .changing(delayNanoseconds: delay, chargesFirst: chargesFirst))
          for sharing in [SharingMode.exclusive, .splitOptimal] {
            for scope in ReconfigurationScope.allCases {
              let time = try ScheduleReplay(
                request, scope: scope, sharing: sharing,
                chargesFirstConfiguration: chargesFirst
              ).play(schedule).completionNanoseconds
              for bound in changing.applicable {
                #expect(
                  bound.nanoseconds <= time * (1 + 1e-9),
                  "\(bound.name) of \(scheduler.name), \(sharing.rawValue), \(scope.rawValue)")
              }
              guard schedule.standingCircuits != nil, !chargesFirst else { continue }
              let standing = lowerBounds(of: demand, on: ports)
              for bound in standing.applicable {
                #expect(
                  bound.nanoseconds <= time * (1 + 1e-9), "\(bound.name) of \(scheduler.name)")
              }
            }
          }
        }
      }
    }
  }

  /// Exact schedules of one crossbar and of two planes leave the least possible room.
  @Test func exactSchedulesAreNearTheirBound() {
    for (ports, delay, exact) in [
      (1, 1.0, 15.0), (1, 2, 18), (1, 5, 27), (2, 1, 8), (2, 2, 10), (2, 5, 16),
    ] {
      let bound = lowerBounds(
        of: Fixtures.a4,
        on: RegionPorts(optical: ports, electrical: 0, duplex: .independent),
        timing: .changing(delayNanoseconds: delay, chargesFirst: true)
      ).tightest.nanoseconds
      #expect(bound <= exact)
      #expect(bound >= 0.8 * exact)
    }
  }
}
