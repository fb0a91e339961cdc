/// Pairs of ends, each end in at most one pair, whose weights add up to the most.
///
/// Exact on any graph, odd cycles included: Edmonds' weighted blossom algorithm with dual variables
/// (Edmonds 1965; Galil 1986), O(n³). Dual variables are kept doubled, so that integers stay exact.
/// - Parameters:
///   - weights: `size * size`, symmetric; 0 or less means that two ends cannot be paired.
/// - Returns: `partner[end]`, −1 for an end without one.
package func maximumWeightPairs(size: Int, weights: [Int64]) -> [Int32] {
  precondition(weights.count == size * size, "a matching needs a square matrix")
  var search = BlossomSearch(size: size, weights: weights)
  while search.growMatching() {}
  return Array(search.mate[0..<size])
}

/// The state of the search.
///
/// Nodes 0 ..< size are ends; higher nodes are blossoms: odd cycles of nodes that act as one. A *top*
/// node lies in no other.
private struct BlossomSearch {
  enum Label: Int8 {
    case free, outer, inner
  }

  let size: Int
  let capacity: Int
  let weights: [Int64]
  /// Doubled dual variable of each node; that of a blossom is at or above 0.
  var dual: [Int64]
  /// The end across the matched edge of each node, or −1.
  var mate: [Int32]
  /// The top node in which each node lies; −1 for an unused blossom.
  var top: [Int32]
  /// The end in the parent node from which a node of a tree was reached; −1 at roots.
  var parentEnd: [Int32]
  var label: [Label]
  /// The outer end whose edge to a node has least slack; −1 when there is none.
  var nearestOuter: [Int32]
  /// For two nodes, the ends of the edge of least slack between them; −1 when there is none.
  var nearEnd: [Int32]
  var farEnd: [Int32]
  /// The nodes of each blossom around its cycle, its base first.
  var members: [[Int32]]
  /// For a blossom and an end, the member that holds the end; −1 outside.
  var holder: [Int32]
  var queue: [Int32] = []
  var queueHead = 0
  var visit: [Int32]
  var visitNumber: Int32 = 0

  init(size: Int, weights: [Int64]) {
    self.size = size
    self.weights = weights
    let capacity = size + size / 2 + 1
    self.capacity = capacity
    let heaviest = max(0, weights.max() ?? 0)
    dual = [Int64](repeating: 0, count: capacity)
    mate = [Int32](repeating: -1, count: capacity)
    top = mate
    parentEnd = mate
    nearestOuter = mate
    label = [Label](repeating: .free, count: capacity)
    nearEnd = [Int32](repeating: -1, count: capacity * capacity)
    farEnd = nearEnd
    members = [[Int32]](repeating: [], count: capacity)
    holder = [Int32](repeating: -1, count: capacity * size)
    visit = [Int32](repeating: 0, count: capacity)
    for end in 0..<size {
      dual[end] = heaviest
      top[end] = Int32(end)
      holder[end * size + end] = Int32(end)
      for other in 0..<size where other != end && weights[end * size + other] > 0 {
        nearEnd[end * capacity + other] = Int32(end)
        farEnd[end * capacity + other] = Int32(other)
      }
    }
  }

  /// How far the edge between two ends is from being tight.
  func slack(_ near: Int32, _ far: Int32) -> Int64 {
    dual[Int(near)] + dual[Int(far)] - 2 * weights[Int(near) * size + Int(far)]
  }

  /// `slack` of the best edge between two nodes that have one.
  func slack(between left: Int, _ right: Int) -> Int64 {
    slack(nearEnd[left * capacity + right], farEnd[left * capacity + right])
  }

  func hasEdge(_ left: Int, _ right: Int) -> Bool { nearEnd[left * capacity + right] >= 0 }

  func isTop(_ node: Int) -> Bool { top[node] == Int32(node) }

  // MARK: One more pair

  /// Grows alternating trees from every unmatched end until a path joins two of them.
  ///
  /// Returns false when no further pair adds weight.
  mutating func growMatching() -> Bool {
    queue.removeAll(keepingCapacity: true)
    queueHead = 0
    for node in 0..<capacity {
      label[node] = .free
      nearestOuter[node] = -1
    }
    for node in 0..<capacity where isTop(node) && mate[node] < 0 {
      parentEnd[node] = -1
      label[node] = .outer
      enqueue(node)
    }
    if queue.isEmpty { return false }
    while true {
      if scanQueue() { return true }
      guard let step = dualStep() else { return false }
      changeDuals(by: step)
      if useTightEdges() { return true }
      for node in size..<capacity where isTop(node) && label[node] == .inner && dual[node] == 0 {
        expand(node)
      }
    }
  }

