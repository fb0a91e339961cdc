/// One layer of one expert group in one micro-batch: what four all-to-alls are made from.
package struct RoutedLayer: Sendable, Hashable {
  package var iteration: Int32
  package var microBatch: Int32
  package var layer: Int32
  package var stage: Int32
  package var group: Int32

  package init(
    iteration: Int32, microBatch: Int32, layer: Int32, stage: Int32 = Operation.unknown,
    group: Int32
  ) {
    self.iteration = iteration
    self.microBatch = microBatch
    self.layer = layer
    self.stage = stage
    self.group = group
  }
}

/// Appends the all-to-alls of the layers of one iteration and micro-batch in the order in which
/// they run: forward through ascending layers, then backward through descending ones.
///
/// Dispatch-forward is the recorded one; the others name it as their demand source. None depends on
/// another: a log of routing records no such thing, and in a workload the order of the steps says it,
/// for all micro-batches and stages together.
/// - Parameter layers: of one iteration and micro-batch, ordered by (layer, group), no two equal.
/// - Returns: the operation id of each layer's dispatch-forward.
package func appendAllToAlls(
  of layers: [RoutedLayer], hasBackward: Bool, nextID: inout Int32,
  into operations: inout OperationTable
) -> [Int32] {
  var dispatches: [Int32] = []
  var id = nextID

  func append(_ layer: RoutedLayer, _ phase: Phase, demandSource: Int32?) {
    operations.append(
      Operation(
        id: id, kind: .allToAll, role: .expert, phase: phase, grain: .rank,
        iteration: layer.iteration, microBatch: layer.microBatch, stage: layer.stage,
        layer: layer.layer, group: layer.group, demandSource: demandSource))
    id += 1
  }

  let runs = runsOfEqualLayer(in: layers)
  for run in runs {
    for index in run {
      dispatches.append(id)
      append(layers[index], .dispatchForward, demandSource: nil)
    }
    for index in run { append(layers[index], .combineForward, demandSource: dispatches[index]) }
  }
  if hasBackward {
    for run in runs.reversed() {
      for index in run { append(layers[index], .combineBackward, demandSource: dispatches[index]) }
      for index in run { append(layers[index], .dispatchBackward, demandSource: dispatches[index]) }
    }
  }
  nextID = id
  return dispatches
}

private func runsOfEqualLayer(in layers: [RoutedLayer]) -> [Range<Int>] {
  var runs: [Range<Int>] = []
  var start = 0
  while start < layers.count {
    let end = layers[start...].firstIndex { $0.layer != layers[start].layer } ?? layers.count
    runs.append(start..<end)
    start = end
  }
  return runs
}
