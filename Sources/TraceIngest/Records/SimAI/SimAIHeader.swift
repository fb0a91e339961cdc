internal import TraceModel

/// The first line of a SimAI workload: a policy, then words with their numbers.
///
/// `HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 2 ep: 16 pp: 12 vpp: 8 ga: 24
/// all_gpus: 9216 … pp_comm: 50331648`; colons may be missing, numbers may have a fraction of 0.
struct SimAIHeader: Sendable, Hashable {
  static let policies = ["HYBRID_TRANSFORMER_FWD_IN_BCKWD", "HYBRID_TRANSFORMER"]

  var parallelism: Parallelism
  var rankCount: Int
  /// Micro-batches of the iteration.
  var microBatchCount: Int
  /// Bytes between two stages for one micro-batch; 0 when the file does not say.
  var pipelineBytes: Int64
  /// True for inference: nothing runs backward.
  var isForwardOnly: Bool

  /// - Throws: an `IngestError` that says which number is missing or does not fit.
  init(_ line: String, fileName: String) throws(IngestError) {
    var numbers: [String: Int64] = [:]
    var key: String?
    for word in line.split(whereSeparator: \.isWhitespace).dropFirst() {
      if let number = Double(String(word)) {
        if let key, numbers[key] == nil { numbers[key] = Int64(exactly: number) ?? -1 }
        key = nil
      } else {
        key = String(word.last == ":" ? word.dropLast() : word[...])
      }
    }
    let size = { (key: String, standard: Int64?) throws(IngestError) -> Int in
      guard let number = numbers[key] ?? standard,
        (1...Int64(Parallelism.rankLimit)).contains(number)
      else {
        throw IngestError(
          "its first line has no usable `\(key)`", at: "\(fileName), line 1",
          advice: "A whole number from 1 to \(Parallelism.rankLimit) is expected behind it.")
      }
      return Int(number)
    }
    rankCount = try size("all_gpus", nil)
    let tensor = try size("model_parallel_NPU_group", nil)
    let expert = try size("ep", 1)
    let pipeline = try size("pp", 1)
    microBatchCount = try size("ga", 1)
    pipelineBytes = max(0, numbers["pp_comm"] ?? 0)
    isForwardOnly = numbers["mode"] == 1
    parallelism = try Self.parallelism(
      ranks: rankCount, tensor: tensor, expert: expert, pipeline: pipeline, fileName)
  }

  /// Ranks = tensor × data × pipeline, and data = expert × copies of the experts
  /// (aliyun/SimAI, MockNcclGroup.cc).
  private static func parallelism(
    ranks: Int, tensor: Int, expert: Int, pipeline: Int, _ fileName: String
  ) throws(IngestError) -> Parallelism {
    let perStage = tensor * pipeline
    guard ranks % perStage == 0, (ranks / perStage) % expert == 0 else {
      throw IngestError(
        "\(ranks) GPUs cannot be divided into tensor \(tensor) × pipeline \(pipeline) × expert "
          + "\(expert)", at: "\(fileName), line 1",
        advice: "all_gpus must be a multiple of model_parallel_NPU_group × pp × ep.")
    }
    return Parallelism(
      tensor: tensor, expert: expert, expertTensor: tensor, pipeline: pipeline,
      data: ranks / perStage)
  }
}
