/// How many of `count` numbered things stand at the front of which a condition is true, if it is
/// false of all others.
///
/// O(log count).
func frontCount(of count: Int, where isFront: (Int) -> Bool) -> Int {
  var (low, high) = (0, count)
  while low < high {
    let middle = low + (high - low) / 2
    if isFront(middle) { low = middle + 1 } else { high = middle }
  }
  return low
}
