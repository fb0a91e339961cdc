/// Replays one part from its start to its end, in stages.
///
/// Each stage leaves out the links that are slack while it lasts, see `SlackLinks`. The first
/// keeps all links; another begins when enough has become slack to be worth the work, or when
/// rates have grown so much that a link that was left out might fill up.
package func replayPart(
  _ part: FluidPart, flowBytes: [Double], flowMultiplicity: [Int32], _ batching: FluidBatching
) -> PartSolution {
  let bytes = part.memberFlow.map { flowBytes[Int($0)] }
  let weight = part.memberFlow.map { flowMultiplicity[Int($0)] }
  let window =
    batching.isExact
    ? 0 : batching.relativeStep * part.leastTime(memberBytes: bytes, memberWeight: weight)
  if var replay = PortReplay(
    part, memberBytes: bytes, memberWeight: weight, at: 0, window: window)
  {
    var solution = PartSolution(finish: [Double](repeating: 0, count: bytes.count))
    while replay.step(finish: &solution.finish) {}
    solution.eventCount = replay.eventCount
    return solution
  }
  var stages = PartStages(part, memberBytes: bytes, memberWeight: weight, window: window)
  return stages.run()
}

private struct PartStages {
  private let part: FluidPart
  private let memberWeight: [Int32]
  private let window: Double
  /// The bundle of each member.
  private let bundleOf: [Int32]
  /// Bytes that each member has left at the start of the stage; negative once it has ended.
  private var left: [Double]
  /// The stage, the part's member behind each of its members, and when those end.
  private var stage: PartReplay
  private var memberOf: [Int32]
  private var stageFinish: [Double]
  /// Links of the part that the stage keeps, and what those left out rely on.
  private var isKept: [Bool]
  private var limits: SlackLimits?
  private var solution: PartSolution

  /// A link is left out when it has room for this many times what is used of it.
  private static let wantedFactor = 2.0
  /// It stays out when it has room for this many times what is used once it is out.
  private static let neededFactor = 1.25

  init(
    _ part: FluidPart, memberBytes: [Double], memberWeight: [Int32], window: Double
  ) {
    self.part = part
    self.memberWeight = memberWeight
    self.window = window
    bundleOf = (0..<part.bundleCount).flatMap { bundle in
      part.members(of: bundle).map { _ in Int32(bundle) }
    }
    left = memberBytes
    isKept = part.linkCapacity.map { _ in true }
    stage = PartReplay(
      part, memberBytes: memberBytes, memberWeight: memberWeight, at: 0, window: window)
    memberOf = memberBytes.indices.map { Int32($0) }
    stageFinish = memberBytes
    solution = PartSolution(finish: memberBytes)
  }

  mutating func run() -> PartSolution {
    // Stages pay for large parts only, and the splits of several subflows do not survive one.
    let hasStages = part.subflowCount == part.bundleCount && part.bundleCount > 64
    let patience = 32 * part.path.count
    var nextLook = patience
    while stage.step(finish: &stageFinish) {
      guard hasStages else { continue }
      if let limits, limits.areExceeded(by: stage) {
        startStage(keeping: tight(linkUse(), by: Self.wantedFactor))
        nextLook = patience
      } else if stage.work > nextLook {
        let use = linkUse()
        let isTight = tight(use, by: Self.wantedFactor)
        if isWorthwhile(use, keeping: isTight) {
          startStage(keeping: isTight)
          nextLook = patience
        } else {
          nextLook = stage.work + patience
        }
      }
    }
    closeStage()
    solution.memberSubflowBytes = stage.memberSubflowBytes
    return solution
  }

  /// What is used of each link of the part, and by how many running members.
  private func linkUse() -> [(bytesPerNanosecond: Double, crossings: Int)] {
    var use = part.linkCapacity.map { _ in (bytesPerNanosecond: 0.0, crossings: 0) }
    for bundle in 0..<stage.part.bundleCount where stage.isRunning(bundle) {
      let rate = stage.rate(of: bundle)
      for member in stage.runningMembers(of: bundle) {
        let member = Int(memberOf[member])
        for place in part.path(of: Int(bundleOf[member])) {
          let link = Int(part.path[place])
          guard link < use.count else { continue }
          use[link].bytesPerNanosecond += rate * Double(memberWeight[member])
          use[link].crossings += 1
        }
      }
    }
    return use
  }

  private func tight(
    _ use: [(bytesPerNanosecond: Double, crossings: Int)], by factor: Double
  ) -> [Bool] {
    zip(use, part.linkCapacity).map { $0.bytesPerNanosecond * factor > $1 }
  }

  /// True when a quarter of the crossings that are kept would go.
  private func isWorthwhile(
    _ use: [(bytesPerNanosecond: Double, crossings: Int)], keeping isTight: [Bool]
  ) -> Bool {
    var kept = 0
    var dropped = 0
    for link in use.indices where isKept[link] {
      if isTight[link] { kept += use[link].crossings } else { dropped += use[link].crossings }
    }
    return dropped * 3 >= kept
  }

  /// Goes on from here with other links, and with more if those do not hold the rates down.
  private mutating func startStage(keeping links: [Bool]) {
    closeStage()
    solution.stageCount += 1
    isKept = links
    while true {
      let merged = part.merged(keeping: isKept, left: left, weights: memberWeight)
      memberOf = merged.memberFlow
      stage = PartReplay(
        merged, memberBytes: memberOf.map { left[Int($0)] },
        memberWeight: memberOf.map { memberWeight[Int($0)] }, at: stage.now, window: window)
      let use = linkUse()
      let isTight = tight(use, by: Self.neededFactor)
      guard isTight.indices.contains(where: { isTight[$0] && !isKept[$0] }) else {
        limits = SlackLimits(factor: slackFactor(use), stage)
        break
      }
      for link in isKept.indices where isTight[link] { isKept[link] = true }
    }
    stageFinish = memberOf.map { _ in 0 }
  }

  /// Capacity ÷ use of the tightest link that is left out.
  private func slackFactor(_ use: [(bytesPerNanosecond: Double, crossings: Int)]) -> Double {
    var factor = Double.infinity
    for link in use.indices where !isKept[link] && use[link].crossings > 0 {
      factor = min(factor, part.linkCapacity[link] / use[link].bytesPerNanosecond)
    }
    return factor
  }

  /// Writes down what the stage has done.
  private mutating func closeStage() {
    solution.eventCount += stage.eventCount
    for bundle in 0..<stage.part.bundleCount {
      let running = stage.runningMembers(of: bundle)
      for member in stage.part.members(of: bundle).lowerBound..<running.lowerBound {
        solution.finish[Int(memberOf[member])] = stageFinish[member]
        left[Int(memberOf[member])] = -1
      }
      guard !running.isEmpty, stage.part.subflowCount == stage.part.bundleCount else { continue }
      let sent = stage.bytesSent(by: bundle)
      for member in running {
        left[Int(memberOf[member])] = max(0, left[Int(memberOf[member])] - sent)
      }
    }
  }
}
