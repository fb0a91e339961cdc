/// Collects demands and holds equal ones once.
struct DemandPool {
  private(set) var demands = DemandSet()
  /// Fingerprint → number in `candidates`.
  private var fingerprints = KeyTable()
  /// Demands of each fingerprint; more than one only when fingerprints collide.
  private var candidates: [[Int]] = []

  /// The number of an equal demand, or of this one when it is new.
  mutating func insert(source: [Int32], destination: [Int32], amount: [Int64]) -> Int {
    var fingerprint: UInt64 = 0x243F_6A88_85A3_08D3
    for index in source.indices {
      let ends =
        UInt64(UInt32(bitPattern: source[index])) << 32
        | UInt64(UInt32(bitPattern: destination[index]))
      fingerprint = (fingerprint ^ ends) &* 0x9E37_79B9_7F4A_7C15
      fingerprint ^= fingerprint >> 32
      fingerprint = (fingerprint ^ UInt64(bitPattern: amount[index])) &* 0xD1B5_4A32_D192_ED03
      fingerprint ^= fingerprint >> 29
    }
    let number = fingerprints.number(of: fingerprint)
    if number == candidates.count { candidates.append([]) }
    for demand in candidates[number] where isEqual(demand, source, destination, amount) {
      return demand
    }
    let demand = demands.append(source: source, destination: destination, amount: amount)
    candidates[number].append(demand)
    return demand
  }

  private func isEqual(
    _ demand: Int, _ source: [Int32], _ destination: [Int32], _ amount: [Int64]
  ) -> Bool {
    let pairs = demands.pairs(of: demand)
    return demands.source[pairs].elementsEqual(source)
      && demands.destination[pairs].elementsEqual(destination)
      && demands.amount[pairs].elementsEqual(amount)
  }
}

/// Pairs of one demand in any order, summed and sorted by (source, destination).
struct PairSums {
  private var keys = KeyTable()
  private var amounts: [Int64] = []

  /// Pairs with an amount, or with a sum of none.
  var count: Int { amounts.count }

  mutating func add(_ amount: Int64, from source: Int, to destination: Int) {
    let number = keys.number(of: UInt64(source) << 32 | UInt64(destination))
    if number == amounts.count {
      amounts.append(amount)
    } else {
      let (sum, overflows) = amounts[number].addingReportingOverflow(amount)
      amounts[number] = overflows ? .max : sum
    }
  }

  /// The columns of the demand; pairs without an amount are left out.
  func columns() -> (source: [Int32], destination: [Int32], amount: [Int64]) {
    let order = keys.keys.indices.filter { amounts[$0] != 0 }
      .sorted { keys.keys[$0] < keys.keys[$1] }
    return (
      order.map { Int32(truncatingIfNeeded: keys.keys[$0] >> 32) },
      order.map { Int32(truncatingIfNeeded: keys.keys[$0] & 0xFFFF_FFFF) },
      order.map { amounts[$0] }
    )
  }
}
