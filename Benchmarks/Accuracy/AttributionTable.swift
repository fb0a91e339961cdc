import TraceModel

/// Attribution of captures whose labels are known: at least 95 % of the bytes of each case must get
/// their phase, every iteration must be found, and none invented.
func printAttributionTable() throws -> Bool {
  print("Attribution of synthetic captures (shares of bytes that were labelled right)")
  print(tableLine("", ["phase", "layer", "iteration", "boundaries", "invented"], firstWidth: 40))
  let folder = try InputFolder()
  var isGood = true
  var sum: AttributionScore?
  for sample in AttributionCase.all {
    let score = try sample.score(in: folder)
    let passes =
      score.rightPhaseShare >= 0.95 && score.foundBoundaries == score.boundaryCount
      && score.inventedBoundaries == 0
    isGood = isGood && passes
    print(
      tableLine(
        sample.name,
        [
          percentText(score.rightPhaseShare), percentText(score.rightLayerShare),
          percentText(score.rightIterationShare),
          "\(score.foundBoundaries)/\(score.boundaryCount)", "\(score.inventedBoundaries)",
        ], firstWidth: 40) + (passes ? "" : "   below threshold"))
    if sum == nil { sum = score } else { sum?.add(score) }
  }
  if let sum { printConfusion(sum.bytes) }
  return isGood
}

/// Bytes by true phase (rows) and found phase (columns), in shares of the row.
private func printConfusion(_ bytes: TrafficMatrix) {
  print("\nTrue phase (rows) and phase found (columns), all cases together")
  let columns = Phase.allCases.map { $0 == .unspecified ? "none" : shortName($0) }
  print(tableLine("", columns))
  for phase in Phase.allToAlls {
    let row = Phase.allCases.map { bytes[Int(phase.rawValue), Int($0.rawValue)] }
    let total = Double(max(1, row.reduce(0, +)))
    print(tableLine(phase.name, row.map { percentText(Double($0) / total) }))
  }
}

private func shortName(_ phase: Phase) -> String {
  switch phase {
  case .unspecified: "none"
  case .dispatchForward: "dispatch-f"
  case .combineForward: "combine-f"
  case .combineBackward: "combine-b"
  case .dispatchBackward: "dispatch-b"
  }
}
