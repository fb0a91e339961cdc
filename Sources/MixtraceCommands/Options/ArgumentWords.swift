public import ArgumentParser
public import Replay
public import Reporting
public import TraceModel

// The words of the field as words of the command line.

extension TableFormat: ExpressibleByArgument {}

extension CopyRule: ExpressibleByArgument {}
extension Duplex: ExpressibleByArgument {}
extension NICPolicy: ExpressibleByArgument {}
extension ReconfigurationScope: ExpressibleByArgument {}
extension ReplayPacing: ExpressibleByArgument {}
extension SharingMode: ExpressibleByArgument {}

extension Grain: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument, named: \.name) }
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension Role: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument, named: \.name) }
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension Phase: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument, named: \.name) }
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension CaseIterable {
  /// The case whose name is `word`.
  fileprivate init?(_ word: String, named name: (Self) -> String) {
    guard let match = Self.allCases.first(where: { name($0) == word }) else { return nil }
    self = match
  }
}

/// "3" or "0-7" as a closed range.
struct IndexRange: ExpressibleByArgument {
  var bounds: ClosedRange<Int32>

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
    guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2,
      0 <= first, first <= last
    else { return nil }
    bounds = first...last
  }
}
