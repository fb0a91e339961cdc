/// A link and the share that each subflow waiting on it would get.
package struct LinkShare {
  package var share: Double
  package var link: Int32

  package init(share: Double, link: Int32) {
    self.share = share
    self.link = link
  }
}

/// Orders `heap[0 ..< count]` as a binary min-heap of shares.
package func heapify(_ heap: inout MutableSpan<LinkShare>, count: Int) {
  var index = count / 2
  while index > 0 {
    index -= 1
    siftDown(&heap, from: index, count: count)
  }
}

/// Lets the entry at `start` sink to its place among `heap[0 ..< count]`.
///
/// Which of two children is smaller is as good as random, so it is added, not branched on.
@inline(__always)
package func siftDown(_ heap: inout MutableSpan<LinkShare>, from start: Int, count: Int) {
  let entry = heap[start]
  var hole = start
  var child = 2 * hole + 1
  while child < count {
    let right = min(child + 1, count - 1)
    child += heap[right].share < heap[child].share ? 1 : 0
    let smaller = heap[child]
    guard smaller.share < entry.share else { break }
    heap[hole] = smaller
    hole = child
    child = 2 * hole + 1
  }
  heap[hole] = entry
}
