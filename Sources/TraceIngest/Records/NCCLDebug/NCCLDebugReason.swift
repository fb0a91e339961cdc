/// Why a line of NCCL's log gives no call.
enum NCCLDebugReason: Int, LineReason {
  case foreign
  case otherSubject
  case unknownOperation
  case withoutFields
  case withoutProcess
  case unknownType
  case peerOutside
  case tooManyElements
  case otherSize
  case overlong
  case cutByDamage

  var words: String {
    switch self {
    case .foreign: "not a line of NCCL's log"
    case .otherSubject: "a line of NCCL's log that is neither a call nor a communicator's beginning"
    case .unknownOperation: "an operation that is not known here"
    case .withoutFields: "a call whose fields are not all there: the line is cut or two are mixed"
    case .withoutProcess: "a call before which no host and process stand: two lines are mixed"
    case .unknownType: "elements of a type whose size is not known"
    case .peerOutside: "the peer or root is outside the communicator"
    case .tooManyElements: "more elements than any buffer has"
    case .otherSize: "the number of ranks is not that of the communicator's first line"
    case .overlong: "the line is longer than the limit of \(LineReader.lineLimit >> 20) MiB"
    case .cutByDamage: "the line is cut where the input became unreadable"
    }
  }

  var isDefect: Bool {
    switch self {
    case .foreign, .otherSubject, .unknownOperation: false
    default: true
    }
  }
}
