/// Which rank holds an expert, seen from a rank that sends to it.
///
/// Every expert-parallel rank has slots, and a slot holds one expert of one layer; all expert groups
/// are filled alike. Layers without slots of their own lie in contiguous blocks: with E experts and
/// expert parallelism P, expert e is on expert index e / (E / P) of the sender's own expert group.
/// Operations that know no layer are placed together, as one more layer.
/// An expert in several slots has replicas, of which a sender uses the nearest.
public struct ExpertPlacement: Sendable, Hashable {
  public let layout: Layout
  public let expertCount: Int
  /// The layers that are not in contiguous blocks, ascending.
  public let layers: [LayerSlots]
  /// Where the holders of each expert begin in each table, of which 0 is the contiguous one.
  ///
  /// Those of expert e in table t: `holders[offsets[k] ..< offsets[k + 1]]`, k = t × (E + 1) + e.
  private var offsets: [Int32] = []
  /// Expert indices, ascending for each expert.
  private var holders: [Int32] = []
  /// Table of each layer, `Operation.unknown` first; those beyond the end have table 0.
  private var tableOfLayer: [Int32] = []
  /// Ranks by (expert group, expert index).
  private let ranks: [Int32]
  /// Expert group of each rank.
  private let groups: [Int32]

  /// The expert in each slot of one layer.
  public struct LayerSlots: Sendable, Hashable {
    /// `Operation.unknown` for the operations that know no layer.
    public var layer: Int32
    /// Slot s of expert index i is `experts[i * slotsPerRank + s]`.
    public var experts: [Int32]

    public init(layer: Int32, experts: [Int32]) {
      self.layer = layer
      self.experts = experts
    }
  }

  /// Contiguous blocks; throws when the layout has a defect or the experts cannot be divided
  /// evenly.
  public init(contiguousBlocksOf expertCount: Int, on layout: Layout) throws(WorkloadError) {
    try self.init(expertCount: expertCount, layers: [], on: layout)
  }

  /// Slots of some layers, contiguous blocks of all others.
  ///
  /// - Throws: `WorkloadError` when the layout has a defect, the experts or slots cannot be divided
  ///   evenly among the expert-parallel ranks, or an expert of a layer has no slot.
  /// - Complexity: O(ranks + layers × (experts + slots)).
  public init(
    expertCount: Int, layers: [LayerSlots], on layout: Layout
  ) throws(WorkloadError) {
    if let defect = layout.defect { throw WorkloadError(defect, at: "layout") }
    let parallelism = layout.parallelism
    guard expertCount > 0, expertCount % parallelism.expert == 0 else {
      throw WorkloadError(
        "\(expertCount) experts cannot be divided evenly among \(parallelism.expert) "
          + "expert-parallel ranks", at: "layout",
        advice: "Declare an expert parallelism that divides the number of experts.")
    }
    self.layout = layout
    self.expertCount = expertCount
    self.layers = layers.sorted { $0.layer < $1.layer }
    ranks = (0..<parallelism.expertGroupCount).flatMap { group in
      parallelism.ranks(ofExpertGroup: group).map { Int32($0) }
    }
    groups = (0..<layout.rankCount).map { Int32(parallelism.expertGroup(ofRank: $0)) }
    appendTable(of: Self.contiguousSlots(of: expertCount))
    for slots in self.layers { try append(slots) }
  }

  /// The slots of contiguous blocks without replicas: expert e in slot e.
  public static func contiguousSlots(of expertCount: Int) -> [Int32] {
    (0..<Int32(expertCount)).map(\.self)
  }

  /// The rank that gets the tokens of `expert` from `source`, in O(replicas).
  ///
  /// The nearest replica: on the sender's rank, else in its server, else any; among equals the one
  /// that the sender's expert index picks in turn, so that senders are spread over replicas.
  public func rank(
    ofExpert expert: Int, layer: Int32 = Operation.unknown, from source: Int
  ) -> Int {
    let place = Self.place(of: layer)
    let table = place >= 0 && place < tableOfLayer.count ? Int(tableOfLayer[place]) : 0
    let entry = table * (expertCount + 1) + expert
    let first = Int(offsets[entry])
    let end = Int(offsets[entry + 1])
    let base = Int(groups[source]) * layout.parallelism.expert
    if end - first == 1 { return Int(ranks[base + Int(holders[first])]) }
    return nearest(of: first..<end, base: base, from: source)
  }

  /// Where a layer is in `tableOfLayer`.
  private static func place(of layer: Int32) -> Int { Int(layer) - Int(Operation.unknown) }

  private func nearest(of replicas: Range<Int>, base: Int, from source: Int) -> Int {
    let server = source / layout.gpusPerServer
    var localCount = 0
    for replica in replicas {
      let rank = Int(ranks[base + Int(holders[replica])])
      if rank == source { return rank }
      if rank / layout.gpusPerServer == server { localCount += 1 }
    }
    let turn = layout.parallelism.expertIndex(ofRank: source)
    guard localCount > 0 else {
      return Int(ranks[base + Int(holders[replicas.lowerBound + turn % replicas.count])])
    }
    var left = turn % localCount
    for replica in replicas {
      let rank = Int(ranks[base + Int(holders[replica])])
      guard rank / layout.gpusPerServer == server else { continue }
      if left == 0 { return rank }
      left -= 1
    }
    preconditionFailure("a local replica was counted and not found")
  }

  private mutating func append(_ slots: LayerSlots) throws(WorkloadError) {
    let location = "placement of layer \(slots.layer)"
    let parallelism = layout.parallelism.expert
    // As many layers as any model may have, so that a wrong number cannot ask for all memory.
    guard (Operation.unknown..<10_000).contains(slots.layer) else {
      throw WorkloadError("there is no layer \(slots.layer)", at: location)
    }
    let place = Self.place(of: slots.layer)
    guard place >= tableOfLayer.count else {
      throw WorkloadError("the layer is placed twice", at: location)
    }
    guard !slots.experts.isEmpty, slots.experts.count % parallelism == 0 else {
      throw WorkloadError(
        "\(slots.experts.count) slots cannot be divided evenly among \(parallelism) "
          + "expert-parallel ranks", at: location)
    }
    var isHeld = [Bool](repeating: false, count: expertCount)
    for expert in slots.experts {
      guard expert >= 0, expert < expertCount else {
        throw WorkloadError(
          "expert \(expert) is outside the model's \(expertCount) experts", at: location)
      }
      isHeld[Int(expert)] = true
    }
    if let missing = isHeld.firstIndex(of: false) {
      throw WorkloadError("no slot holds expert \(missing)", at: location)
    }
    tableOfLayer += [Int32](repeating: 0, count: place - tableOfLayer.count)
    tableOfLayer.append(Int32(offsets.count / (expertCount + 1)))
    appendTable(of: slots.experts)
  }

  /// Counting sort of the slots by expert.
  private mutating func appendTable(of slots: [Int32]) {
    let perRank = slots.count / layout.parallelism.expert
    var next = [Int32](repeating: 0, count: expertCount + 1)
    for expert in slots { next[Int(expert) + 1] += 1 }
    next[0] = Int32(holders.count)
    for expert in 0..<expertCount { next[expert + 1] += next[expert] }
    offsets += next
    holders += [Int32](repeating: 0, count: slots.count)
    for (slot, expert) in slots.enumerated() {
      holders[Int(next[Int(expert)])] = Int32(slot / perRank)
      next[Int(expert)] += 1
    }
  }
}
