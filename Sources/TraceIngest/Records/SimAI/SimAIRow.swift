internal import TraceModel

/// One row of a SimAI workload: a piece of a layer with its three passes.
struct SimAIRow: Sendable, Hashable {
  /// Compute of one pass and what is communicated after it.
  struct Pass: Sendable, Hashable {
    var computeNanoseconds: Int64
    var communication: SimAICommunication?
  }

  var name: String
  var forward: Pass
  var inputGradient: Pass
  var weightGradient: Pass

  /// Why a line is no row.
  enum Defect: Error {
    case columns, number, communication, total

    var words: String {
      switch self {
      case .columns: "a row that does not have 11 or 12 columns"
      case .number: "a row with a time or size that is no number, or none that a job has"
      case .communication: "a row with a communication that is not known"
      case .total: "a row whose compute adds up to more than any job runs"
      }
    }
  }

  /// Largest time and size that is believed.
  private static let numberLimit: Int64 = 1 << 50
  /// Most nanoseconds of compute of all rows together that are believed: 36 years.
  static let totalLimit: Int64 = 1 << 60

  /// Compute of its three passes; each is limited, so that their sum is.
  var computeNanoseconds: Int64 {
    forward.computeNanoseconds + inputGradient.computeNanoseconds
      + weightGradient.computeNanoseconds
  }

  init(_ line: String) throws(Defect) {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 11 || words.count == 12 else { throw .columns }
    name = String(words[0])
    forward = try Self.pass(words[2..<5], isWeightGradient: false)
    inputGradient = try Self.pass(words[5..<8], isWeightGradient: false)
    weightGradient = try Self.pass(words[8..<11], isWeightGradient: true)
  }

  private static func pass(
    _ words: ArraySlice<Substring>, isWeightGradient: Bool
  ) throws(Defect) -> Pass {
    let words = words.map(String.init)
    let time = try number(words[0])
    let bytes = try number(words[2])
    guard words[1].uppercased() != "NONE" else { return Pass(computeNanoseconds: time) }
    guard
      let communication = SimAICommunication(
        words[1], bytes: bytes, isWeightGradient: isWeightGradient)
    else { throw .communication }
    return Pass(computeNanoseconds: time, communication: bytes > 0 ? communication : nil)
  }

  private static func number(_ word: String) throws(Defect) -> Int64 {
    guard let number = Int64(word) ?? Double(word).flatMap({ Int64(exactly: $0.rounded()) }),
      (0...numberLimit).contains(number)
    else { throw .number }
    return number
  }
}

/// A collective of a row: which, among whom, and its bytes on one rank.
struct SimAICommunication: Sendable, Hashable {
  enum Group: UInt8, Sendable, Hashable {
    case tensor, data, expert, expertData
  }

  var kind: OperationKind
  var group: Group
  var bytes: Int64

  /// The suffix names the group; without one it is the tensor-parallel group, and the data-parallel one
  /// for the gradients of weights (aliyun/SimAI, astra-sim/workload/Workload.cc).
  init?(_ word: String, bytes: Int64, isWeightGradient: Bool) {
    let word = word.uppercased()
    var base = word
    if word.hasSuffix("_DP_EP") {
      group = .expertData
      base = String(word.dropLast(6))
    } else if word.hasSuffix("_EP") {
      group = .expert
      base = String(word.dropLast(3))
    } else {
      group = isWeightGradient ? .data : .tensor
    }
    switch base {
    case "ALLREDUCE": kind = .allReduce
    case "ALLTOALL": kind = .allToAll
    case "ALLGATHER": kind = .allGather
    case "REDUCESCATTER": kind = .reduceScatter
    default: return nil
    }
    self.bytes = bytes
  }

  var role: Role {
    switch group {
    case .tensor: .tensor
    case .data, .expertData: .data
    case .expert: .expert
    }
  }

  /// True for the exchange of tokens with their experts.
  var isExpertExchange: Bool { kind == .allToAll && group == .expert }

  /// Ranks of one group lie `stride` apart.
  func shape(in parallelism: Parallelism) -> (stride: Int, count: Int) {
    let lane = parallelism.expertTensor
    return switch group {
    case .tensor: (1, parallelism.tensor)
    case .data: (parallelism.tensor * parallelism.context, parallelism.data)
    case .expert: (lane, parallelism.expert)
    case .expertData: (lane * parallelism.expert, parallelism.expertData)
    }
  }

  /// Calls `body(source, destination, bytes)` for all groups of the job.
  ///
  /// An all-to-all gives each member, itself included, its part of the bytes; the others run round a
  /// ring, with the bytes of the whole result (all-gather) or of the whole input (reduce-scatter).
  func forEachPair(in parallelism: Parallelism, _ body: (Int, Int, Int64) -> Void) {
    let (stride, count) = shape(in: parallelism)
    guard kind != .allToAll else { return forEachShare(in: parallelism, stride, count, body) }
    let part =
      kind == .allReduce
      ? RingLowering.allReduceBytes(bytes, count: count)
      : CommsLowering.allButOneShare(of: bytes, count: count)
    for stage in 0..<parallelism.pipeline {
      RingLowering.forEachNeighbour(inStage: stage, of: parallelism, stride: stride, count: count) {
        body($0, $1, part)
      }
    }
  }

  private func forEachShare(
    in parallelism: Parallelism, _ stride: Int, _ count: Int, _ body: (Int, Int, Int64) -> Void
  ) {
    let (share, rest) = bytes.quotientAndRemainder(dividingBy: Int64(count))
    for rank in 0..<parallelism.rankCount {
      // Stages hold whole groups.
      let place = rank % parallelism.stageRankCount / stride % count
      for member in 0..<count {
        let part = share + (member < Int(rest) ? 1 : 0)
        if part > 0 { body(rank, rank + (member - place) * stride, part) }
      }
    }
  }
}
