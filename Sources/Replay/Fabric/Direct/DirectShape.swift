/// A rule that joins any suitable number of servers directly.
///
/// Adding one is a file and a line in `FabricCatalogue`.
public protocol DirectShape: Sendable {
  /// The word used in tables, flags and files.
  var name: String { get }
  var effectiveParameters: [EffectiveParameter] { get }
  /// Why so many servers cannot be joined this way, in words, or nil.
  func defect(serverCount: Int) -> String?
  /// The links of a number of servers without a defect.
  func graph(serverCount: Int) -> DirectGraph
}
