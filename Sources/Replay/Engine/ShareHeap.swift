/// A link and the share that each of its waiting subflows would get.
package struct LinkShare {
  package var share: Double
  package var link: Int32

  package init(share: Double, link: Int32) {
    self.share = share
    self.link = link
  }

  /// Smaller shares first; ties by link, so that the order never depends on the heap's history.
  @inline(__always)
  package static func precedes(_ left: LinkShare, _ right: LinkShare) -> Bool {
    left.share < right.share || (left.share == right.share && left.link < right.link)
  }
}

/// Orders `heap[0 ..< count]` as a binary min-heap.
package func heapify(_ heap: inout MutableSpan<LinkShare>, count: Int) {
  var index = count / 2
  while index > 0 {
    index -= 1
    siftDown(&heap, from: index, count: count)
  }
}

/// Lets the entry at `start` sink to its place among `heap[0 ..< count]`.
@inline(__always)
package func siftDown(_ heap: inout MutableSpan<LinkShare>, from start: Int, count: Int) {
  let entry = heap[start]
  var hole = start
  var child = 2 * hole + 1
  while child < count {
    if child + 1 < count && LinkShare.precedes(heap[child + 1], heap[child]) { child += 1 }
    guard LinkShare.precedes(heap[child], entry) else { break }
    heap[hole] = heap[child]
    hole = child
    child = 2 * hole + 1
  }
  heap[hole] = entry
}
