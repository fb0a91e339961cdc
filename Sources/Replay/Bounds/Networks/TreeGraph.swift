internal import TraceModel

extension FabricNetwork {
  /// The switches of a tree between the servers, the links of each group of them pooled; nil where one
  /// switch joins all NICs, or where servers are joined directly.
  ///
  /// A server's NICs lead to the groups that they hang below, those to the groups above, the last to one
  /// more node. Cables that paths are chosen among count as one link, and a server may use any of its
  /// NICs: both only make bounds smaller. With a spare server links no longer join the servers that
  /// they are named after, so then there is no graph.
  var treeGraph: LinkGraph? {
    guard !fabric.electrical.joinsWholeServers, fabric.electricalNICsPerServer > 0 else {
      return nil
    }
    for case .server in fabric.failures { return nil }
    let attachments = Int(firstDown - firstUp)
    let servers = layout.serverCount
    let perServer = max(1, attachments / servers)
    let capacity = capacityOfGroups()
    guard !capacity.isEmpty else { return nil }
    var nodes = GroupNodes(first: servers + 1)
    var edges: [(from: Int, to: Int, up: Double, down: Double)] = []
    var joined = Set<Int>()
    for attachment in 0..<attachments {
      var below = attachment / perServer
      var (up, down) = (
        links.capacity[Int(firstUp) + attachment], links.capacity[Int(firstDown) + attachment]
      )
      var isNew = true
      for group in groups(above: attachment, of: attachments) {
        let node = nodes.node(of: group)
        if isNew { edges.append((below, node, up, down)) }
        isNew = joined.insert(node).inserted
        below = node
        (up, down) = (capacity[group]?.up ?? 0, capacity[group]?.down ?? 0)
      }
      if isNew { edges.append((below, servers, up, down)) }
    }
    var graph = LinkGraph(nodeCount: nodes.end)
    for edge in edges {
      if edge.up > 0 { graph.addLink(from: edge.from, to: edge.to, capacity: edge.up) }
      if edge.down > 0 { graph.addLink(from: edge.to, to: edge.from, capacity: edge.down) }
    }
    return graph
  }

  /// The groups that an attachment hangs below, lowest first.
  ///
  /// Groups are consecutive, so the first or the last attachment is as far away as any.
  private func groups(above attachment: Int, of count: Int) -> [TreeGroup] {
    var longest: [TreeGroup] = []
    for other in [0, count - 1] where other != attachment {
      var groups: [TreeGroup] = []
      wiring.forEachLink(from: attachment, to: other, path: 0, flow: 0) { link in
        switch links.name[Int(link)] {
        case .up(let tier, let group), .cable(let tier, let group, _, true):
          groups.append(TreeGroup(tier: tier, number: group))
        default: return
        }
      }
      if groups.count > longest.count { longest = groups }
    }
    return longest
  }

  /// Bytes per nanosecond above each group, all its cables together.
  private func capacityOfGroups() -> [TreeGroup: (up: Double, down: Double)] {
    var capacity: [TreeGroup: (up: Double, down: Double)] = [:]
    for link in 0..<links.count {
      switch links.name[link] {
      case .up(let tier, let group), .cable(let tier, let group, _, true):
        capacity[TreeGroup(tier: tier, number: group), default: (0, 0)].up += links.capacity[link]
      case .down(let tier, let group), .cable(let tier, let group, _, false):
        capacity[TreeGroup(tier: tier, number: group), default: (0, 0)].down +=
          links.capacity[link]
      default: continue
      }
    }
    return capacity
  }
}

/// A leaf, pod or rail leaf.
private struct TreeGroup: Hashable {
  var tier: String
  var number: Int
}

/// Nodes of groups, in the order in which they are met.
private struct GroupNodes {
  private var known: [TreeGroup: Int] = [:]
  /// One after the last node.
  private(set) var end: Int

  init(first: Int) { end = first }

  mutating func node(of group: TreeGroup) -> Int {
    if let node = known[group] { return node }
    known[group] = end
    end += 1
    return end - 1
  }
}
