public import TraceModel

extension Workload {
  /// The traffic matrix of a selection in bytes, diagonal included; nil when `grain` is finer than
  /// what the workload knows (ranks cannot be had from NICs).
  ///
  /// One pass over the pairs of each distinct demand. Sums stop at `Int64.max`.
  ///
  /// - Parameter grain: the workload's own when nil; ranks become NICs by pinning (GPU g on rail g).
  public func trafficMatrix(
    _ selection: MatrixSelection = MatrixSelection(), at grain: Grain? = nil
  ) -> TrafficMatrix? {
    guard let map = EndMap(layout, from: self.grain, to: grain ?? self.grain) else { return nil }
    let chosen = steps.filter { selection.contains($0) }
    return matrix(of: chosen, selection: selection, map: map)
  }

  /// Calls `body` with the matrix of every combination of the axes that occurs, in ascending order.
  ///
  /// Only one matrix is in memory at a time.
  ///
  /// - Returns: false when `grain` is finer than what the workload knows.
  @discardableResult
  public func forEachTrafficMatrix(
    _ selection: MatrixSelection = MatrixSelection(), by axes: [TrafficAxis],
    at grain: Grain? = nil, _ body: (TrafficKey, TrafficMatrix) -> Void
  ) -> Bool {
    guard let map = EndMap(layout, from: self.grain, to: grain ?? self.grain) else { return false }
    forEachTrafficMatrix(selection, by: axes, map: map, body)
    return true
  }

  func forEachTrafficMatrix(
    _ selection: MatrixSelection, by axes: [TrafficAxis], map: EndMap,
    _ body: (TrafficKey, TrafficMatrix) -> Void
  ) {
    for (key, chosen) in slices(selection, by: axes) {
      body(key, matrix(of: chosen, selection: selection, map: map))
    }
  }

  /// The selected steps by their place on the axes, ascending.
  func slices(
    _ selection: MatrixSelection, by axes: [TrafficAxis]
  ) -> [(key: TrafficKey, steps: [Step])] {
    var numbers: [TrafficKey: Int] = [:]
    var result: [(key: TrafficKey, steps: [Step])] = []
    for step in steps where selection.contains(step) {
      let key = TrafficKey(step, axes: axes)
      if let number = numbers[key] {
        result[number].steps.append(step)
      } else {
        numbers[key] = result.count
        result.append((key, [step]))
      }
    }
    return result.sorted { $0.key < $1.key }
  }

  func matrix(of chosen: [Step], selection: MatrixSelection, map: EndMap) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: map.count)
    add(chosen, selection, map, to: &matrix)
    return matrix
  }

  /// Adds the bytes of some steps to a matrix between the ends that `map` leads to.
  func add(
    _ chosen: [Step], _ selection: MatrixSelection, _ map: EndMap, to matrix: inout TrafficMatrix
  ) {
    guard !chosen.isEmpty else { return }
    var cells = matrix.cells.mutableSpan
    for use in demandUses(of: chosen, selection: selection) {
      scatter(demands, use, map: map.target.span, size: map.count, into: &cells)
    }
  }

  /// How many bytes per unit each demand carries in all the steps together, and which way.
  ///
  /// Many steps move the same demand, so this is what makes one pass over its pairs enough.
  func demandUses(of chosen: [Step], selection: MatrixSelection) -> [DemandUse] {
    var uses = chosen.map {
      DemandUse(
        demand: $0.demand, isTransposed: selection.transposes($0), bytesPerUnit: $0.bytesPerUnit)
    }
    uses.sort { ($0.demand, $0.isTransposed ? 1 : 0) < ($1.demand, $1.isTransposed ? 1 : 0) }
    var merged: [DemandUse] = []
    for use in uses {
      if let last = merged.last, last.demand == use.demand, last.isTransposed == use.isTransposed {
        merged[merged.count - 1].bytesPerUnit = saturatingSum(last.bytesPerUnit, use.bytesPerUnit)
      } else {
        merged.append(use)
      }
    }
    return merged
  }
}

/// One demand in one direction, with all the bytes that a unit of it stands for.
struct DemandUse {
  var demand: Int
  var isTransposed: Bool
  var bytesPerUnit: Int64
}

/// Adds the pairs of one demand to the cells of a matrix.
func scatter(
  _ demands: DemandSet, _ use: DemandUse, map: Span<Int32>, size: Int,
  into cells: inout MutableSpan<Int64>
) {
  let sources = demands.source.span
  let destinations = demands.destination.span
  let amounts = demands.amount.span
  for pair in demands.pairs(of: use.demand) {
    let source = Int(map[Int(sources[pair])])
    let destination = Int(map[Int(destinations[pair])])
    let cell = use.isTransposed ? destination * size + source : source * size + destination
    cells[cell] = saturatingSum(cells[cell], saturatingProduct(amounts[pair], use.bytesPerUnit))
  }
}
