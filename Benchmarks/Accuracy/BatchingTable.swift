import Replay
import TraceModel

/// What the batching of flows that end at nearly the same time costs in accuracy, against exact.
///
/// The first rows are one all-to-all of 256 ends that start one after the other within a fifth of it;
/// the others are whole iterations of 4 layers on rails, 64 GPUs, at rank grain.
func printBatchingTable() throws -> Bool {
  print("\nBatching: what a step changes, against exact")
  print(tableLine("", ["step", "completion", "mean flow", "faster"]))
  var isGood = true
  let allToAll = StaggeredAllToAll(ends: 256, seed: 256)
  let (exact, exactTime) = timed { allToAll.finishTimes(.exact) }
  let length = exact.max() ?? 1
  for step in [0.01, 0.02, 0.05, 0.1] {
    let (batched, time) = timed { allToAll.finishTimes(FluidBatching(relativeStep: step)) }
    let completion = abs((batched.max() ?? 0) / length - 1)
    let mean =
      zip(batched, exact).reduce(0) { $0 + abs($1.0 - $1.1) } / (Double(exact.count) * length)
    isGood = isGood && completion <= step && mean <= step
    printRow("all-to-all of 256 ends", step, completion, mean, exactTime / time)
  }
  let workload = distinctIteration(servers: 8, grain: .rank, spacing: 1, layers: 4)
  let fabric = iterationFabric("rail-optimised", layout: workload.layout)
  let (whole, wholeTime) = try timed { try replay(workload, on: fabric).completionNanoseconds }
  for step in [0.01, 0.02, 0.05, 0.1] {
    let options = ReplayOptions(batching: FluidBatching(relativeStep: step))
    let (batched, time) = try timed {
      try replay(workload, on: fabric, options: options).completionNanoseconds
    }
    let completion = abs(batched / whole - 1)
    isGood = isGood && completion <= step
    printRow("iteration of 64 GPUs", step, completion, nil, wholeTime / time)
  }
  if !isGood { print("more than the step") }
  return isGood
}

private func printRow(
  _ name: String, _ step: Double, _ completion: Double, _ mean: Double?, _ faster: Double
) {
  func text(_ share: Double) -> String { "\((share * 1e5).rounded() / 1e3) %" }
  print(
    tableLine(
      name,
      [
        text(step), text(completion), mean.map(text) ?? "–", "\((faster * 10).rounded() / 10) ×",
      ]))
}

private func timed<Value>(_ body: () throws -> Value) rethrows -> (Value, seconds: Double) {
  let clock = ContinuousClock()
  let begin = clock.now
  let value = try body()
  return (value, (clock.now - begin) / .seconds(1))
}

/// Every end sends to every other once it has started.
private struct StaggeredAllToAll {
  private let ends: Int
  private var starts: [Double] = []
  private var bytes: [Double] = []

  init(ends: Int, seed: UInt64) {
    self.ends = ends
    var random = RandomStream(seed: seed, purpose: 1)
    bytes = (0..<ends * ends).map { _ in Double(1 + random.below(61)) }
    let length = Double(ends) * 31
    starts = (0..<ends).map { _ in random.unit() * length / 5 }.sorted()
  }

  func finishTimes(_ batching: FluidBatching) -> [Double] {
    var session = FlowSession(
      linkCapacity: [Double](repeating: 1, count: 2 * ends), batching: batching)
    var finish: [Double] = []
    var ended: [Int32] = []
    var next = 0
    while next < ends || session.runningCount > 0 {
      let start = next < ends ? starts[next] : .infinity
      session.advance(to: min(start, session.nextCompletion()))
      ended.removeAll(keepingCapacity: true)
      session.takeEnded(into: &ended)
      for flow in ended { finish[Int(flow)] = session.endTime(of: Int(flow)) }
      guard start <= session.now else { continue }
      for destination in 0..<ends where destination != next {
        session.appendPathLink(Int32(next))
        session.appendPathLink(Int32(ends + destination))
        session.endPath()
        session.startFlow(bytes: bytes[next * ends + destination])
        finish.append(0)
      }
      next += 1
    }
    return finish
  }
}
