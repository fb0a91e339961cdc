import Replay

/// Textbook progressive filling, worked out from nothing at every event: slow and plain.
///
/// Each flow begins at its start, by default at once; a link may get another rate at some moment.
func naiveFinishTimes(
  _ problem: FluidProblem, starts: [Double]? = nil,
  change: (time: Double, link: Int, capacity: Double)? = nil
) -> [Double] {
  var capacity = problem.linkCapacity
  var left = problem.flowBytes
  var finish = left.map { _ in 0.0 }
  let starts = starts ?? finish
  var now = 0.0
  while left.contains(where: { $0 > 0 }) {
    let isRunning = left.indices.map { left[$0] > 0 && starts[$0] <= now }
    if let change, now >= change.time { capacity[change.link] = change.capacity }
    let rates = naiveRates(problem, capacity: capacity, isRunning: isRunning)
    let end = left.indices.filter { isRunning[$0] }.map { left[$0] / rates[$0] }.min() ?? .infinity
    let start = (starts + [change?.time ?? 0]).filter { $0 > now }.min() ?? .infinity
    let step = min(end, start - now)
    // Exactly the start, so that who starts then runs.
    now = start - now <= end ? start : now + step
    for flow in left.indices where isRunning[flow] {
      left[flow] -= rates[flow] * step
      if left[flow] <= problem.flowBytes[flow] * 1e-12 {
        left[flow] = 0
        finish[flow] = now
      }
    }
  }
  return finish
}

private func naiveRates(
  _ problem: FluidProblem, capacity: [Double], isRunning: [Bool]
) -> [Double] {
  var rate = [Double](repeating: 0, count: problem.subflowCount)
  var copies = [Double](repeating: 0, count: problem.subflowCount)
  var remaining = capacity
  var waiting = remaining.map { _ in 0.0 }
  var unfixed: [Int] = []
  func links(_ subflow: Int) -> [Int] {
    problem.pathRange(of: subflow).map { Int(problem.path[$0]) }
  }
  for flow in 0..<problem.flowCount where isRunning[flow] {
    for subflow in problem.subflows(of: flow) {
      copies[subflow] = Double(problem.flowMultiplicity[flow])
      for link in links(subflow) { waiting[link] += copies[subflow] }
      unfixed.append(subflow)
    }
  }
  while !unfixed.isEmpty {
    let shares = remaining.indices.map { waiting[$0] > 0 ? remaining[$0] / waiting[$0] : .infinity }
    let share = shares.min() ?? 0
    let tightest = shares.firstIndex(of: share) ?? 0
    for subflow in unfixed where links(subflow).contains(tightest) {
      rate[subflow] = max(0, share)
      for link in links(subflow) {
        remaining[link] -= rate[subflow] * copies[subflow]
        waiting[link] -= copies[subflow]
      }
    }
    unfixed.removeAll { links($0).contains(tightest) }
  }
  return (0..<problem.flowCount).map { flow in
    problem.subflows(of: flow).reduce(0) { $0 + rate[$1] }
  }
}
