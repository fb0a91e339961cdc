/// What happened in one phase, while it happens.
struct PhaseRecord: Sendable {
  /// Parts that have not ended.
  var partsLeft = 0
  var firstReady = Double.infinity
  var lastReady = 0.0
  var firstByte = Double.infinity
  var end = 0.0
  var bytes = CarriedBytes()
  /// The longest wait in a region for circuits that were being changed.
  var blocked = 0.0
  /// The delays of a region's changes made for the phase: of the region with most.
  var delay = 0.0
  var reconfiguredRegionCount = 0
  /// Numbers of the circuits that each region with demand had for it.
  var circuits: [Int?] = []

  var isDone: Bool { partsLeft == 0 }
  /// From the first byte to the last receipt.
  var duration: Double { firstByte < .infinity ? max(0, end - firstByte) : 0 }
}

/// The rows of one phase while it runs: who sends what to whom.
struct PhaseFlows: Sendable {
  /// Number in the `PathTable` of each pair of the demand.
  var pair: [Int32]
  var bytes: [Double]
  var destinationPart: [Int32]
  /// First row of each part of the phase, and the end of the last one's.
  var firstRow: [Int32]

  /// - Parameter partOfEnd: memory for a mark by end, -1 before and after.
  init(
    _ demand: PhaseDemand, scale: Double, phase: Int, program: Program, paths: PathTable,
    partOfEnd: inout [Int32]
  ) {
    let parts = program.parts(of: phase)
    pair = demand.pairs.map { Int32(paths.number(of: $0)) }
    bytes = demand.pairs.map { $0.bytes * scale }
    let own = parts.lowerBound..<program.joins(of: phase).lowerBound
    for part in own { partOfEnd[Int(program.partEnd[part])] = Int32(part) }
    destinationPart = demand.pairs.map { partOfEnd[Int($0.destination)] }
    for part in own { partOfEnd[Int(program.partEnd[part])] = -1 }
    firstRow = []
    var row = 0
    for part in parts {
      firstRow.append(Int32(row))
      while row < demand.pairs.count && demand.pairs[row].source == program.partEnd[part] {
        row += 1
      }
    }
    firstRow.append(Int32(row))
  }

  /// The rows that a part sends; `place` counts from the phase's first part.
  func rows(ofPartAt place: Int) -> Range<Int> { Int(firstRow[place])..<Int(firstRow[place + 1]) }
}
