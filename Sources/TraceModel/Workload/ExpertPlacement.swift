/// Which rank holds an expert, seen from a rank that sends to it.
///
/// Experts lie in contiguous blocks over the expert-parallel ranks: with E experts and expert
/// parallelism P, expert e is on expert index e / (E / P) of the sender's own expert group.
public struct ExpertPlacement: Sendable, Hashable {
  public let layout: Layout
  public let expertCount: Int
  /// Expert index of each expert.
  private let expertIndex: [Int32]
  /// Ranks by (expert group, expert index).
  private let ranks: [Int32]
  /// Expert group of each rank.
  private let groups: [Int32]

  /// Contiguous blocks; throws when the layout has a defect or the experts cannot be divided
  /// evenly.
  public init(contiguousBlocksOf expertCount: Int, on layout: Layout) throws(WorkloadError) {
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
    let perRank = expertCount / parallelism.expert
    expertIndex = (0..<expertCount).map { Int32($0 / perRank) }
    ranks = (0..<parallelism.expertGroupCount).flatMap { group in
      parallelism.ranks(ofExpertGroup: group).map { Int32($0) }
    }
    groups = (0..<layout.rankCount).map { Int32(parallelism.expertGroup(ofRank: $0)) }
  }

  /// The rank that gets the tokens of `expert` from `source`, in O(1).
  public func rank(ofExpert expert: Int, from source: Int) -> Int {
    Int(ranks[Int(groups[source]) * layout.parallelism.expert + Int(expertIndex[expert])])
  }
}
