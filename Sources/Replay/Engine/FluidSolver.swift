internal import TraceModel

extension FluidProblem {
  /// Replays the flows exactly: max-min fair rates over subflows, worked out anew whenever one ends.
  ///
  /// Connected parts are solved apart and on all cores; the answer does not depend on how many
  /// cores there are nor on the order of the flows beyond rounding. Per event the cost is
  /// O(subflows whose rate may change × path + links log links).
  /// Parts whose flows cross two links each, as all-to-alls do, are followed by the levels of their
  /// links instead (`PortReplay`).
  /// - Throws: a `ReplayError` that names the flow when a flow can never end (every path crosses a
  ///   link without capacity) or a path is malformed.
  public func solve(_ batching: FluidBatching = .exact) throws(ReplayError) -> FluidSolution {
    if let defect {
      throw ReplayError(
        defect.reason, at: defect.flow.map { "flow \($0)" } ?? "fluid problem",
        advice: "every flow needs a path of links with capacity")
    }
    return solveUnchecked(batching)
  }

  /// `solve()` for a problem without a `defect`.
  package func solveUnchecked(_ batching: FluidBatching = .exact) -> FluidSolution {
    let parts = FluidParts(self).parts
    let batches = Self.batches(of: parts)
    let bytes = flowBytes
    let multiplicity = flowMultiplicity
    let solved = parallelMap(count: batches.count) { batch in
      batches[batch].map {
        replayPart(parts[$0], flowBytes: bytes, flowMultiplicity: multiplicity, batching)
      }
    }
    var solution = FluidSolution(
      finish: [Double](repeating: 0, count: flowCount),
      linkBytes: [Double](repeating: 0, count: linkCount),
      subflowBytes: [Double](repeating: 0, count: subflowCount), completion: 0, eventCount: 0)
    for (batch, answers) in zip(batches, solved) {
      for (part, answer) in zip(batch, answers) { collect(answer, of: parts[part], in: &solution) }
    }
    for subflow in 0..<subflowCount {
      for place in pathRange(of: subflow) {
        solution.linkBytes[Int(path[place])] += solution.subflowBytes[subflow]
      }
    }
    return solution
  }

  private func collect(
    _ answer: PartSolution, of part: FluidPart, in solution: inout FluidSolution
  ) {
    solution.eventCount += answer.eventCount
    var split = 0
    for (member, flow) in part.memberFlow.enumerated() {
      let flow = Int(flow)
      solution.finish[flow] = answer.finish[member]
      solution.completion = max(solution.completion, answer.finish[member])
      let subflows = subflows(of: flow)
      let copies = Double(flowMultiplicity[flow])
      if answer.memberSubflowBytes.isEmpty {
        solution.subflowBytes[subflows.lowerBound] = flowBytes[flow] * copies
      } else {
        for subflow in subflows {
          solution.subflowBytes[subflow] = answer.memberSubflowBytes[split] * copies
          split += 1
        }
      }
    }
  }

  /// Parts in runs of enough work to be worth a thread; the runs depend on the parts alone.
  private static func batches(of parts: [FluidPart]) -> [Range<Int>] {
    let worthwhile = 2048
    var batches: [Range<Int>] = []
    var first = 0
    var members = 0
    for (index, part) in parts.enumerated() {
      members += part.memberFlow.count
      if members >= worthwhile || index == parts.count - 1 {
        batches.append(first..<index + 1)
        first = index + 1
        members = 0
      }
    }
    return batches
  }
}
