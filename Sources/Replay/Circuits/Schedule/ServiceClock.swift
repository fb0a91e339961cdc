internal import TraceModel

/// What the circuits of a schedule could have carried up to a moment, pair by pair.
///
/// `carried` is room, not bytes: it may exceed the demand. What is left of a pair is
/// max(0, demand − carried).
struct ServiceClock {
  let size: Int
  let demand: [Double]
  let portRate: Double
  let electricalRate: Double
  private(set) var now = 0.0
  private(set) var carried: [Double]
  /// When the last byte went over a circuit.
  private(set) var lastByte = 0.0
  /// Pairs that have bytes left.
  private(set) var openPairs = 0
  private var rows: [Double]
  private var columns: [Double]
  /// Rounding errors that sums of what is left may carry.
  private var tolerance = 0.0

  init(_ request: CircuitRequest) {
    size = request.serverCount
    demand = request.demand.withoutDiagonal.cells.map(Double.init)
    portRate = request.portRate
    electricalRate = request.electricalRate
    carried = [Double](repeating: 0, count: demand.count)
    rows = [Double](repeating: 0, count: size)
    columns = rows
    sumLines()
    tolerance = 1e-11 * max(rows.max() ?? 0, columns.max() ?? 0)
  }

  private mutating func sumLines() {
    for line in 0..<size {
      rows[line] = 0
      columns[line] = 0
    }
    openPairs = 0
    for row in 0..<size {
      for column in 0..<size {
        let left = left(row * size + column)
        rows[row] += left
        columns[column] += left
        if left > 0 { openPairs += 1 }
      }
    }
  }

  func left(_ cell: Int) -> Double { max(0, demand[cell] - carried[cell]) }

  /// Whether the electrical ports have had the time to carry all that is left.
  var isDrained: Bool {
    let room = electricalRate * now
    for line in 0..<size where max(rows[line], columns[line]) > room + tolerance { return false }
    return true
  }

  /// Lets circuits carry for a while.
  mutating func advance(_ circuits: [DirectedCircuits], nanoseconds: Double) {
    for one in circuits {
      let cell = Int(one.source) * size + Int(one.destination)
      let rate = Double(one.count) * portRate
      let before = left(cell)
      carried[cell] += rate * nanoseconds
      guard before > 0 else { continue }
      lastByte = max(lastByte, now + min(nanoseconds, before / rate))
      // Landing within a rounding error of the demand counts as having served it.
      if demand[cell] - carried[cell] < 1e-12 * demand[cell] {
        carried[cell] = max(carried[cell], demand[cell])
      }
      let after = left(cell)
      if after == 0 { openPairs -= 1 }
      rows[Int(one.source)] += after - before
      columns[Int(one.destination)] += after - before
    }
    now += nanoseconds
  }

  /// What `advance` over some circuits changes.
  struct Checkpoint {
    var now: Double
    var lastByte: Double
    var openPairs: Int
    var rows: [Double]
    var columns: [Double]
    var carried: [Double]
  }

  func checkpoint(before circuits: [DirectedCircuits]) -> Checkpoint {
    Checkpoint(
      now: now, lastByte: lastByte, openPairs: openPairs, rows: rows, columns: columns,
      carried: circuits.map { carried[Int($0.source) * size + Int($0.destination)] })
  }

  mutating func restore(_ checkpoint: Checkpoint, circuits: [DirectedCircuits]) {
    (now, lastByte, openPairs) = (checkpoint.now, checkpoint.lastByte, checkpoint.openPairs)
    (rows, columns) = (checkpoint.rows, checkpoint.columns)
    for (one, value) in zip(circuits, checkpoint.carried) {
      carried[Int(one.source) * size + Int(one.destination)] = value
    }
  }

  /// Lets whole rounds of a cycle pass that are known not to be the last.
  mutating func skip(rounds: Double, service: [Double], nanoseconds: Double) {
    guard rounds > 0 else { return }
    for cell in carried.indices { carried[cell] += rounds * service[cell] }
    now += rounds * nanoseconds
    sumLines()
  }

  /// The first moment from now on, under unchanging circuits, at which `isDrained` holds; infinite
  /// when there is none.
  func drained(under circuits: [DirectedCircuits]) -> Double {
    var rate = [Double](repeating: 0, count: carried.count)
    for one in circuits {
      rate[Int(one.source) * size + Int(one.destination)] = Double(one.count) * portRate
    }
    var longest = 0.0
    for line in 0..<size {
      for isRow in [true, false] {
        // The electrical ports have worked since the beginning.
        var bytes = ServerLine()
        bytes.electricalBytes = -electricalRate * now
        for other in 0..<size {
          let cell = isRow ? line * size + other : other * size + line
          if left(cell) > 0 { bytes.add(bytes: left(cell), circuitRate: rate[cell]) }
        }
        longest = max(longest, bytes.optimum(electricalRate: electricalRate))
      }
    }
    return now + longest
  }
}
