import Replay
import Testing
import TraceModel

/// Traces whose operations have neither times nor layers, only what waits for what.
@Suite struct UntimedTraceTests {
  /// An operation of some ranks: each sends `bytes` to every other.
  private struct Exchange {
    var ranks: [Int]
    var group: Int32
    var bytes: Int64
  }

  /// Each rank takes part in its exchanges one after the other; ids are given in any order.
  private func trace(ranks: Int, _ exchanges: [Exchange], ids: [Int32]) -> Trace {
    var trace = Trace(
      metadata: TraceMetadata(layout: Layout(serverCount: ranks, gpusPerServer: 1)))
    var last = [Int32?](repeating: nil, count: ranks)
    for (exchange, id) in zip(exchanges, ids) {
      trace.operations.append(
        Operation(
          id: id, kind: .allToAll, role: .other, phase: .unspecified, grain: .rank,
          iteration: Operation.unknown, layer: Operation.unknown, group: exchange.group))
      for source in exchange.ranks {
        for destination in exchange.ranks where destination != source {
          trace.transfers.append(
            operation: id, source: Int32(source), destination: Int32(destination),
            bytes: exchange.bytes)
        }
      }
      for predecessor in Set(exchange.ranks.compactMap { last[$0] }).sorted() {
        trace.operations.dependencies.append(.init(operation: id, predecessor: predecessor))
      }
      for rank in exchange.ranks { last[rank] = id }
    }
    trace.operations.rows.sort { $0.id < $1.id }
    return trace
  }

  @Test(
    arguments: [
      [0, 1, 2, 3, 4, 5], [0, 2, 1, 3, 5, 4], [0, 4, 1, 2, 5, 3], [5, 4, 3, 2, 1, 0],
    ] as [[Int32]])
  func groupsThatMeetInAWorldGroupTakeTurnsWithIt(ids: [Int32]) throws {
    // Twice: 10 bytes within each of two pairs, then 7 to each of three others.
    let exchanges = [0, 1].flatMap { _ in
      [
        Exchange(ranks: [0, 1], group: 0, bytes: 10), Exchange(ranks: [2, 3], group: 2, bytes: 10),
        Exchange(ranks: [0, 1, 2, 3], group: 1, bytes: 7),
      ]
    }
    let workload = try Workload(trace: trace(ranks: 4, exchanges, ids: ids))
    let result = try replay(workload, on: unitFabric(nil, nics: 1))
    #expect(result.completionNanoseconds == 2 * (10 + 21))
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func whatRanksDidOneAfterTheOtherCanBeReplayed(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    for _ in 0..<25 {
      let ranks = Int.random(in: 2...8, using: &random)
      let groups = (0..<4).map { _ in
        Array(
          (0..<ranks).shuffled(using: &random).prefix(Int.random(in: 2...ranks, using: &random)))
      }
      let exchanges = (0..<20).map { _ in
        let group = Int.random(in: 0..<groups.count, using: &random)
        return Exchange(
          ranks: groups[group], group: Int32(group), bytes: Int64.random(in: 1...50, using: &random)
        )
      }
      let ids = (0..<Int32(exchanges.count)).shuffled(using: &random)
      let workload = try Workload(trace: trace(ranks: ranks, exchanges, ids: ids))
      let result = try replay(workload, on: unitFabric(nil, nics: 1))
      // No rank can be faster than what it sends.
      let sent = (0..<ranks).map { rank in
        exchanges.reduce(0) {
          $0 + ($1.ranks.contains(rank) ? $1.bytes * Int64($1.ranks.count - 1) : 0)
        }
      }
      #expect(result.completionNanoseconds >= Double(sent.max() ?? 0) - 1e-6)
      #expect(result.completionNanoseconds <= Double(sent.reduce(0, +)))
    }
  }
}