  /// Looks along the edges of the outer ends that wait; true when the matching has grown.
  private mutating func scanQueue() -> Bool {
    while queueHead < queue.count {
      let end = Int(queue[queueHead])
      queueHead += 1
      if label[Int(top[end])] == .inner { continue }
      for other in 0..<size
      where weights[end * size + other] > 0 && other != end && top[other] != top[end] {
        if slack(Int32(end), Int32(other)) == 0 {
          if use(Int32(end), Int32(other)) { return true }
        } else {
          offer(Int32(end), to: Int(top[other]))
        }
      }
    }
    return false
  }

  /// The largest change of the dual variables that keeps them feasible; nil when the dual of an
  /// unmatched end would reach 0, where leaving it alone is best.
  private func dualStep() -> Int64? {
    var step = Int64.max
    for node in 0..<capacity where isTop(node) {
      if node >= size && label[node] == .inner { step = min(step, dual[node] / 2) }
      guard nearestOuter[node] >= 0, label[node] != .inner else { continue }
      let slack = slack(between: Int(nearestOuter[node]), node)
      step = min(step, label[node] == .outer ? slack / 2 : slack)
    }
    for end in 0..<size where label[Int(top[end])] == .outer && dual[end] <= step { return nil }
    return step
  }

  private mutating func changeDuals(by step: Int64) {
    for end in 0..<size {
      switch label[Int(top[end])] {
      case .outer: dual[end] -= step
      case .inner: dual[end] += step
      case .free: break
      }
    }
    for node in size..<capacity where isTop(node) {
      switch label[node] {
      case .outer: dual[node] += 2 * step
      case .inner: dual[node] -= 2 * step
      case .free: break
      }
    }
  }

  /// Goes along the edges that the change of duals made tight; true when the matching has grown.
  private mutating func useTightEdges() -> Bool {
    queue.removeAll(keepingCapacity: true)
    queueHead = 0
    for node in 0..<capacity where isTop(node) && nearestOuter[node] >= 0 {
      let outer = Int(nearestOuter[node])
      if top[outer] != Int32(node) && slack(between: outer, node) == 0
        && use(nearEnd[outer * capacity + node], farEnd[outer * capacity + node])
      {
        return true
      }
    }
    return false
  }

  /// Takes a tight edge into the trees: reaches a free node, closes a blossom or joins two trees.
  private mutating func use(_ near: Int32, _ far: Int32) -> Bool {
    let from = Int(top[Int(near)])
    let to = Int(top[Int(far)])
    switch label[to] {
    case .free:
      parentEnd[to] = near
      label[to] = .inner
      let next = Int(top[Int(mate[to])])
      nearestOuter[to] = -1
      nearestOuter[next] = -1
      label[next] = .outer
      enqueue(next)
    case .outer:
      if let base = commonAncestor(from, to) {
        shrink(from, to, base: base)
      } else {
        augment(from, across: to)
        augment(to, across: from)
        return true
      }
    case .inner: break
    }
    return false
  }

  private mutating func enqueue(_ node: Int) {
    if node < size {
      queue.append(Int32(node))
    } else {
      for member in members[node] { enqueue(Int(member)) }
    }
  }

  private mutating func offer(_ outer: Int32, to node: Int) {
    let known = nearestOuter[node]
    if known < 0 || slack(between: Int(outer), node) < slack(between: Int(known), node) {
      nearestOuter[node] = outer
    }
  }

  private mutating func findNearestOuter(of node: Int) {
    nearestOuter[node] = -1
    for end in 0..<size
    where hasEdge(end, node) && top[end] != Int32(node) && label[Int(top[end])] == .outer {
      offer(Int32(end), to: node)
    }
  }

  // MARK: Paths

  /// The first node that the paths of two nodes to their roots share.
  private mutating func commonAncestor(_ left: Int, _ right: Int) -> Int? {
    visitNumber += 1
    var ahead = left
    var behind = right
    while ahead >= 0 || behind >= 0 {
      if ahead >= 0 {
        if visit[ahead] == visitNumber { return ahead }
        visit[ahead] = visitNumber
        ahead = grandparent(of: ahead)
      }
      swap(&ahead, &behind)
    }
    return nil
  }

  /// The outer node two edges nearer to the root, or −1.
  private func grandparent(of node: Int) -> Int {
    guard mate[node] >= 0 else { return -1 }
    let inner = Int(top[Int(mate[node])])
    return Int(top[Int(parentEnd[inner])])
  }

  /// Exchanges matched and unmatched edges from a node to its root.
  private mutating func augment(_ start: Int, across target: Int) {
    var node = start
    var next = target
    while true {
      let former = mate[node] < 0 ? -1 : Int(top[Int(mate[node])])
      match(node, with: next)
      if former < 0 { return }
      let parent = Int(top[Int(parentEnd[former])])
      match(former, with: parent)
      node = parent
      next = former
    }
  }

