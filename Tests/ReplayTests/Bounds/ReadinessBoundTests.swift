import Replay
import Testing
import TraceModel

/// How far operations can run into each other when every end waits only for what it receives.
@Suite struct ReadinessBoundTests {
  /// One group on one-NIC servers at one byte per nanosecond; `moves[phase]` lists its transfers.
  static func bound(
    _ moves: [[(Int, Int, Int64)]], servers: Int, compute: Double = 0
  ) throws -> Double {
    let matrices = moves.map { transfers in
      var matrix = TrafficMatrix(size: servers)
      for (source, destination, bytes) in transfers { matrix[source, destination] = bytes }
      return matrix
    }
    let workload = Workloads.oneGPUPerServer(matrices, compute: compute)
    let bound = try completionBound(of: workload, on: unitFabric(nil, nics: 1))
    let replayed = try replay(workload, on: unitFabric(nil, nics: 1)).completionNanoseconds
    #expect(bound <= replayed * (1 + 1e-9))
    return bound
  }

  @Test func pairsThatNeverMeetDoNotWaitForEachOther() throws {
    #expect(
      try Self.bound([[(0, 1, 100), (2, 3, 10)], [(0, 1, 10), (2, 3, 100)]], servers: 4) == 110)
  }

  @Test func aRelayIsAsLongAsItsHops() throws {
    let relay: [[(Int, Int, Int64)]] = [[(0, 1, 100)], [(1, 2, 50)], [(2, 0, 70)]]
    #expect(try Self.bound(relay, servers: 3) == 220)
    // Server 2 computes once before it can forward and once before that; 0 has sent long before.
    #expect(try Self.bound(relay, servers: 3, compute: 5) == 235)
  }

  @Test func whoOnlySendsIsNotHeldByWhatItSends() throws {
    // 0 sends to 1 for 100, then to 2 for 10: the second may overtake, but the NIC carries 110.
    #expect(try Self.bound([[(0, 1, 100)], [(0, 2, 10)]], servers: 3) == 110)
    // With different senders nothing adds up.
    #expect(try Self.bound([[(0, 1, 100)], [(2, 3, 90)]], servers: 4) == 100)
  }

  @Test func everybodyWaitsForTheSlowestInAnAllToAll() throws {
    // Hot receivers 0, then 1, then 2: each all-to-all of 4 takes 1000 + 2 · 10 at its hot server,
    // but the others may be ahead by one operation.
    func hot(_ server: Int) -> [(Int, Int, Int64)] {
      (0..<4).flatMap { source in
        (0..<4).filter { $0 != source }.map {
          (source, $0, $0 == server && source == 3 ? 1000 : 10)
        }
      }
    }
    let bound = try Self.bound([hot(0), hot(1), hot(2)], servers: 4)
    // The sender of all three has 3 · 1020 bytes to send.
    #expect(bound == 3060)
    let computed = try Self.bound([hot(0), hot(1), hot(2)], servers: 4, compute: 400)
    #expect(computed >= 3060 + 400)
    #expect(computed <= 3060 + 1200)
  }

  @Test func aLastEndThatNobodyKnowsHoldsUpTheNextButOne() throws {
    // Ranks of two servers share a pooled NIC, so no rank alone is bounded by it, but one is last.
    var matrix = TrafficMatrix(size: 8)
    for source in 0..<8 { for end in 0..<8 where end != source { matrix[source, end] = 80 } }
    var demands = DemandSet()
    let demand = demands.append(matrix)
    let phases = 4
    let workload = Workload(
      grain: .rank, layout: Layout(serverCount: 2, gpusPerServer: 4, nicsPerServer: 1),
      demands: demands,
      steps: (0..<phases).map {
        Workload.Step(
          operation: Int32($0), kind: .allToAll, role: .expert, phase: .dispatchForward,
          iteration: 0, microBatch: 0, layer: Int32($0), group: 0, demand: demand,
          computeBeforeNanoseconds: 5000)
      })
    let fabric = unitFabric(nil, nics: 1)
    let bound = try completionBound(of: workload, on: fabric)
    let replayed = try replay(workload, on: fabric).completionNanoseconds
    // 16 pairs of 80 bytes over one NIC per operation: 1280 + 5000 each.
    #expect(abs(replayed - 4 * 6280) < 1e-6)
    // Every second operation's bytes are proved to be waited for, every compute is.
    #expect(bound >= 4 * 5000 + 2 * 1280)
    #expect(bound <= replayed)
  }

  @Test func randomWorkloadsOfRanksAreAboveTheirBounds() throws {
    for seed in 0..<4 {
      var random = RandomStream(seed: UInt64(seed), purpose: 21)
      let workload = Workloads.ranks(
        servers: 4, gpus: 2, layers: 2, &random, compute: Double(random.below(100_000)))
      for fabric in FabricCatalogue.presets(layout: workload.layout) {
        let result = try replay(workload, on: fabric)
        let bound = try completionBound(of: workload, on: fabric)
        #expect(bound <= result.completionNanoseconds * (1 + 1e-9), "\(fabric.name)")
        // A serial chain of all-to-alls is not far above what readiness allows.
        let busy = result.completionNanoseconds - result.total.blockedNanoseconds
        #expect(bound >= 0.3 * busy, "\(fabric.name)")
      }
    }
  }
}
