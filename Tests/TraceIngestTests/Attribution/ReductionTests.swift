import Testing
import TraceIngest
import TraceModel

/// Iterations that gradient reductions end, wherever they fall between the exchanges.
@Suite("Reductions between exchanges")
struct ReductionTests {
  /// Exchanges of four servers and, on queue pairs of their own, reductions of one ring.
  private struct Training {
    var messages = MessageTable()
    /// Iterations of the exchanges, in order of time.
    var truth: [Int32] = []
    private var clock: Int64 = 1_700_000_000_000_000_000
    private var random = RandomStream(seed: 7)

    mutating func exchange(iteration: Int) {
      clock += 300_000 + Int64(random.below(20_000))
      for source in 0..<4 {
        for destination in 0..<4 where destination != source {
          let bytes = Int64(20_000 + random.below(60_000))
          add(source, destination, channel: 1, at: clock, bytes)
        }
      }
      clock += 50_000
      truth.append(Int32(iteration))
    }

    mutating func reduction() {
      clock += 150_000
      for step in 0..<12 {
        for server in 0..<4 {
          add(
            server, (server + 1) % 4, channel: 2, at: clock + Int64(step) * 10_000,
            step < 11 ? 16_384 : 4_096)
        }
      }
      clock += 130_000
    }

    private mutating func add(
      _ source: Int, _ destination: Int, channel: UInt32, at time: Int64, _ bytes: Int64
    ) {
      messages.append(
        Message(
          source: Int32(source), destination: Int32(destination), channel: channel, kind: .write,
          start: time, end: time + 9_000, bytes: bytes, packets: 1))
    }

    func attributed(_ options: AttributionOptions = AttributionOptions()) throws -> (
      exchanges: [TraceModel.Operation], rings: [TraceModel.Operation], AttributionSummary
    ) {
      let layout = Layout(
        serverCount: 4, gpusPerServer: 1,
        addresses: (0..<4).map { NICAddress(text: "10.0.0.\($0)", server: $0, nic: 0) })
      var buffer = TraceBuffer()
      let summary = try Attribution(layout: layout, options: options).run(
        forEachBlock: { try $0(messages) }, into: &buffer)
      let rows = buffer.operations.rows
      return (rows.filter { $0.kind == .allToAll }, rows.filter { $0.role == .data }, summary)
    }
  }

  /// What is exchanged before each reduction of an iteration, the last one's at the end.
  @Test(
    "two layers are one iteration wherever their reductions fall",
    arguments: [[6, 2], [4, 3], [5, 3], [7, 4], [8, 8], [4, 2, 3, 1]])
  func twoLayers(exchanges: [Int]) throws {
    var training = Training()
    for iteration in 0..<5 {
      for count in exchanges {
        for _ in 0..<count { training.exchange(iteration: iteration) }
        training.reduction()
      }
    }
    let (found, rings, summary) = try training.attributed()
    #expect(rings.count == 5 * exchanges.count)
    guard exchanges != [8, 8] else {
      // Nothing tells these two reductions from those of two iterations.
      #expect(summary.iterationCount == 10)
      return
    }
    #expect(summary.iterationCount == 5)
    #expect(found.map(\.iteration) == training.truth)
    #expect(
      rings.map(\.iteration) == (0..<5).flatMap { iteration in exchanges.map { _ in iteration } })
  }

  @Test("a capture of one iteration holds one")
  func oneIteration() throws {
    var training = Training()
    for count in [12, 2, 2] {
      for _ in 0..<count { training.exchange(iteration: 0) }
      training.reduction()
    }
    let (found, _, summary) = try training.attributed()
    #expect(summary.iterationCount == 1)
    #expect(found.allSatisfy { $0.iteration == 0 })
  }

  @Test("a declared number overrules reductions, and both are said")
  func declared() throws {
    var training = Training()
    for iteration in 0..<5 {
      for _ in 0..<8 { training.exchange(iteration: iteration) }
      training.reduction()
    }
    let (found, _, summary) = try training.attributed(AttributionOptions(burstsPerIteration: 4))
    #expect(found.map { Int($0.iteration) } == (0..<40).map { $0 / 4 })
    #expect(summary.notes.contains { $0.contains("reductions end an iteration after every 8") })
  }
}
