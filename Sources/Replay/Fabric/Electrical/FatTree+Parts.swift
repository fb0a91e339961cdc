public import TraceModel

extension FatTree {
  /// The NICs and cables of every leaf and pod, as they are wired.
  struct Built {
    /// NICs below each leaf and cables above it; none above the only one.
    var leaves: [(nics: Int, cables: Int)] = []
    /// Leaves, their cables and the cables above each pod; none above the only one.
    var pods: [(leaves: Int, leafCables: Int, cables: Int)] = []
  }

  /// The tree for so many servers; spare ones come after all others.
  func built(forServers servers: Int, on fabric: FabricSpecification) -> Built {
    var built = Built()
    for first in stride(from: 0, to: servers, by: serversPerLeaf) {
      let nics = min(serversPerLeaf, servers - first) * fabric.electricalNICsPerServer
      built.leaves.append((nics, 0))
    }
    if fabric.electricalNICsPerServer > 0 { addCables(to: &built) }
    return built
  }

  private func addCables(to built: inout Built) {
    guard built.leaves.count > 1 else { return }
    for leaf in built.leaves.indices {
      built.leaves[leaf].cables = cables(above: built.leaves[leaf].nics, leafOversubscription)
    }
    // Every leaf is wired to every spine of its pod unless the uplinks are one pool.
    let spines = built.leaves.map(\.cables).max() ?? 1
    if routing != .sprayed {
      for leaf in built.leaves.indices { built.leaves[leaf].cables = spines }
    }
    var nicsOfPods: [Int] = []
    for first in stride(from: 0, to: built.leaves.count, by: leavesPerPod) {
      let leaves = built.leaves[first..<min(first + leavesPerPod, built.leaves.count)]
      nicsOfPods.append(leaves.reduce(0) { $0 + $1.nics })
      built.pods.append((leaves.count, leaves.reduce(0) { $0 + $1.cables }, 0))
    }
    guard built.pods.count > 1 else { return }
    let cores = cables(above: nicsOfPods.max() ?? 0, podOversubscription * Double(spines))
    for pod in built.pods.indices {
      built.pods[pod].cables =
        routing == .sprayed ? cables(above: nicsOfPods[pod], podOversubscription) : spines * cores
    }
  }

  private func cables(above nics: Int, _ ratio: Double) -> Int {
    cableCount(capacity: Double(nics) / ratio, cableRate: 1)
  }

  public func billOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList, wholeBoxes: Bool
  ) -> BillOfMaterials {
    .switched(
      nicCount: fabric.electricalNICCount(for: layout),
      tree: built(forServers: layout.serverCount + fabric.spareServerCount, on: fabric)
        .switches(radix: fabric.switchRadix), prices: prices, wholeBoxes: wholeBoxes)
  }
}

extension FatTree.Built {
  /// Leaves, spines and cores.
  func switches(radix: Int) -> SwitchedTree {
    var tree = SwitchedTree(radix: radix)
    for leaf in leaves { tree.addGroup(portsDown: leaf.nics, portsUp: leaf.cables) }
    for pod in pods { tree.addGroup(portsDown: pod.leafCables, portsUp: pod.cables) }
    tree.addTop(joining: pods.count, cables: pods.reduce(0) { $0 + $1.cables })
    return tree
  }

  /// Why no switch of so many ports is such a leaf or spine, in words, or nil.
  func defect(switchRadix radix: Int) -> String? {
    let advice = "declare a larger switch radix, or smaller leaves and pods"
    if let leaf = leaves.first(where: { $0.nics + $0.cables > radix }) {
      return "a leaf of \(leaf.nics) NICs and \(leaf.cables) cables up does not fit a switch of "
        + "\(radix) ports: \(advice)"
    }
    let spines = max(1, leaves.map(\.cables).max() ?? 1)
    for pod in pods {
      // Each spine has a cable to each leaf; more cables up than down would be of no use.
      let up = (min(pod.cables, pod.leafCables) + spines - 1) / spines
      if pod.leaves + up > radix {
        return "a spine with \(pod.leaves) leaves and \(up) cables up does not fit a switch of "
          + "\(radix) ports: \(advice)"
      }
    }
    return SwitchedTree.tierCount(joining: pods.count, radix: radix) == nil
      ? "switches of \(radix) ports cannot join \(pods.count) pods: \(advice)" : nil
  }
}
