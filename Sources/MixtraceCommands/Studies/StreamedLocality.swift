internal import LocalityAnalysis
internal import TraceFormat
internal import TraceModel

/// The locality of a trace's part, read a few blocks at a time and not kept.
///
/// The operations are read first: they say what the subject is, and which iterations it has. The blocks
/// say which iterations lie together: each window of iterations is made a workload, added to the sums
/// and forgotten. Messages that belong to no operation are read where there are no operations.
func streamedLocality(of file: TraceFile, _ selection: SelectionOptions) throws -> LocalitySums {
  guard file.rowCount(of: .operations) > 0 else {
    return try UnattributedTraffic.locality(of: file, selection)
  }
  let windows = iterationWindows(of: file, within: selection.iteration?.bounds)
  var selection = selection
  let outline = try outline(of: file, &selection)
  let placement = try placement(in: file, windows, selection)
  var sums = LocalitySums(outline)
  for window in windows {
    let trace = try selection.trace(of: file, iterations: window)
    guard !trace.operations.rows.isEmpty else { continue }
    let whole = try selection.pricedWorkload(of: trace, placement: placement)
    sums.add(whole.keepingSteps { selection.includes($0.role, $0.phase) })
  }
  return sums
}

/// What the chosen operations say before their bytes are read; settles the grain of all windows.
private func outline(
  of file: TraceFile, _ selection: inout SelectionOptions
) throws -> TraceOutline {
  let (iterations, layers) = (selection.iteration?.bounds, selection.layer?.bounds)
  var outline = TraceOutline(
    layout: file.metadata.layout, grain: .rank, provenance: file.metadata.provenance)
  var grains: Set<Grain> = []
  try file.forEachOperationBlock(iterations: iterations, layers: layers) { operations in
    for operation in operations
    where iterations?.contains(operation.iteration) ?? true
      && layers?.contains(operation.layer) ?? true
    {
      grains.insert(operation.grain)
      guard selection.includes(operation.role, operation.phase) else { continue }
      outline.add(
        role: operation.role, kind: operation.kind, phase: operation.phase,
        iteration: operation.iteration, layer: operation.layer)
    }
  }
  guard let first = grains.first else { throw selection.noOperations(in: file) }
  guard outline.operationCount > 0 else { throw SelectionOptions.noSuchRole }
  // Operations of several grains have servers in common, in every window as in all of them.
  selection.grain = grains.count > 1 ? .server : selection.grain ?? first
  outline.grain = selection.grain ?? first
  return outline
}

/// Where experts are, if windows by themselves could not tell: without a model there are as many experts
/// as tokens were sent to, in all windows together.
private func placement(
  in file: TraceFile, _ windows: [ClosedRange<Int32>], _ selection: SelectionOptions
) throws -> ExpertPlacement? {
  guard file.metadata.model == nil, selection.model == nil, file.rowCount(of: .routing) > 0 else {
    return nil
  }
  let counts = try windows.map { try selection.trace(of: file, iterations: $0).expertCount }
  return try counts.max().map {
    try ExpertPlacement(contiguousBlocksOf: $0, on: file.metadata.layout)
  }
}

/// The iterations of the blocks of operations, in runs that share no iteration.
private func iterationWindows(
  of file: TraceFile, within asked: ClosedRange<Int32>?
) -> [ClosedRange<Int32>] {
  let ranges = file.blocks.filter { $0.kind == .operations }.compactMap(\.iterations)
  var windows: [ClosedRange<Int32>] = []
  for range in ranges.sorted(by: {
    ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
  }) {
    guard let last = windows.last, last.upperBound >= range.lowerBound else {
      windows.append(range)
      continue
    }
    if range.upperBound > last.upperBound { windows.append(last.upperBound + 1...range.upperBound) }
  }
  guard let asked else { return windows }
  return windows.filter { $0.overlaps(asked) }.map { $0.clamped(to: asked) }
}
