/// How the ranks of one job are divided into parallel groups, numbered as Megatron-Core does.
///
/// Ranks run, fastest first, over tensor, context, data, pipeline. Inside one pipeline stage the
/// same ranks are divided a second time for the experts: expert-tensor fastest, then expert, then
/// expert-data; so expert parallelism may lie inside data parallelism.
public struct Parallelism: Sendable, Hashable, Codable {
  /// Largest size of one kind of group.
  public static let sizeLimit = 1_000_000
  /// Largest number of ranks: above any cluster, and few enough for one number per rank.
  public static let rankLimit = 1 << 24

  public var tensor: Int
  public var context: Int
  public var expert: Int
  public var expertTensor: Int
  public var pipeline: Int
  /// Dense data-parallel size: stage ranks = tensor × context × data.
  public var data: Int

  /// A division with the sizes given; `expertTensor` defaults to `tensor`.
  public init(
    tensor: Int = 1, context: Int = 1, expert: Int = 1, expertTensor: Int? = nil,
    pipeline: Int = 1, data: Int = 1
  ) {
    self.tensor = tensor
    self.context = context
    self.expert = expert
    self.expertTensor = expertTensor ?? tensor
    self.pipeline = pipeline
    self.data = data
  }

  /// Ranks in one pipeline stage.
  public var stageRankCount: Int { tensor * context * data }
  /// Ranks in the job.
  public var rankCount: Int { stageRankCount * pipeline }
  /// Copies of the expert weights in one stage.
  public var expertData: Int { stageRankCount / (expert * expertTensor) }

  /// Why these sizes do not fit together, in words, or nil when they do.
  public var defect: String? {
    let sizes = [
      ("tensor", tensor), ("context", context), ("expert", expert),
      ("expert_tensor", expertTensor), ("pipeline", pipeline), ("data", data),
    ]
    if let bad = sizes.first(where: { !(1...Self.sizeLimit).contains($0.1) }) {
      return "\(bad.0) is \(bad.1); it must be from 1 to \(Self.sizeLimit)"
    }
    guard Self.product([tensor, context, data, pipeline]) != nil else {
      return "tensor × context × data × pipeline is more than \(Self.rankLimit) ranks"
    }
    if stageRankCount % (expert * expertTensor) != 0 {
      return "tensor × context × data = \(stageRankCount) ranks in a stage cannot be divided by "
        + "expert × expert_tensor = \(expert * expertTensor)"
    }
    return nil
  }

  /// The product of some sizes, or nil when it is above the largest number of ranks.
  private static func product(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes {
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      if overflows || next > rankLimit { return nil }
      product = next
    }
    return product
  }

  /// The place of a rank in its expert group, 0 ..< expert.
  public func expertIndex(ofRank rank: Int) -> Int {
    (rank % stageRankCount) / expertTensor % expert
  }

  /// A number shared by exactly the ranks of one expert group, 0 ..< expertGroupCount.
  public func expertGroup(ofRank rank: Int) -> Int {
    let stage = rank / stageRankCount
    let local = rank % stageRankCount
    let lane = local % expertTensor
    let replica = local / (expertTensor * expert)
    return (stage * expertData + replica) * expertTensor + lane
  }

  /// Number of expert groups in the job.
  public var expertGroupCount: Int { pipeline * expertData * expertTensor }

  /// The ranks of one expert group, by expert index.
  public func ranks(ofExpertGroup group: Int) -> [Int] {
    let lane = group % expertTensor
    let replica = group / expertTensor % expertData
    let stage = group / (expertTensor * expertData)
    let first = stage * stageRankCount + replica * expertTensor * expert + lane
    return (0..<expert).map { first + $0 * expertTensor }
  }

  /// The pipeline stage of a rank.
  public func stage(ofRank rank: Int) -> Int { rank / stageRankCount }
}
