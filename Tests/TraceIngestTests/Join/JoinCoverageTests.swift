import Testing
import TraceIngest
import TraceModel
import TraceSynthesis

/// Logs and captures of which one holds what the other does not.
@Suite("What a join says of what it did not find") struct JoinCoverageTests {
  private static func plan(iterations: Int = 4) -> SynthesisPlan {
    var plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    plan.iterations = iterations
    return plan
  }

  private static func wire(_ gates: Trace) throws -> WireRun {
    try WireRun(gates) { _ in
      [WireRun.Pass(microBatch: 0, isBackward: false), .init(microBatch: 0, isBackward: true)]
    }
  }

  /// Operations by iteration, in the order of time; -1 where it is not known.
  private func iterations(_ joined: Trace) -> [Int32] {
    joined.operations.rows.sorted { $0.start < $1.start }.map(\.iteration)
  }

  private func ledger(_ joined: Trace, _ unit: String) throws -> Ledger {
    let ledger = try #require(
      joined.metadata.ledgers.first { $0.source == "join" && $0.unit.contains(unit) })
    #expect(ledger.isBalanced)
    return ledger
  }

  @Test("a log of some iterations says nothing of the others", arguments: [0..<6, 0..<2, 3..<5])
  func logged(iterations logged: Range<Int32>) throws {
    let run = try JoinRun(Self.plan(iterations: 8))
    let gates = run.gates.routing(of: { logged.contains($0.iteration) })
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    let expected = (0..<Int32(8)).flatMap { iteration in
      [Int32](
        repeating: logged.contains(iteration) ? iteration : TraceModel.Operation.unknown, count: 12)
    }
    #expect(iterations(joined) == expected)
    #expect(summary.matchedCount == 12 * logged.count)
    let operations = try ledger(joined, "operations")
    #expect(operations.used == Int64(12 * logged.count))
    #expect(
      operations.skipped.map(\.reason) == ["before or after all that the routing holds"])
    #expect(operations.skippedCount == Int64(12 * (8 - logged.count)))
    let rows = try ledger(joined, "rows")
    #expect(rows.used == rows.read && rows.read == Int64(gates.routing.count))
    #expect(summary.notes.contains { $0.contains("does not hold") })
  }

  @Test("an iteration that the log lacks stays unknown")
  func lacking() throws {
    let run = try JoinRun(Self.plan(iterations: 8))
    let gates = run.gates.routing(of: { $0.iteration != 6 })
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(summary.matchedCount == 84)
    let unknown = TraceModel.Operation.unknown
    #expect(
      iterations(joined)
        == [0, 1, 2, 3, 4, 5, unknown, 7].flatMap { [Int32](repeating: $0, count: 12) })
    let operations = try ledger(joined, "operations")
    #expect(operations.used == 84 && operations.skippedCount == 12)
  }

  @Test("a layer that was not logged is of the iteration that runs on both sides of it")
  func lackingLayer() throws {
    let gates = try JoinRun.gates(Self.plan(), model: Self.plan().model)
    let run = try Self.wire(gates)
    let logged = gates.routing(of: { $0.iteration > 0 || $0.layer < 2 })
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: logged).run()
    #expect(summary.matchedCount == 44 && run.rightCount(in: joined) == 44)
    #expect(
      iterations(joined) == [0, 1, 2, 3].flatMap { [Int32](repeating: $0, count: 12) })
    let operations = try ledger(joined, "operations")
    #expect(operations.used == 44 && operations.skipped.map(\.count) == [4])
    #expect(operations.skipped.allSatisfy { $0.reason.contains("unlike") })
  }

  @Test("other traffic after the last all-to-all inherits its iteration, until the next begins")
  func otherRoles() throws {
    let gates = try JoinRun.gates(Self.plan(), model: Self.plan().model)
    var run = try Self.wire(gates)
    // A reduction after every iteration.
    let ends = run.network.operations.rows.indices.filter { $0 % 12 == 11 }
    for end in ends {
      let time = run.network.operations.rows[end].end + 500
      run.network.operations.append(
        TraceModel.Operation(
          id: Int32(1000 + end), kind: .allReduce, role: .data, grain: .server, start: time,
          end: time + 100))
    }
    let logged = gates.routing(of: { $0.iteration == 1 || $0.iteration == 2 })
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: logged).run()
    let found = joined.operations.rows.filter { $0.role == .data }.map(\.iteration)
    let unknown = TraceModel.Operation.unknown
    #expect(found == [unknown, 1, 2, unknown])
    #expect(summary.notes.contains { $0.hasPrefix("2 other operations") })
    #expect(summary.notes.contains { $0.hasPrefix("24 operations may be all-to-alls") })
  }

  @Test("matches at both ends may be as far apart as others", arguments: [0.15, 0.2, 0.24])
  func ends(share: Double) throws {
    let gates = try JoinRun.gates(Self.plan(), model: Self.plan().model)
    var run = try Self.wire(gates)
    for operation in Array(0..<6) + Array(36..<48) { run.blur(Int32(operation), by: share) }
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(summary.matchedCount == 48)
    #expect(run.rightCount(in: joined) == 48)
  }

  @Test("what goes on after the log does not pull its last matches out of place")
  func tails() throws {
    let gates = try JoinRun.gates(Self.plan(iterations: 8), model: Self.plan().model)
    var run = try Self.wire(gates)
    for operation in 12..<24 { run.blur(Int32(operation), by: 0.1) }
    let logged = gates.routing(of: { $0.iteration == 1 })
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: logged).run()
    #expect(summary.matchedCount == 12)
    #expect(run.rightCount(in: joined) == 12)
  }

  @Test("exchanges unlike the routing's are skipped as such, not as of another time")
  func unlike() throws {
    let gates = try JoinRun.gates(Self.plan(), model: Self.plan().model)
    var run = try Self.wire(gates)
    for operation in [0, 20, 21, 47] { run.blur(Int32(operation), by: 0.9) }
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(summary.matchedCount == 44)
    let operations = try ledger(joined, "operations")
    #expect(operations.used == 44)
    #expect(
      operations.skipped.map(\.reason) == ["unlike what the routing holds in their place"])
    let rows = try ledger(joined, "rows")
    #expect(rows.skipped.allSatisfy { $0.reason.contains("unlike what was measured") })
    #expect(!summary.notes.contains { $0.contains("before or after") })
  }

  @Test(
    "ranks without a log are named, and what their tokens moved is not compared",
    arguments: [[0], [7], [1, 3, 4, 5]])
  func missingRanks(missing: [Int32]) throws {
    let run = try JoinRun(Self.plan())
    let gates = run.gates.routing(of: { _ in true }, ranks: { !missing.contains($0) })
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
    #expect(summary.matchedCount == 48)
    #expect((summary.rules.first?.residual ?? 1) < 0.05)
    let words =
      missing.count == 1 ? "no lines of rank \(missing[0])" : "no lines of ranks 1, 3–5:"
    #expect(summary.notes.contains { $0.contains(words) })
    let whole = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(!whole.summary.notes.contains { $0.contains("no lines") })
  }

  @Test("with a rank of every server missing all is compared, and a refusal names the ranks")
  func missingEverywhere() throws {
    let plan = JoinRun.plan(gpusPerServer: 4, parallelism: Parallelism(expert: 8, data: 32))
    let run = try JoinRun(plan)
    let gates = run.gates.routing(of: { _ in true }, ranks: { $0 % 4 != 1 })
    let (joined, _) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
    var other = plan
    other.seed = 77
    let strangers = try JoinRun.gates(other, model: plan.model)
      .routing(of: { _ in true }, ranks: { $0 > 3 })
    let error = try #require(throws: IngestError.self) {
      _ = try TraceJoin(traffic: run.network, routing: strangers).run()
    }
    #expect(error.advice?.contains("ranks 0–3") == true)
  }

  @Test("what amounts say is true of them: formats, a sampled log, or a capture of a part")
  func amounts() throws {
    let model = Self.plan().model
    let gates = try JoinRun.gates(Self.plan(), model: model)
    let run = try Self.wire(gates)
    func notes(_ change: (inout ExpertModel) -> Void) throws -> [String] {
      var changed = model
      change(&changed)
      var other = gates
      other.metadata.model = changed
      return try TraceJoin(traffic: run.network, routing: other).run().summary.notes
        .filter { $0.contains("bytes for each") }
    }
    #expect(try notes { _ in }.isEmpty)
    let sampled = try notes { $0.tokensPerLoggedToken /= 4 }
    #expect(sampled.count == 1 && sampled[0].contains("4.0 bytes"))
    #expect(sampled[0].contains("--tokens-per-logged-token"))
    let partial = try notes { $0.tokensPerLoggedToken *= 4 }
    #expect(partial.count == 1 && partial[0].contains("0.25 bytes"))
    #expect(partial[0].contains("part of the packets"))
    #expect(!partial[0].contains("log"))
    let formats = try notes { $0.bytesPerToken.combineForward *= 2 }
    #expect(formats.count == 1 && formats[0].contains("bytes per token in the four phases"))
  }
}
