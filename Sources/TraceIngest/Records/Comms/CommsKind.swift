internal import TraceModel

/// What a call of a communication library does, as PyTorch names it in its records.
enum CommsKind: UInt8, Sendable, Hashable {
  case allToAll
  case allReduce
  case allGather
  case reduceScatter
  case broadcast
  case reduce
  case gather
  case scatter
  case send
  case receive

  /// What a name stands for.
  enum Name: Sendable, Hashable {
    case kind(CommsKind)
    /// `wait`, `barrier` and the like: no payload of the program.
    case movesNothing
    case unknown
  }

  /// The meaning of a collective's name in `record_param_comms`, a Kineto argument or an `nccl:…`
  /// range: "all_to_allv", "_allgather_base", "allreduce_coalesced", "reduce_scatter_tensor".
  static func named(_ name: String) -> Name {
    let letters = String(
      decoding: name.utf8.filter { $0 != UInt8(ascii: "_") }.map { $0 | 0x20 }, as: UTF8.self)
    let beginnings: [(String, Name)] = [
      ("alltoall", .kind(.allToAll)), ("allreduce", .kind(.allReduce)),
      ("allgather", .kind(.allGather)), ("reducescatter", .kind(.reduceScatter)),
      ("broadcast", .kind(.broadcast)), ("gather", .kind(.gather)),
      ("scatter", .kind(.scatter)), ("send", .kind(.send)), ("recv", .kind(.receive)),
      ("reduce", .kind(.reduce)),
      ("wait", .movesNothing), ("barrier", .movesNothing), ("monitoredbarrier", .movesNothing),
      ("init", .movesNothing), ("startcoalesc", .movesNothing), ("endcoalesc", .movesNothing),
    ]
    return beginnings.first { letters.hasPrefix($0.0) }?.1 ?? .unknown
  }

  /// The operation that it is in a trace.
  var operation: OperationKind {
    switch self {
    case .allToAll: .allToAll
    case .allReduce: .allReduce
    case .allGather: .allGather
    case .reduceScatter: .reduceScatter
    case .broadcast: .broadcast
    case .send, .receive: .sendReceive
    case .reduce, .gather, .scatter: .unknown
    }
  }

  /// True for one message between two ranks.
  var isPointToPoint: Bool { self == .send || self == .receive }

  /// True when the rank in the record is a root or a peer, not the rank that recorded it.
  var namesAnotherRank: Bool {
    switch self {
    case .allToAll, .allReduce, .allGather, .reduceScatter: false
    case .broadcast, .reduce, .gather, .scatter, .send, .receive: true
    }
  }
}

/// Bytes of an element type, as PyTorch's records name it ("Float", "c10::BFloat16", "long int").
func elementBytes(ofType name: String) -> Int64? {
  switch name {
  case "Byte", "Char", "Bool", "Float8_e5m2", "Float8_e4m3fn", "Float8_e5m2fnuz",
    "Float8_e4m3fnuz", "Float8_e8m0fnu", "unsigned char", "signed char", "char", "bool",
    "c10::Float8_e5m2", "c10::Float8_e4m3fn":
    1
  case "Short", "Half", "BFloat16", "UInt16", "short", "short int", "c10::Half", "c10::BFloat16": 2
  case "Int", "Float", "UInt32", "ComplexHalf", "int", "float": 4
  case "Long", "Double", "UInt64", "ComplexFloat", "long", "long int", "double": 8
  case "ComplexDouble": 16
  default: nil
  }
}
