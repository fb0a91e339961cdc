/// Sizes that the format fixes; a file that passes them is damaged.
enum FormatLimits {
  /// Rows in one block.
  static let rows = 65_536
  /// Values of a list column in one block.
  ///
  /// The writer ends a block at 2^20 values, unless one row
  /// alone has more.
  static let listValues = 1 << 24
  static let listValuesPerBlock = 1 << 20
  /// Content of one block before compression.
  static let blockBytes = 1 << 28
  /// Rows that are sorted together before they are written; not seen in the file.
  static let sortedRows = 1 << 18
  /// Members of lists after which the rows at hand are sorted and written.
  static let sortedListValues = 1 << 22
}
