/// Why a line of a SimCCL flow list gives no flow.
enum SimCCLFlowReason: Int, LineReason {
  case heading
  case blank
  case columnCount
  case badNumber
  case badSize
  case repeatedID
  case rankOutside
  case overlong
  case cutByDamage

  var words: String {
    switch self {
    case .heading: "the heading of the columns"
    case .blank: "blank line"
    case .columnCount: "not as many columns as the heading has: the line is cut"
    case .badNumber: "an ID, parent or rank that is no number"
    case .badSize: "a size that is no number of B, KB, MB, GB or TB"
    case .repeatedID: "an ID that an earlier flow has"
    case .rankOutside: "a rank outside those of the layout, or of any cluster"
    case .overlong: "the line is longer than the limit of \(LineReader.lineLimit >> 20) MiB"
    case .cutByDamage: "the line is cut where the input became unreadable"
    }
  }

  var isDefect: Bool { self != .heading && self != .blank }

  var advice: String? {
    self == .rankOutside ? "Declare the layout that the list was made for (--layout)." : nil
  }
}