  /// Matches a node along its best edge to another; inside a blossom the cycle is turned so that
  /// the member that holds the edge becomes the base.
  private mutating func match(_ node: Int, with other: Int) {
    mate[node] = farEnd[node * capacity + other]
    guard node >= size else { return }
    let member = holder[node * size + Int(nearEnd[node * capacity + other])]
    let place = evenPlace(of: member, in: node)
    for index in stride(from: 0, to: place, by: 2) {
      let (left, right) = (Int(members[node][index]), Int(members[node][index + 1]))
      match(left, with: right)
      match(right, with: left)
    }
    match(Int(member), with: other)
    members[node] = Array(members[node][place...] + members[node][..<place])
  }

  /// Where a member stands on the cycle, turned so that the way from the base is even.
  private mutating func evenPlace(of member: Int32, in node: Int) -> Int {
    var place = 0
    while members[node][place] != member { place += 1 }
    guard place % 2 == 1 else { return place }
    members[node][1...].reverse()
    return members[node].count - place
  }

  // MARK: Blossoms

  /// Makes one node of the cycle that the edge between two outer nodes closes.
  private mutating func shrink(_ left: Int, _ right: Int, base: Int) {
    var blossom = size
    while top[blossom] >= 0 { blossom += 1 }
    dual[blossom] = 0
    label[blossom] = .outer
    mate[blossom] = mate[base]
    parentEnd[blossom] = parentEnd[base]
    var cycle = [Int32(base)]
    appendPath(from: left, to: base, &cycle)
    cycle[1...].reverse()
    appendPath(from: right, to: base, &cycle)
    members[blossom] = cycle
    setTop(of: blossom, Int32(blossom))
    adoptEdges(of: blossom)
    findNearestOuter(of: blossom)
  }

  /// The nodes from `start` up to but without `base`, outer and inner in turn.
  private mutating func appendPath(from start: Int, to base: Int, _ cycle: inout [Int32]) {
    var outer = start
    while outer != base {
      let inner = Int(top[Int(mate[outer])])
      cycle.append(Int32(outer))
      cycle.append(Int32(inner))
      enqueue(inner)
      outer = Int(top[Int(parentEnd[inner])])
    }
  }

  private mutating func setTop(of node: Int, _ top: Int32) {
    self.top[node] = top
    if node >= size { for member in members[node] { setTop(of: Int(member), top) } }
  }

  /// The best edge of a blossom to every other node is the best of its members'.
  private mutating func adoptEdges(of blossom: Int) {
    for node in 0..<capacity {
      nearEnd[blossom * capacity + node] = -1
      nearEnd[node * capacity + blossom] = -1
    }
    for end in 0..<size { holder[blossom * size + end] = -1 }
    for member in members[blossom] {
      let member = Int(member)
      for node in 0..<capacity where hasEdge(member, node) {
        if !hasEdge(blossom, node) || slack(between: member, node) < slack(between: blossom, node) {
          copyEdge(member, blossom, towards: node)
        }
      }
      for end in 0..<size where holder[member * size + end] >= 0 {
        holder[blossom * size + end] = Int32(member)
      }
    }
  }

  private mutating func copyEdge(_ member: Int, _ blossom: Int, towards node: Int) {
    nearEnd[blossom * capacity + node] = nearEnd[member * capacity + node]
    farEnd[blossom * capacity + node] = farEnd[member * capacity + node]
    nearEnd[node * capacity + blossom] = nearEnd[node * capacity + member]
    farEnd[node * capacity + blossom] = farEnd[node * capacity + member]
  }

  /// Opens an inner blossom whose dual has come down to 0, keeping the path through it.
  private mutating func expand(_ blossom: Int) {
    for member in members[blossom] { setTop(of: Int(member), member) }
    let entry = nearEnd[blossom * capacity + Int(parentEnd[blossom])]
    let entered = holder[blossom * size + Int(entry)]
    let place = evenPlace(of: entered, in: blossom)
    let cycle = members[blossom]
    for index in stride(from: 0, to: place, by: 2) {
      let (inner, outer) = (Int(cycle[index]), Int(cycle[index + 1]))
      parentEnd[inner] = nearEnd[outer * capacity + inner]
      label[inner] = .inner
      label[outer] = .outer
      nearestOuter[inner] = -1
      findNearestOuter(of: outer)
      enqueue(outer)
    }
    label[Int(entered)] = .inner
    parentEnd[Int(entered)] = parentEnd[blossom]
    nearestOuter[Int(entered)] = -1
    for index in place + 1..<max(place + 1, cycle.count) {
      label[Int(cycle[index])] = .free
      findNearestOuter(of: Int(cycle[index]))
    }
    top[blossom] = -1
    members[blossom] = []
    label[blossom] = .free
  }
}
