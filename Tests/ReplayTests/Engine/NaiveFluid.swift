import Replay

/// Textbook progressive filling, worked out from nothing at every event: slow and plain.
func naiveFinishTimes(_ problem: FluidProblem) -> [Double] {
  var left = problem.flowBytes
  var finish = left.map { _ in 0.0 }
  var now = 0.0
  while left.contains(where: { $0 > 0 }) {
    let rates = naiveRates(problem, isRunning: left.map { $0 > 0 })
    let step = left.indices.filter { left[$0] > 0 }.map { left[$0] / rates[$0] }.min() ?? 0
    now += step
    for flow in left.indices where left[flow] > 0 {
      left[flow] -= rates[flow] * step
      if left[flow] <= problem.flowBytes[flow] * 1e-12 {
        left[flow] = 0
        finish[flow] = now
      }
    }
  }
  return finish
}

private func naiveRates(_ problem: FluidProblem, isRunning: [Bool]) -> [Double] {
  var rate = [Double?](repeating: nil, count: problem.subflowCount)
  var flowOf = [Int](repeating: 0, count: problem.subflowCount)
  for flow in 0..<problem.flowCount {
    for subflow in problem.subflows(of: flow) {
      flowOf[subflow] = flow
      if !isRunning[flow] { rate[subflow] = 0 }
    }
  }
  func copies(_ subflow: Int) -> Double { Double(problem.flowMultiplicity[flowOf[subflow]]) }
  while rate.contains(nil) {
    var tightest = (share: Double.infinity, link: -1)
    for link in 0..<problem.linkCount {
      var remaining = problem.linkCapacity[link]
      var waiting = 0.0
      for subflow in 0..<problem.subflowCount {
        for place in problem.pathRange(of: subflow) where Int(problem.path[place]) == link {
          if let fixed = rate[subflow] {
            remaining -= fixed * copies(subflow)
          } else {
            waiting += copies(subflow)
          }
        }
      }
      if waiting > 0 && remaining / waiting < tightest.share {
        tightest = (max(0, remaining) / waiting, link)
      }
    }
    for subflow in 0..<problem.subflowCount where rate[subflow] == nil {
      if problem.pathRange(of: subflow).contains(where: { Int(problem.path[$0]) == tightest.link })
      {
        rate[subflow] = tightest.share
      }
    }
  }
  return (0..<problem.flowCount).map { flow in
    problem.subflows(of: flow).reduce(0) { $0 + (rate[$1] ?? 0) }
  }
}
