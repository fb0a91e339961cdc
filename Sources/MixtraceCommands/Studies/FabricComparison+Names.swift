internal import Replay

extension FabricComparison {
  /// Fabrics by the fewest words: "all", "all optical", or their names.
  func names(of labels: [String]) -> String {
    let kinds: [(name: String, holds: (FabricSpecification) -> Bool)] = [
      ("all", { _ in true }),
      ("all optical", \.usesCircuits),
      ("all electrical", { !$0.usesCircuits }),
      ("all with optical switches", { $0.optical != nil }),
      ("all that reconfigure", \.followsDemand),
    ]
    for kind in kinds where rows.filter({ kind.holds($0.fabric) }).map(\.label) == labels {
      return kind.name
    }
    let others = rows.map(\.label).filter { !labels.contains($0) }
    if others.count < labels.count { return "all but " + others.joined(separator: "; ") }
    return labels.joined(separator: "; ")
  }
}
