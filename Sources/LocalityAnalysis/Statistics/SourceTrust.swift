package import TraceModel

/// Why the sources of a workload's demands cannot be believed, or nil when they can.
///
/// Looks at the provenance of the columns that name a sender: every "transfers.source…" and
/// "routing.source…". An inferred sender is a guess that pair statistics would only repeat back.
package func reasonAgainstSources(_ provenance: [String: Provenance]) -> String? {
  let columns = provenance.keys.sorted().filter {
    $0.hasPrefix("transfers.source") || $0.hasPrefix("routing.source")
  }
  for column in columns {
    guard let source = provenance[column] else { continue }
    switch source.origin {
    case .measured, .declared:
      continue
    case .inferred:
      return "source ranks are inferred (\(source.method))"
    case .absent:
      return "the input does not say who sent"
    }
  }
  return nil
}
