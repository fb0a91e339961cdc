/// What one link has left for the subflows that wait on it.
package struct LinkRoom: Sendable {
  /// Capacity that no settled subflow uses, and running flows (with multiplicity) whose rate is
  /// not settled: one vector, because both always change together.
  package var columns: SIMD2<Double>

  package init(capacity: Double) { columns = SIMD2(capacity, 0) }

  /// What each waiting subflow would get.
  @inline(__always)
  package var share: Double {
    columns.y > 0 ? max(0, columns.x) / columns.y : LinkRoom.roomy
  }

  /// The level of a link that binds nothing: above all others, and a number in arithmetic.
  package static let roomy = Double.greatestFiniteMagnitude
}

/// Where one link's crossings are, and how much the subflows that it binds have sent.
package struct LinkPlace {
  package var firstCrossing: Int32 = 0
  package var crossingCount: Int32 = 0
  /// The first so many crossings are of subflows that this link binds.
  package var boundCount: Int32 = 0
  /// As many as it bound when it was opened; those still come first.
  package var formerCount: Int32 = 0
  /// Bytes that a flow would have sent until `since`, had the link bound it from the start.
  package var sent = 0.0
  package var since = 0.0
  /// The bound subflow with the lowest goal, and that goal; -1 when it has to be looked for.
  package var nearestSubflow: Int32 = -1
  package var nearestGoal = Double.infinity

  package var bound: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + boundCount) }
  package var unbound: Range<Int> { bound.upperBound..<crossings.upperBound }
  package var crossings: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + crossingCount) }
}

/// A subflow where it crosses a link.
package struct Crossing {
  package var subflow: Int32
  /// Flows (with multiplicity) that still run.
  package var weight: Int32
  /// `SubflowGoal.sent`, kept up to date where the link binds the subflow: reading a link's
  /// crossings from front to back is many times faster than jumping between its subflows.
  package var goal = Double.infinity
}

/// The link that binds a subflow, and what `LinkPlace.sent` of that link will be when the
/// smallest running flow of the bundle ends.
package struct SubflowGoal {
  package var sent: Double
  package var link: Int32
}
