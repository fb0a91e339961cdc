internal import ArgumentParser
internal import Configuration

/// A quantity on the command line: one that cannot be read is wrong usage, not a failed run.
func optionQuantity<Value>(
  _ read: () throws(ConfigurationError) -> Value
) throws(ValidationError) -> Value {
  do { return try read() } catch { throw ValidationError(error.description) }
}

/// Refuses a count outside the range in which it makes sense.
func checkOption(
  _ name: String, _ count: Int?, in range: ClosedRange<Int>
) throws(ValidationError) {
  guard let count, !range.contains(count) else { return }
  throw ValidationError(
    "\(name) is \(count); it must be from \(range.lowerBound) to \(range.upperBound)")
}
