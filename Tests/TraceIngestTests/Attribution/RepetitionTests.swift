import Testing
import TraceIngest
import TraceModel

/// What repeats in bursts, and what is said where that is not sure.
@Suite("Repetition of bursts")
struct RepetitionTests {
  /// Even exchanges of four servers, each after a pause of its own.
  private struct Beats {
    var messages = MessageTable()
    private var clock: Int64 = 1_700_000_000_000_000_000

    mutating func exchange(after pause: Int64, bytes: Int64 = 40_000) {
      clock += pause
      for source in 0..<4 as Range<Int32> {
        for destination in 0..<4 as Range<Int32> where destination != source {
          messages.append(
            Message(
              source: source, destination: destination, channel: 1, kind: .write, start: clock,
              end: clock + 20_000, bytes: bytes + Int64(source * 4 + destination), packets: 1))
        }
      }
      clock += 20_000
    }

    func attributed() throws -> (operations: [TraceModel.Operation], summary: AttributionSummary) {
      let layout = Layout(
        serverCount: 4, gpusPerServer: 1,
        addresses: (0..<4).map { NICAddress(text: "10.0.0.\($0)", server: $0, nic: 0) })
      var buffer = TraceBuffer()
      let summary = try Attribution(layout: layout).run(
        forEachBlock: { try $0(messages) }, into: &buffer)
      return (buffer.operations.rows, summary)
    }
  }

  private let iteration = "operations.iteration"

  /// A forward pass up the layers and a backward pass down, with jitter.
  private func pass(
    layers: Int, first: Int64, random: inout RandomStream, into beats: inout Beats
  ) {
    func jittered(_ time: Int64) -> Int64 { time * Int64(95 + random.below(11)) / 100 }
    for layer in 0..<layers {
      beats.exchange(after: jittered(layer == 0 ? first : 400_000), bytes: 40_000)
      beats.exchange(after: jittered(700_000), bytes: 40_000)
    }
    for _ in 0..<layers {
      beats.exchange(after: jittered(800_000), bytes: 40_000)
      beats.exchange(after: jittered(1_400_000), bytes: 40_000)
    }
  }

  @Test("2,560 bursts of 16 micro-batches are an iteration, not the 160 of each")
  func manyMicroBatches() throws {
    var random = RandomStream(seed: 1)
    var beats = Beats()
    for _ in 0..<4 {
      for microBatch in 0..<16 {
        pass(
          layers: 40, first: microBatch == 0 ? 9_000_000 : 400_000, random: &random, into: &beats)
      }
    }
    let (operations, summary) = try beats.attributed()
    #expect(operations.count == 4 * 2_560)
    #expect(summary.iterationCount == 4)
    #expect(operations.indices.allSatisfy { Int(operations[$0].iteration) == $0 / 2_560 })
    #expect(operations.indices.allSatisfy { Int(operations[$0].microBatch) == $0 / 160 % 16 })
    let provenance = try #require(summary.provenance[iteration])
    #expect(provenance.method.hasPrefix("16 times 160 bursts repeat"))
    #expect((0.5...0.9).contains(provenance.confidence ?? 0))
  }

  @Test("one longer pause leaves it open whether iterations are longer")
  func oneLongerPause() throws {
    var random = RandomStream(seed: 2)
    var beats = Beats()
    for microBatch in 0..<32 {
      pass(layers: 40, first: microBatch == 16 ? 9_000_000 : 400_000, random: &random, into: &beats)
    }
    let (_, summary) = try beats.attributed()
    let provenance = try #require(summary.provenance[iteration])
    #expect(provenance.confidence ?? 1 <= 0.5)
    #expect(provenance.method.contains("a longer iteration"))
  }

  @Test("many layers that are all alike are one pass: what repeats in it is no iteration")
  func manyLayers() throws {
    var random = RandomStream(seed: 3)
    var beats = Beats()
    for _ in 0..<3 { pass(layers: 200, first: 9_000_000, random: &random, into: &beats) }
    let (operations, summary) = try beats.attributed()
    #expect(summary.iterationCount == 3)
    #expect(operations.indices.allSatisfy { Int(operations[$0].iteration) == $0 / 800 })
  }

  @Test("an iteration that is too long to be found is named, and no other is reported")
  func tooLong() throws {
    var random = RandomStream(seed: 4)
    let pauses = (0..<2_500).map { _ in Int64(100_000) << Int64(random.below(6)) }
    var beats = Beats()
    for _ in 0..<3 { for pause in pauses { beats.exchange(after: pause) } }
    let (operations, summary) = try beats.attributed()
    #expect(operations.count == 7_500)
    #expect(summary.iterationCount == nil)
    #expect(summary.notes.contains { $0.contains("more than 2048 bursts") })
  }

  @Test("the nearer the next best explanation, the less sure is the best, and it is named")
  func runnerUp() throws {
    func summary(of fourth: Int64) throws -> Provenance {
      var random = RandomStream(seed: 5)
      var beats = Beats()
      for _ in 0..<6 {
        for pause in [400_000, 1_300_000, 400_000, fourth] {
          beats.exchange(after: pause * Int64(98 + random.below(5)) / 100)
        }
      }
      return try #require(try beats.attributed().summary.provenance[iteration])
    }
    let (far, near) = (try summary(of: 5_000_000), try summary(of: 1_600_000))
    #expect(far.confidence ?? 0 > 0.9)
    #expect(near.confidence ?? 1 < (far.confidence ?? 0) - 0.02)
    #expect(near.method.hasPrefix("every 4 bursts repeat"))
    #expect(near.method.contains("every 2 explains"))
  }
}
