import TraceModel

/// Attribution of captures in which everything overlaps: at least 95 % of each case's bytes must get
/// their role and phase, every iteration of every job must be found, and none invented.
func printOverlapTable() throws -> Bool {
  print("\nAttribution where traffic overlaps: 1 % capture loss, 5 % compute jitter, drift")
  print(
    tableLine(
      "", ["role+phase", "layer", "iteration", "boundaries", "invented", "sets", "jobs"],
      firstWidth: 40))
  let folder = try InputFolder()
  var isGood = true
  var sum = TrafficMatrix(size: OverlapLabel.count)
  for sample in OverlapCase.all {
    let score = try sample.score(in: folder)
    let passes =
      score.rightShare >= 0.95 && score.foundBoundaries == score.boundaryCount
      && score.inventedBoundaries == 0
    isGood = isGood && passes
    print(
      tableLine(
        sample.name,
        [
          percentText(score.rightShare), percentText(score.rightLayerShare),
          percentText(score.rightIterationShare),
          "\(score.foundBoundaries)/\(score.boundaryCount)", "\(score.inventedBoundaries)",
          "\(score.communicatorCount)", "\(score.jobCount)",
        ], firstWidth: 40) + (passes ? "" : "   below threshold"))
    sum.add(score.bytes)
  }
  printConfusion(sum)
  return isGood
}

/// Bytes by true label (rows) and found label (columns), in shares of the row.
private func printConfusion(_ bytes: TrafficMatrix) {
  print("\nTrue role or phase (rows) and what was found (columns), all cases together")
  print(tableLine("", OverlapLabel.names, firstWidth: 14))
  for row in 0..<OverlapLabel.count {
    let values = (0..<OverlapLabel.count).map { bytes[row, $0] }
    let total = values.reduce(0, +)
    guard total > 0 else { continue }
    print(
      tableLine(
        OverlapLabel.names[row], values.map { percentText(Double($0) / Double(total)) },
        firstWidth: 14))
  }
}
