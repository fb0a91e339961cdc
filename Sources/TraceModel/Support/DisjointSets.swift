/// Sets that can be joined (union and find with path halving); the lowest member stands for its set.
package struct DisjointSets: Sendable {
  private var parent: [Int32]

  /// Each member alone.
  package init(count: Int) { parent = (0..<Int32(count)).map { $0 } }

  /// Makes one set of those of two members; nearly O(1).
  package mutating func join(_ left: Int, _ right: Int) {
    let (left, right) = (root(of: left), root(of: right))
    parent[max(left, right)] = Int32(min(left, right))
  }

  /// The lowest member of a member's set; nearly O(1).
  package mutating func root(of member: Int) -> Int {
    var member = member
    while Int(parent[member]) != member {
      parent[member] = parent[Int(parent[member])]
      member = Int(parent[member])
    }
    return member
  }

  /// The set of each member; sets are numbered in the order of their lowest members.
  package mutating func numbered() -> (of: [Int32], count: Int) {
    var number = [Int32](repeating: 0, count: parent.count)
    var count = 0
    for member in parent.indices {
      let root = root(of: member)
      if root == member {
        number[member] = Int32(count)
        count += 1
      } else {
        number[member] = number[root]
      }
    }
    return (number, count)
  }
}
