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
        part, memberBytes: part.memberFlow.map { flows.states[Int($0)].left },
        memberWeight: part.memberFlow.map { _ in 1 }, at: now, window: 0)
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
    components.wait(component)
    guard portReplays[component]?.endNext(at: now, tolerance: 1e-12) == true,
      let replay = portReplays[component]
    else { return }
    for member in replay.endedMembers {
      let flow = replay.part.memberFlow[Int(member)]
      flows.states[Int(flow)].left = 0
      flows.states[Int(flow)].updatedAt = now
      flows.states[Int(flow)].component = -1
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
      flows.states[flow].left = max(0, flows.states[flow].left - sent)
      flows.states[flow].rate = 0
      flows.states[flow].updatedAt = now
      flows.states[flow].component = -1
      dirtyLinks.append(firstLink(of: flow))
    }
  }

  /// The collected flows as a part, one bundle each; nil when one has several paths, a path of more
  /// than two links, or a link that is paused.
  private mutating func collectedPart() -> FluidPart? {
    for flow in scratch.flows {
      let state = flows.states[Int(flow)]
      guard state.subflows.count == 1, state.crossings.count <= 2 else { return nil }
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
      for crossing in flows.states[Int(flow)].crossings {
        path.append(scratch.waiting[Int(flows.crossings[crossing].link)])
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
