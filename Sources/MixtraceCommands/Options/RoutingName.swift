internal import ArgumentParser
internal import Replay

/// The words of `--routing`.
enum RoutingName: String, CaseIterable, ExpressibleByArgument {
  case spray, ecmp
  case destinationModulo = "d-mod-k"

  /// What a preset's own paths are called.
  init(_ routing: PathRouting) {
    switch routing {
    case .sprayed: self = .spray
    case .hashed: self = .ecmp
    case .destinationModulo: self = .destinationModulo
    }
  }
}
