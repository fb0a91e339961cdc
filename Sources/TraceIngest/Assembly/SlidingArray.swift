/// An array that gives up its first elements cheaply.
struct SlidingArray<Element> {
  private var storage: [Element] = []
  /// Elements at the start of `storage` that are gone.
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { head == storage.count }
  var first: Element? { isEmpty ? nil : storage[head] }
  var last: Element? { isEmpty ? nil : storage[storage.count - 1] }

  subscript(index: Int) -> Element {
    get { storage[head + index] }
    _modify { yield &storage[head + index] }
  }

  mutating func append(_ element: Element) { storage.append(element) }

  mutating func insert(_ element: Element, at index: Int) {
    storage.insert(element, at: head + index)
  }

  /// O(count) unless it is the first or the last.
  mutating func remove(at index: Int) {
    if index == 0 { removeFirst(1) } else { storage.remove(at: head + index) }
  }

  /// Amortised O(count of the removed).
  mutating func removeFirst(_ count: Int) {
    head += count
    if isEmpty {
      storage.removeAll(keepingCapacity: head < 64)
      head = 0
    } else if head >= 32, head * 2 >= storage.count {
      storage.removeFirst(head)
      head = 0
    }
  }

  mutating func removeAll() {
    storage.removeAll()
    head = 0
  }

  /// The first index whose element fails `isBefore`, in an array where those that pass come first.
  ///
  /// O(log count).
  func partition(_ isBefore: (Element) -> Bool) -> Int {
    frontCount(of: count) { isBefore(self[$0]) }
  }
}
