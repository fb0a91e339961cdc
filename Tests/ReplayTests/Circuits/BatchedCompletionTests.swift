import Testing
import TraceModel

@testable import Replay

@Suite struct BatchedCompletionTests {
  @Test func oneBatchGoesThereIsComputedAndComesBack() throws {
    var demand = TrafficMatrix(size: 2)
    demand[0, 1] = 10
    let request = CircuitRequest(demand: demand, opticalPorts: 1, reconfigurationDelay: 2)
    let outcome = try batchedCompletion(
      of: BoundedDecomposition().schedule(for: request), for: request,
      compute: BatchCompute(overheadNanoseconds: 5, nanosecondsPerByte: 3))
    // 2 + 10 there, 5 + 30 of compute, 2 + 10 back.
    #expect(outcome.completionNanoseconds == 59)
    #expect(outcome.batchCount == 1)
    #expect(outcome.computeBoundNanoseconds == 35)
  }

  @Test func transfersHideBehindTheComputeOfEarlierBatches() throws {
    let request = CircuitRequest(demand: DecompositionTests.uniform(4), opticalPorts: 1)
    let outcome = try batchedCompletion(
      of: BirkhoffVonNeumann(.bottleneck).schedule(for: request), for: request,
      compute: BatchCompute(overheadNanoseconds: 1, nanosecondsPerByte: 9))
    // Three batches of one byte: the first is there at 1, compute ends at 31, the last is back at 32.
    #expect(outcome.completionNanoseconds == 32)
    #expect(outcome.computeBoundNanoseconds == 30)
  }

  @Test func whatThePacketNetworkCarriesIsABatchOfItsOwn() throws {
    var demand = TrafficMatrix(size: 3)
    demand[0, 1] = 10
    demand[0, 2] = 4
    let request = CircuitRequest(demand: demand, opticalPorts: 1, electricalPorts: 1)
    let outcome = try batchedCompletion(
      of: BoundedDecomposition(count: 1).schedule(for: request), for: request,
      compute: BatchCompute(overheadNanoseconds: 2, nanosecondsPerByte: 1))
    #expect(outcome.batchCount == 2)
    // The circuit's batch: 10, computed until 22, back at 32. The other is there at 4, computed
    // second on its server (until 12 + 6), back long before.
    #expect(outcome.completionNanoseconds == 32)
  }

  @Test func manyMatchingsLoseWhenEveryBatchCostsALot() throws {
    let request = CircuitRequest(demand: Fixtures.f8, opticalPorts: 1)
    let fragmented = BirkhoffVonNeumann(.arbitrary).schedule(for: request)
    let few = BoundedDecomposition().schedule(for: request)
    #expect(few.configurations.count < fragmented.configurations.count / 2)
    func time(_ schedule: CircuitSchedule, overhead: Double) throws -> Double {
      try batchedCompletion(
        of: schedule, for: request,
        compute: BatchCompute(overheadNanoseconds: overhead, nanosecondsPerByte: 0.1)
      ).completionNanoseconds
    }
    #expect(try time(fragmented, overhead: 0) < time(few, overhead: 0))
    #expect(try time(fragmented, overhead: 20) > time(few, overhead: 20))
  }

  @Test func nothingBeatsTheComputeAndItsOverheads() throws {
    var stream = RandomStream(seed: 59)
    for scheduler in ScheduleReplayTests.sequences {
      let request = ScheduleReplayTests.random(
        5, ports: 1, electrical: stream.below(2), &stream)
      let schedule = scheduler.schedule(for: request)
      guard !schedule.repeats, schedule.setUp == .beforeEach else {
        #expect(throws: ReplayError.self) {
          try batchedCompletion(
            of: schedule, for: request,
            compute: BatchCompute(overheadNanoseconds: 1, nanosecondsPerByte: 1))
        }
        continue
      }
      for overhead in [0, 1e6, 1e9] {
        let outcome = try batchedCompletion(
          of: schedule, for: request,
          compute: BatchCompute(overheadNanoseconds: overhead, nanosecondsPerByte: 0.05))
        let received = DecompositionTests.largestLine(request.demand)
        #expect(outcome.completionNanoseconds > outcome.computeBoundNanoseconds)
        #expect(outcome.computeBoundNanoseconds >= Double(outcome.batchCount) * overhead)
        #expect(
          outcome.computeBoundNanoseconds <= Double(outcome.batchCount) * overhead
            + 0.0501 * Double(received))
      }
    }
  }
}
