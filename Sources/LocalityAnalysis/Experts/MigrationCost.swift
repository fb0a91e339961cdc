public import TraceModel

/// What it costs to bring experts from contiguous blocks to new slots, and when that has paid.
public struct MigrationCost: Sendable, Hashable {
  /// Experts that a rank must get, over all layers and expert groups.
  public var movedExperts: Int
  /// Weights and optimizer state that move, in bytes.
  public var movedBytes: Int64
  /// The most that one server sends to others or receives from them, the larger, in bytes.
  ///
  /// The server that has an expert sends it once to each server that lacks it, which gives it to its own
  /// ranks.
  public var busiestServerBytes: Int64

  /// Counts what ranks and servers lack.
  ///
  /// - Complexity: O(layers × slots × expert groups).
  public init(
    to placement: ExpertPlacement, parametersPerExpert: Int,
    bytes: ParameterBytes = ParameterBytes()
  ) {
    let parallelism = placement.layout.parallelism
    let each =
      Int64(parametersPerExpert) / Int64(parallelism.expertTensor) * Int64(bytes.moved)
    var moves = ExpertMoves(on: placement)
    let groupsPerStage = parallelism.expertData * parallelism.expertTensor
    for (number, layer) in placement.layers.enumerated() {
      // Layers are dealt to the stages in order.
      let stage = number * parallelism.pipeline / placement.layers.count
      for group in stage * groupsPerStage..<(stage + 1) * groupsPerStage {
        moves.add(layer.experts, group: group)
      }
    }
    movedExperts = moves.count
    movedBytes = Int64(movedExperts) * each
    busiestServerBytes = Int64(moves.busiestServer) * each
  }

  /// Time until the last server has its experts when nothing else runs, in nanoseconds.
  ///
  /// - Parameter serverBytesPerNanosecond: what one server can send, and receive at the same time.
  public func nanoseconds(serverBytesPerNanosecond: Double) -> Double {
    Double(busiestServerBytes) / serverBytesPerNanosecond
  }

  /// Iterations until the move has paid, rounded up; nil when an iteration gains nothing.
  public func breakEvenIterations(
    savedNanosecondsPerIteration saved: Double, serverBytesPerNanosecond rate: Double
  ) -> Int? {
    guard saved > 0 else { return nil }
    let iterations = (nanoseconds(serverBytesPerNanosecond: rate) / saved).rounded(.up)
    return iterations < 1e15 ? Int(iterations) : nil
  }
}

/// Experts that ranks and servers must get from the rank that has them in contiguous blocks.
private struct ExpertMoves {
  /// Experts that ranks lack.
  private(set) var count = 0
  private let layout: Layout
  private let expertsPerRank: Int
  private var sent: [Int]
  private var received: [Int]
  /// The expert group's layer in which each expert last came to each server, row per server.
  private var arrivals: [Int]
  private var layerOfGroup = 0

  init(on placement: ExpertPlacement) {
    layout = placement.layout
    expertsPerRank = placement.expertCount / layout.parallelism.expert
    sent = [Int](repeating: 0, count: layout.serverCount)
    received = sent
    arrivals = [Int](repeating: 0, count: layout.serverCount * placement.expertCount)
  }

  var busiestServer: Int { max(sent.max() ?? 0, received.max() ?? 0) }

  /// Adds what the ranks of one group lack of one layer's slots.
  mutating func add(_ slots: [Int32], group: Int) {
    layerOfGroup += 1
    let ranks = layout.parallelism.ranks(ofExpertGroup: group)
    let perRank = slots.count / ranks.count
    for (index, rank) in ranks.enumerated() {
      for expert in Set(slots[index * perRank..<(index + 1) * perRank])
      where Int(expert) / expertsPerRank != index {
        count += 1
        let owner = ranks[Int(expert) / expertsPerRank]
        carry(
          Int(expert), from: owner / layout.gpusPerServer, to: rank / layout.gpusPerServer)
      }
    }
  }

  private mutating func carry(_ expert: Int, from owner: Int, to server: Int) {
    let place = server * (arrivals.count / layout.serverCount) + expert
    guard owner != server, arrivals[place] != layerOfGroup else { return }
    arrivals[place] = layerOfGroup
    sent[owner] += 1
    received[server] += 1
  }
}
