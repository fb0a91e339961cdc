internal import HeapModule
internal import TraceModel

/// Circuits that turn by the clock while anything is on them.
extension Execution {
  /// A phase asks nobody: its bytes go when their circuits come round.
  mutating func leaveToCycle(_ number: Int, in region: Int) {
    guard let cycle = regions[region].cycle else { return }
    regions[region].items[number].stage = .open
    regions[region].head += 1
    let phase = Int(regions[region].items[number].phase)
    let place = regionsOfDemand[plan.phases[phase].demand].firstIndex(of: region) ?? 0
    records[phase].circuits[place] = cycle.circuits[0]
  }

  mutating func releaseToCycle(
    _ cycle: CircuitCycle, part: Int, phase: Int, region: Int, _ flows: PhaseFlows
  ) throws(ReplayError) {
    let meets = choices.matrices[cycle.union].cells
    var spread = RelaySpread(
      servers: network.regions[region].count, endsPerServer: program.endsPerServer,
      end: Int(program.partEnd[part]) % program.endsPerServer)
    for row in flows.rows(ofPartAt: part - program.parts(of: phase).lowerBound) {
      let pair = Int(flows.pair[row])
      let cell = Int(paths.cell[pair])
      guard cell >= 0 else { continue }
      guard meets[cell] > 0, paths.circuitRate[pair] > 0 else {
        try startElectrical(phase: phase, row: row, flows, bytes: flows.bytes[row])
        continue
      }
      wakeCircuits(of: region)
      if cycle.relaying == .direct {
        startHop(.circuit, phase: phase, row: row, flows, cell: cell, bytes: flows.bytes[row])
      } else {
        startRelayed(
          phase: phase, row: row, flows, over: spread.nextRelays(ofCell: cell), meets, in: region)
      }
    }
  }

  /// Divides a row's bytes over relays; those that are one of its own ends save a hop.
  private mutating func startRelayed(
    phase: Int, row: Int, _ flows: PhaseFlows, over relays: [Int], _ meets: [Int32], in region: Int
  ) {
    let cell = Int(paths.cell[Int(flows.pair[row])])
    let size = network.regions[region].count
    let share = flows.bytes[row] / Double(relays.count)
    var directBytes = 0.0
    for relay in relays {
      guard canRelay(relay, forCell: cell, meets, in: region) else {
        directBytes += share
        continue
      }
      receiptsLeft[Int(flows.destinationPart[row])] += 1
      startHop(
        .toRelay, phase: phase, row: row, flows, cell: cell / size * size + relay, bytes: share)
    }
    if directBytes > 0 {
      startHop(.circuit, phase: phase, row: row, flows, cell: cell, bytes: directBytes)
    } else {
      receiptsLeft[Int(flows.destinationPart[row])] -= 1
    }
  }

  /// Whether a server of a region can send on what goes from one of its servers to another.
  private func canRelay(
    _ relay: Int, forCell cell: Int, _ meets: [Int32], in region: Int
  ) -> Bool {
    let servers = network.regions[region]
    let (source, destination) = (cell / servers.count, cell % servers.count)
    return relay != source && relay != destination
      && meets[source * servers.count + relay] > 0
      && meets[relay * servers.count + destination] > 0
      && network.circuitRate(from: servers[source], to: servers[relay]) > 0
      && network.circuitRate(from: servers[relay], to: servers[destination]) > 0
  }

  private mutating func startHop(
    _ kind: FlowKind, phase: Int, row: Int, _ flows: PhaseFlows, cell: Int, bytes: Double
  ) {
    let pair = Int(flows.pair[row])
    let link = cycleLink(ofCell: cell, in: Int(paths.region[pair]))
    appendPath(kind, ofPair: pair, link: link)
    started(phase: phase, row: row, flows, bytes: bytes, kind: kind, cell: Int32(cell))
    regions[Int(paths.region[pair])].flowsOnCircuits += 1
  }

  /// Bytes have arrived at the server that sends them on.
  mutating func relay(flow: Int, _ arrived: CarriedFlow) {
    let pair = Int(arrived.pair)
    let region = Int(paths.region[pair])
    let size = network.regions[region].count
    let cell = Int(arrived.cell) % size * size + Int(paths.cell[pair]) % size
    wakeCircuits(of: region)
    appendPath(.fromRelay, ofPair: pair, link: cycleLink(ofCell: cell, in: region))
    session.startFlow(bytes: session.bytes(of: flow))
    var onward = arrived
    onward.cell = Int32(cell)
    onward.kind = .fromRelay
    carried.append(onward)
    regions[region].flowsOnCircuits += 1
  }

  private mutating func cycleLink(ofCell cell: Int, in region: Int) -> Int32 {
    let servers = network.regions[region]
    let rate = network.circuitRate(
      from: servers[cell / servers.count], to: servers[cell % servers.count])
    return circuitLink(
      ofCell: cell, rate: rate, count: circuitsThatCarry(in: region).map { $0[cell] } ?? 0,
      in: region)
  }

  // MARK: The clock

  /// Counts by cell; nil while circuits are being set up.
  private func circuitsThatCarry(in region: Int) -> [Int32]? {
    guard !regions[region].position.isDark, let circuits = regions[region].current else {
      return nil
    }
    return choices.matrices[circuits].cells
  }

  /// Looks where the circuits stand when nothing has been on them.
  private mutating func wakeCircuits(of region: Int) {
    guard let cycle = regions[region].cycle, !regions[region].isTurning else { return }
    regions[region].isTurning = true
    place(cycle.position(at: now), of: region)
  }

  mutating func turnCircuits(of region: Int) {
    guard let cycle = regions[region].cycle else {
      regionsToLookAt.append(region)
      return
    }
    retireCircuits(of: region)
    if regions[region].flowsOnCircuits == 0 {
      regions[region].isTurning = false
      regions[region].current = nil
    } else {
      place(cycle.next(regions[region].position), of: region)
    }
  }

  private mutating func place(_ position: CircuitCycle.Position, of region: Int) {
    guard let cycle = regions[region].cycle else { return }
    regions[region].position = position
    regions[region].current = cycle.circuits(at: position)
    regions[region].placedAt = now
    let counts = circuitsThatCarry(in: region)
    for (cell, link) in regions[region].links.enumerated() where link >= 0 {
      session.setCapacity(
        Double(counts?[cell] ?? 0) * regions[region].linkRate[cell], of: link)
    }
    if cycle.circuits.count > 1 {
      events.insert(
        Event(time: max(now, cycle.end(of: position)), kind: .circuitsTurn, number: Int32(region)))
    }
  }
}
