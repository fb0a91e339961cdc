package import TraceModel

/// A matrix at or above the demand whose rows and columns all have the largest sum of the demand's.
///
/// Bytes are added first where the demand has some, then elsewhere (diagonal included), both in
/// row-major order, as far as both lines have room (QuickStuff of Solstice, CoNEXT'15). A cell that
/// has been visited leaves its row or its column full, so that after all cells every line is.
package func quickStuffed(_ demand: TrafficMatrix) -> TrafficMatrix {
  var stuffed = demand.withoutDiagonal
  let size = stuffed.size
  var sums = LineSums(stuffed.cells, size: size)
  let full = sums.largest
  for takesDemanded in [true, false] {
    let isDemanded = stuffed.cells.map { $0 > 0 }
    for row in 0..<size {
      for column in 0..<size where isDemanded[row * size + column] == takesDemanded {
        let room = full - max(sums.rows[row], sums.columns[column])
        guard room > 0 else { continue }
        stuffed[row, column] += room
        sums.add(room, row: row, column: column)
      }
    }
  }
  return stuffed
}
