internal import TraceModel

/// Bytes by role, phase, layer or iteration that come in parts; memory is that of the slices.
struct SliceSums: Sendable {
  private var slices: [TrafficKey: TrafficSlice] = [:]

  /// - Parameter countsOperations: false where they were counted with an earlier part.
  mutating func add(_ parts: [TrafficSlice], countsOperations: Bool) {
    for part in parts {
      var slice =
        slices[part.key] ?? TrafficSlice(key: part.key, operationCount: 0, bytes: TierBytes())
      if countsOperations { slice.operationCount += part.operationCount }
      slice.bytes.add(part.bytes)
      slices[part.key] = slice
    }
  }

  /// Ascending.
  var sorted: [TrafficSlice] { slices.values.sorted { $0.key < $1.key } }

  var total: TierBytes {
    var total = TierBytes()
    for slice in slices.values { total.add(slice.bytes) }
    return total
  }
}
