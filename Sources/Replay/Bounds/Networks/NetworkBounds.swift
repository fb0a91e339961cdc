public import TraceModel

/// Every bound on a demand that a fixed network moves, bytes free to take any paths.
///
/// - Parameters:
///   - groups: sets of nodes whose cuts are worth a look, such as regions or pods.
///   - flow: how near the maximum concurrent flow is worked out; nil to leave it out.
/// - Returns: "distance" (Σ bytes · links ÷ Σ capacity), "cut" and, if asked for, "maximum concurrent
///   flow": the certified lower bound of the time that it needs.
/// - Throws: a `ReplayError` that names a pair without a path, or a link that makes no sense.
public func lowerBounds(
  of demand: TrafficMatrix, on graph: LinkGraph, groups: [[Int]] = [],
  flow: MaximumConcurrentFlow? = MaximumConcurrentFlow()
) throws(ReplayError) -> BoundTable {
  var table = BoundTable()
  // A flow that stops at once has proved the distance bound only.
  let first = try MaximumConcurrentFlow(passLimit: 0).solve(demand, on: graph)
  table.add(
    LowerBound(
      nanoseconds: first.lowerBound, name: BoundName.distance, assumptions: [.anyRouting]))
  table.add(
    LowerBound(
      nanoseconds: CutBounds(demand, on: graph).tightest(groups: groups), name: BoundName.cut,
      assumptions: [.anyRouting]))
  if let flow {
    table.add(try flow.solve(demand, on: graph).bound)
  } else {
    table.exclude(BoundName.concurrentFlow, because: "not asked for")
  }
  return table
}
