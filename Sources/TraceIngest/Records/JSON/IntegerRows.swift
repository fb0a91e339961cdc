/// What the rows of a list of lists of integers have in common.
package struct IntegerRows: Sendable, Hashable {
  package var count = 0
  /// Integers in the first row.
  package var width = 0
  /// Every row is as wide as the first.
  package var areEven = true

  @inline(__always)
  mutating func add(width: Int) {
    if count == 0 { self.width = width }
    if width != self.width { areEven = false }
    count &+= 1
  }
}
