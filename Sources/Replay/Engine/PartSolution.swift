/// What the replay of one part answers, in the order of its members.
package struct PartSolution: Sendable {
  package var finish: [Double]
  /// Bytes of one flow per (member, subflow), for parts with several subflows only.
  package var memberSubflowBytes: [Double] = []
  package var eventCount = 0
}

/// Replays one part from its start to its end.
package func replayPart(
  _ part: FluidPart, flowBytes: [Double], flowMultiplicity: [Int32], _ batching: FluidBatching
) -> PartSolution {
  var solution = PartSolution(finish: [Double](repeating: 0, count: part.memberFlow.count))
  var replay = PartReplay(
    part, memberBytes: part.memberFlow.map { flowBytes[Int($0)] },
    memberWeight: part.memberFlow.map { flowMultiplicity[Int($0)] }, at: 0, batching: batching)
  while replay.step(finish: &solution.finish) {}
  solution.memberSubflowBytes = replay.memberSubflowBytes
  solution.eventCount = replay.eventCount
  return solution
}
