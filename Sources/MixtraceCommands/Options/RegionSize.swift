internal import ArgumentParser

/// The value of `--region`.
enum RegionSize: ExpressibleByArgument {
  case expertGroup
  case servers(Int)

  init?(argument: String) {
    if argument == "group" {
      self = .expertGroup
    } else if let size = Int(argument), size >= 1 {
      self = .servers(size)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .expertGroup: "group"
    case .servers(let size): String(size)
    }
  }
}
