/// Places for the names of curves that end at one point: beside the curve, clear of the others.
package struct CurveNames {
  /// A name's box in pixels, its baseline four above the box's lower edge.
  package struct Box {
    package var x, y, width: Double
    package static let height = 16.0
    var baseline: Double { y + Self.height - 4 }
  }

  package typealias Place = (x: Double, y: Double)

  package let curves: [[Place]]
  /// Other lines that names should not cross.
  package let obstacles: [[Place]]
  package let bounds: (left: Double, right: Double, top: Double, bottom: Double)

  package init(
    curves: [[Place]], obstacles: [[Place]],
    bounds: (left: Double, right: Double, top: Double, bottom: Double)
  ) {
    self.curves = curves
    self.obstacles = obstacles
    self.bounds = bounds
  }

  /// A box for each name, in order; earlier names choose first.
  package func boxes(widths: [Double]) -> [Box?] {
    var placed: [Box] = []
    return curves.indices.map { index in
      var best: (box: Box, clearance: Double)?
      for place in curves[index] {
        for box in candidates(at: place, width: widths[index]) where isInside(box) {
          let clearance = clearance(of: box, placed: placed)
          // Enough is enough: beyond that the first place is as good as the emptiest.
          if clearance > (best?.clearance ?? -1) { best = (box, min(clearance, 14)) }
        }
      }
      if let best { placed.append(best.box) }
      return best?.box
    }
  }

  /// Below to the right, above to the left, and the two other corners of a point.
  private func candidates(at place: Place, width: Double) -> [Box] {
    [
      Box(x: place.x + 9, y: place.y + 3, width: width),
      Box(x: place.x - 9 - width, y: place.y - 3 - Box.height, width: width),
      Box(x: place.x + 9, y: place.y - 3 - Box.height, width: width),
      Box(x: place.x - 9 - width, y: place.y + 3, width: width),
    ]
  }

  private func isInside(_ box: Box) -> Bool {
    box.x >= bounds.left && box.x + box.width <= bounds.right && box.y >= bounds.top
      && box.y + Box.height <= bounds.bottom
  }

  /// Pixels between a box and the nearest curve or name; negative where they cross.
  private func clearance(of box: Box, placed: [Box]) -> Double {
    var result = Double.infinity
    for other in placed {
      let across = max(other.x - box.x - box.width, box.x - other.x - other.width)
      let down = abs(other.y - box.y) - Box.height
      result = min(result, max(across, down))
    }
    for curve in curves + obstacles {
      for (start, end) in zip(curve, curve.dropFirst()) {
        let from = max(box.x - 4, min(start.x, end.x))
        let to = min(box.x + box.width + 4, max(start.x, end.x))
        guard from <= to else { continue }
        let slope = end.x == start.x ? 0 : (end.y - start.y) / (end.x - start.x)
        let heights =
          end.x == start.x
          ? [start.y, end.y] : [from, to].map { start.y + ($0 - start.x) * slope }
        let above = box.y - (heights.max() ?? 0)
        let below = (heights.min() ?? 0) - box.y - Box.height
        result = min(result, max(above, below))
      }
    }
    return result
  }
}
