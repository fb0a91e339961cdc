package import TraceModel

/// What notes of a trace's metadata begin with when a later step of work replaces them.
package enum MetadataNotes {
  package static let attribution = "attribution: "
  package static let join = "join: "
}

extension TraceMetadata {
  /// Takes away what an earlier attribution or join said of the operations.
  package mutating func forgetOperations() {
    notes.removeAll {
      $0.hasPrefix(MetadataNotes.attribution) || $0.hasPrefix(MetadataNotes.join)
    }
    ledgers.removeAll { $0.source == "join" }
    for column in provenance.keys.sorted()
    where ["operations", "transfers", "routing", "model.copies"].contains(where: {
      column == $0 || column.hasPrefix($0 + ".")
    }) {
      provenance[column] = nil
    }
  }
}
