internal import LocalityAnalysis
internal import TraceFormat
internal import TraceModel

/// The traffic of a trace's part, read a few blocks at a time and not kept.
///
/// The blocks of operations say which iterations lie together: each window of iterations is made a
/// workload, added to the sketch and forgotten. A capture's messages that belong to no operation are
/// not in it.
func streamedTraffic(
  of file: TraceFile, _ selection: SelectionOptions
) throws -> (sketch: TrafficSketch, grain: Grain) {
  var sketch: TrafficSketch?
  var grain = selection.grain ?? .rank
  for window in iterationWindows(of: file) {
    var bounds = window
    if let asked = selection.iteration?.bounds {
      guard asked.overlaps(window) else { continue }
      bounds = window.clamped(to: asked)
    }
    let trace = try selection.trace(of: file, iterations: bounds)
    guard !trace.operations.rows.isEmpty else { continue }
    let whole = try selection.pricedWorkload(of: trace)
    let workload = whole.keepingSteps { selection.includes($0.role, $0.phase) }
    if sketch == nil {
      grain = workload.grain
      sketch = TrafficSketch(endCount: workload.endpointCount)
    }
    guard workload.grain == grain else {
      throw VerbError(
        "the trace knows \(grain.name)s in some iterations and \(workload.grain.name)s in others.\n"
          + "  Read it at the coarser grain with --grain.")
    }
    sketch?.add(workload)
  }
  guard let sketch, sketch.transferCount > 0 else {
    throw VerbError("the trace holds no operations in the part that was asked for.")
  }
  return (sketch, grain)
}

/// The iterations of the blocks of operations, in runs that share no iteration.
private func iterationWindows(of file: TraceFile) -> [ClosedRange<Int32>] {
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
  return windows
}
