// Components that are followed by levels of ports. While only flows end, bytes are brought up to date
// for none of the others: `PortReplay` knows what they have left. When a flow starts or a link's rate
// changes, the component is given up, its flows get their bytes, and what it has become is collected
// anew, as every component is.
extension FlowSession {
  /// Below so many flows, filling all of them anew is as fast.
  private static let fewestFlows = 256

  func isFollowedByPorts(_ component: Int) -> Bool {
    component < portReplays.count && portReplays[component] != nil
  }

  /// Follows the collected component by ports and queues it; false when it is not of that kind.
  ///
  /// O(flows + pairs of ports).
  mutating func followByPorts(_ component: Int) -> Bool {
    guard batching.isExact, scratch.flows.count >= Self.fewestFlows, let part = collectedPart(),
      let replay = PortReplay(
        part, memberBytes: part.memberFlow.map { flows.left[Int($0)] },
        memberWeight: part.memberFlow.map { _ in 1 }, at: now, batching: .exact)
    else { return false }
    while portReplays.count <= component { portReplays.append(nil) }
    portReplays[component] = replay
    fillCount += 1
    queuePorts(of: component)
    return true
  }

  /// Fills the ports of a component of which flows have ended.
  mutating func fillPorts(of component: Int) {
    portReplays[component]?.fill()
    fillCount += 1
    queuePorts(of: component)
  }

  private mutating func queuePorts(of component: Int) {
    let end = portReplays[component]?.nextEnd ?? .infinity
    components.queue(component, until: end, horizon: end)
  }

  /// Takes the flows out that end now; half of them gone, the component is given up.
  mutating func takeEndedOfPorts(_ component: Int, into ended: inout [Int32]) {
    _ = components.beginTaking(from: component)
    guard portReplays[component]?.endNext(at: now, tolerance: 1e-12) == true,
      let replay = portReplays[component]
    else { return }
    for member in replay.endedMembers {
      let flow = replay.part.memberFlow[Int(member)]
      flows.left[Int(flow)] = 0
      flows.updatedAt[Int(flow)] = now
      flows.component[Int(flow)] = -1
      end(flow)
      ended.append(flow)
    }
    if replay.runningCount * 2 > replay.part.bundleCount {
      awaitFilling(of: component)
    } else {
      disperse(component)
    }
  }

  /// Gives a component up; its flows get what they have left.
  mutating func dispersePorts(_ component: Int) {
    guard let replay = portReplays[component] else { return }
    portReplays[component] = nil
    components.release(component)
    for bundle in 0..<replay.part.bundleCount where replay.isRunning(bundle) {
      let flow = Int(replay.part.memberFlow[bundle])
      let sent = replay.bytesSent(by: bundle, until: now)
      flows.left[flow] = max(0, flows.left[flow] - sent)
      flows.rate[flow] = 0
      flows.updatedAt[flow] = now
      flows.component[flow] = -1
      dirtyLinks.append(flows.crossingLink[flows.crossings(of: flow).lowerBound])
    }
  }

  /// The collected flows as a part, one bundle each; nil when one has several paths, a path of more
  /// than two links, or a link that is paused.
  private mutating func collectedPart() -> FluidPart? {
    for flow in scratch.flows {
      guard flows.subflows(of: Int(flow)).count == 1, flows.crossings(of: Int(flow)).count <= 2
      else { return nil }
    }
    var part = FluidPart()
    for (number, link) in scratch.links.enumerated() {
      guard links.capacity[Int(link)] > 0 else { return nil }
      part.linkCapacity.append(links.capacity[Int(link)])
      // Which link of the part it is; filling writes over it.
      scratch.waiting[Int(link)] = Int32(number)
    }
    var path: [Int32] = []
    var offsets: [Int32] = [0]
    path.reserveCapacity(2 * scratch.flows.count)
    offsets.reserveCapacity(scratch.flows.count + 1)
    for flow in scratch.flows {
      for crossing in flows.crossings(of: Int(flow)) {
        path.append(scratch.waiting[Int(flows.crossingLink[crossing])])
      }
      offsets.append(Int32(path.count))
    }
    part.subflowOffsets = (0...Int32(scratch.flows.count)).map { $0 }
    part.memberOffsets = part.subflowOffsets
    part.memberFlow = scratch.flows
    part.setPaths(path, offsets: offsets)
    return part
  }
}
