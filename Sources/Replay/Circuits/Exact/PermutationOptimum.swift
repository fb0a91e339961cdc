internal import TraceModel

/// The least time in which permutations on parallel planes serve a demand, delays included: exact,
/// for up to four servers.
///
/// Every choice of ever more permutations that covers the demand is tried, the holds of each by a
/// linear program, until a count alone takes longer than the best: k configurations on s planes
/// take at least (largest line + k × delay) / s. Larger regions get the answer of `Spectra`.
public struct PermutationOptimum: CircuitScheduler {
  public static let largestExactSize = 4

  public init() {}

  public var name: String { "exact-permutations" }
  public var summary: String { "the best permutations on parallel planes; up to 4 servers" }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    let planes = planes(for: request) ?? Spectra().planes(for: request)
    return CircuitSchedule(laidOut: planes.reservations, size: request.serverCount)
  }

  /// Nil for more servers than `largestExactSize`.
  package func planes(for request: CircuitRequest) -> PlaneSchedule? {
    let size = request.serverCount
    guard size <= Self.largestExactSize else { return nil }
    var best = Spectra().planes(for: request)
    guard request.opticalPorts > 0 else { return best }
    let search = PermutationSearch(request)
    guard !search.demand.allSatisfy({ $0 == 0 }) else { return best }
    for count in 1... {
      let least = (search.largestLine + Double(count) * search.delay) / Double(search.planeCount)
      // Without a delay more configurations cost nothing, but n² − 2n + 2 are always enough.
      let isEnough = count > (size * size - 2 * size + 2) * search.planeCount
      if isEnough || least >= best.makespanNanoseconds * (1 - 1e-12) { return best }
      search.improve(&best, configurations: count)
    }
    return best
  }
}

/// The permutations of a few servers, and what they serve.
private struct PermutationSearch {
  let planeCount: Int
  let delay: Double
  let largestLine: Double
  /// Nanoseconds of one circuit that each cell needs.
  let demand: [Double]
  private let permutations: [[Int32]]
  /// The cells with demand that each permutation serves, as a list and as bits.
  private let cells: [[Int]]
  private let masks: [UInt16]
  private let wanted: UInt16

  init(_ request: CircuitRequest) {
    let size = request.serverCount
    let matrix = request.demand.withoutDiagonal
    planeCount = request.opticalPorts
    delay = request.reconfigurationDelay
    demand = matrix.cells.map { Double($0) / request.portRate }
    let sums = LineSums(matrix.cells, size: size)
    largestLine = Double(sums.largest) / request.portRate
    permutations = Self.permutations(of: size)
    cells = permutations.map { receiver in
      (0..<size).map { $0 * size + Int(receiver[$0]) }.filter { matrix.cells[$0] > 0 }
    }
    masks = cells.map { $0.reduce(0) { $0 | 1 << UInt16($1) } }
    wanted = masks.reduce(0, |)
  }

  private static func permutations(of size: Int) -> [[Int32]] {
    var all: [[Int32]] = [[]]
    for _ in 0..<size {
      all = all.flatMap { prefix in
        (0..<Int32(size)).filter { !prefix.contains($0) }.map { prefix + [$0] }
      }
    }
    return all
  }

  /// Tries every division of so many permutations over the planes, larger shares first.
  func improve(_ best: inout PlaneSchedule, configurations: Int) {
    func divide(_ left: Int, atMost share: Int, _ shares: [Int]) {
      if shares.count == planeCount {
        if left == 0 { extend([[]], shares: shares, covered: 0, from: 0, &best) }
        return
      }
      for next in stride(from: min(left, share), through: 0, by: -1) {
        divide(left - next, atMost: next, shares + [next])
      }
    }
    divide(configurations, atMost: configurations, [])
  }

  private func extend(
    _ chosen: [[Int]], shares: [Int], covered: UInt16, from first: Int, _ best: inout PlaneSchedule
  ) {
    let plane = chosen.count - 1
    if chosen[plane].count == shares[plane] {
      if chosen.count == shares.count {
        if covered == wanted { score(chosen, &best) }
      } else {
        extend(chosen + [[]], shares: shares, covered: covered, from: 0, &best)
      }
      return
    }
    let left = shares.reduce(0, +) - chosen.reduce(0) { $0 + $1.count }
    let missing = (wanted & ~covered).nonzeroBitCount
    let size = permutations[0].count
    guard missing <= left * size else { return }
    for next in first..<max(first, permutations.count) where masks[next] != 0 {
      var chosen = chosen
      chosen[plane].append(next)
      extend(chosen, shares: shares, covered: covered | masks[next], from: next + 1, &best)
    }
  }

  private func score(_ chosen: [[Int]], _ best: inout PlaneSchedule) {
    let program = CoverProgram(
      planes: chosen.map { $0.map { cells[$0] } }, demand: demand, delay: delay)
    guard let answer = program.solve(),
      answer.nanoseconds < best.makespanNanoseconds * (1 - 1e-12)
    else { return }
    var planes = PlaneSchedule(planeCount: planeCount, delayNanoseconds: delay)
    for (plane, permutations) in chosen.enumerated() {
      for (permutation, hold) in zip(permutations, answer.holds[plane]) {
        planes.append(
          PlaneSchedule.Slot(
            receiver: self.permutations[permutation], holdNanoseconds: max(0, hold)), to: plane)
      }
    }
    if planes.makespanNanoseconds < best.makespanNanoseconds { best = planes }
  }
}
