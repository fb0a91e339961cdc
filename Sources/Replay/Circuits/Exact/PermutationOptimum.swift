internal import TraceModel

/// The least time in which permutations on parallel planes serve a demand, delays included: exact,
/// for up to four servers.
///
/// Every choice of ever more permutations that covers the demand is tried, the holds of each by a
/// linear program, until a count alone takes longer than the best: k configurations on s planes
/// take at least (largest line + k × delay) / s. Larger regions, and delays so small against the
/// demand that the choices are too many, get the best that was met on the way.
public struct PermutationOptimum: CircuitScheduler {
  public static let largestExactSize = 4
  /// Permutations that the search may put on planes before it is given up.
  public var stepLimit: Int

  public init(stepLimit: Int = 50_000) { self.stepLimit = stepLimit }

  public var name: String { "exact-permutations" }
  public var summary: String { "the best permutations on parallel planes; up to 4 servers" }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    CircuitSchedule(
      laidOut: solve(request).planes.reservations, size: request.serverCount)
  }

  public func isProvenBest(for request: CircuitRequest) -> Bool? { solve(request).isExact }

  /// The best planes that were found, and whether none are better.
  package func solve(_ request: CircuitRequest) -> (planes: PlaneSchedule, isExact: Bool) {
    var best = Spectra().planes(for: request)
    guard request.opticalPorts > 0 else { return (best, true) }
    let size = request.serverCount
    guard size <= Self.largestExactSize else { return (best, false) }
    let divided = Self.planesOfBirkhoffTerms(request)
    if divided.makespanNanoseconds < best.makespanNanoseconds { best = divided }
    var search = PermutationSearch(request, stepLimit: stepLimit)
    for count in 1... {
      let least = (search.largestLine + Double(count) * search.delay) / Double(search.planeCount)
      if least >= best.makespanNanoseconds * (1 - 1e-12) { return (best, true) }
      search.improve(&best, configurations: count)
      if search.stepsLeft <= 0 { return (best, false) }
    }
    return (best, false)
  }

  /// Without a delay this is as good as can be: the largest line divided by the planes.
  private static func planesOfBirkhoffTerms(_ request: CircuitRequest) -> PlaneSchedule {
    var planes = PlaneSchedule(
      planeCount: request.opticalPorts, delayNanoseconds: request.reconfigurationDelay)
    for term in birkhoffDecomposition(of: quickStuffed(request.demand), choice: .bottleneck) {
      planes.appendToLeastLoaded(
        PlaneSchedule.Slot(
          receiver: term.receiver, holdNanoseconds: Double(term.bytes) / request.portRate))
    }
    planes.equalise()
    return planes
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
  private(set) var stepsLeft: Int

  init(_ request: CircuitRequest, stepLimit: Int) {
    stepsLeft = stepLimit
    let size = request.serverCount
    let matrix = request.demand.withoutDiagonal
    planeCount = request.opticalPorts
    delay = request.reconfigurationDelay
    demand = matrix.cells.map { Double($0) / request.portRate }
    let sums = LineSums(matrix.cells, size: size)
    largestLine = Double(sums.largest) / request.portRate
    let all = Self.permutations(of: size)
    func served(_ receiver: [Int32]) -> [Int] {
      (0..<size).map { $0 * size + Int(receiver[$0]) }.filter { matrix.cells[$0] > 0 }
    }
    func mask(_ receiver: [Int32]) -> UInt16 { served(receiver).reduce(0) { $0 | 1 << UInt16($1) } }
    // A permutation that serves no cell but those of another is never needed beside it.
    permutations = all.indices.filter { index in
      let own = mask(all[index])
      return own != 0
        && !all.indices.contains { other in
          own & ~mask(all[other]) == 0 && (own != mask(all[other]) || other < index)
        }
    }.map { all[$0] }
    cells = permutations.map(served)
    masks = permutations.map(mask)
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
  mutating func improve(_ best: inout PlaneSchedule, configurations: Int) {
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

  private mutating func extend(
    _ chosen: [[Int]], shares: [Int], covered: UInt16, from first: Int, _ best: inout PlaneSchedule
  ) {
    guard stepsLeft > 0 else { return }
    stepsLeft -= 1
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
    guard missing <= left * permutations[0].count else { return }
    for next in first..<max(first, permutations.count) {
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
