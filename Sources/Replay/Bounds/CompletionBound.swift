public import TraceModel

/// A time in nanoseconds below which no replay of a workload on a fabric can end, circuits free to
/// choose and without delay: what `ReplayResult.total.boundNanoseconds` says, without replaying.
///
/// Iterations are added up, for each ends before the next begins. Inside one, groups need not wait for
/// each other, so its bound is the largest of
/// - every group's compute and own bounds alone on the fabric, one operation after the other, where
///   the lanes of one tensor-parallel replica count as one group: they meet in every layer;
/// - the iteration's bytes over any one link, or over all NICs of a server, divided by the rate.
///
/// Operations of unknown groups count as one group, in which each waits for the one before.
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs) per distinct demand of a group, in parallel.
public func completionBound(
  of workload: Workload, on fabric: FabricSpecification
) throws(ReplayError) -> Double {
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let plan = try PhasePlan(workload, iterations: nil)
  return iterationBounds(of: plan.phases[...], in: workload, on: network).reduce(0, +)
}

/// The bound of each iteration that some phases belong to, in their order.
package func iterationBounds(
  of phases: ArraySlice<PlannedPhase>, in workload: Workload, on network: FabricNetwork
) -> [Double] {
  // Only ranks tell which groups are lanes of one replica: a capture numbers groups as it sees them.
  let lanes = workload.grain == .rank ? workload.layout.parallelism.expertTensor : 1
  let operations = IterationOperations(phases, lanesPerReplica: lanes)
  let slots = SureLoads(network).slotCount
  var loads = [[Double]](
    repeating: [Double](repeating: 0, count: slots), count: operations.iterationCount)
  var bound = [Double](repeating: 0, count: operations.terms.count)
  // A block's loads are added up before the next block is looked at: together they can be large.
  for block in stride(from: 0, to: operations.terms.count, by: 1024) {
    let terms = operations.terms[block..<min(block + 1024, operations.terms.count)]
    for (offset, own) in sureLoads(of: terms, in: workload, on: network).enumerated() {
      bound[block + offset] = own.nanoseconds
      for (iteration, units) in operations.uses[block + offset] {
        for (slot, bytes) in own.bytes { loads[iteration][slot] += bytes * units }
      }
    }
  }
  let chains = operations.longestChains(bound: bound)
  let rate = SureLoads(network)
  return chains.indices.map { iteration in
    loads[iteration].indices.reduce(chains[iteration]) { longest, slot in
      let bytes = loads[iteration][slot]
      return bytes > 0 ? max(longest, bytes / rate.capacity(of: slot)) : longest
    }
  }
}

/// What single operations load, and their bounds alone on the fabric.
private func sureLoads(
  of terms: ArraySlice<[DemandTerm]>, in workload: Workload, on network: FabricNetwork
) -> [(nanoseconds: Double, bytes: [(slot: Int, bytes: Double)])] {
  let perJob = 64
  let first = terms.startIndex
  let jobs = parallelMap(count: (terms.count + perJob - 1) / perJob) { job in
    var loads = SureLoads(network)
    let range = first + job * perJob..<min(first + (job + 1) * perJob, terms.endIndex)
    return terms[range].map { term in
      loads.add(PhaseDemand(term, of: workload))
      return loads.takeAll()
    }
  }
  return jobs.flatMap { $0 }
}

/// The operations of some phases by iteration, and the distinct demands among them.
private struct IterationOperations {
  private(set) var terms: [[DemandTerm]] = []
  /// Iteration and bytes per unit of every use of a term, one entry for each iteration.
  private(set) var uses: [[(iteration: Int, units: Double)]] = []
  private(set) var iterationCount = 0
  private var operations: [(iteration: Int, term: Int, operation: ReplicaOperation)] = []

  /// One phase of the lanes that run in step.
  private struct ReplicaOperation {
    var terms: [DemandTerm]
    var bytesPerUnit: Double
    var computeNanoseconds: Double
    var role: Role
    var replica: Int32
  }

  private struct Chain: Hashable {
    var iteration: Int
    var role: Role?
    var replica: Int32
  }

  init(_ phases: ArraySlice<PlannedPhase>, lanesPerReplica: Int) {
    var numberOf: [[DemandTerm]: Int] = [:]
    var last: Int32?
    for phase in phases {
      if last != phase.step.iteration { iterationCount += 1 }
      last = phase.step.iteration
      for operation in Self.replicas(of: phase.operations, lanes: lanesPerReplica) {
        let number = numberOf[operation.terms] ?? terms.count
        if number == terms.count {
          numberOf[operation.terms] = number
          terms.append(operation.terms)
          uses.append([])
        }
        if uses[number].last?.iteration == iterationCount - 1 {
          uses[number][uses[number].count - 1].units += operation.bytesPerUnit
        } else {
          uses[number].append((iterationCount - 1, operation.bytesPerUnit))
        }
        operations.append((iterationCount - 1, number, operation))
      }
    }
  }

  /// The lanes of each replica as one operation; lanes whose bytes per unit differ stay apart.
  private static func replicas(
    of operations: [PlannedOperation], lanes: Int
  ) -> [ReplicaOperation] {
    var merged: [ReplicaOperation] = []
    for operation in operations {
      let isKnown = operation.group != Operation.unknown
      let own = ReplicaOperation(
        terms: [operation.term], bytesPerUnit: operation.bytesPerUnit,
        computeNanoseconds: operation.computeNanoseconds, role: operation.role,
        replica: isKnown ? operation.group / Int32(clamping: max(1, lanes)) : operation.group)
      if isKnown, let last = merged.last, last.replica == own.replica, last.role == own.role,
        last.bytesPerUnit == own.bytesPerUnit
      {
        merged[merged.count - 1].terms += own.terms
        merged[merged.count - 1].computeNanoseconds = max(
          last.computeNanoseconds, own.computeNanoseconds)
      } else {
        merged.append(own)
      }
    }
    return merged
  }

  /// The longest time of one group in each iteration.
  func longestChains(bound: [Double]) -> [Double] {
    var longest = [Double](repeating: 0, count: iterationCount)
    var chains: [Chain: Double] = [:]
    for (iteration, term, operation) in operations {
      // Groups of different roles are numbered apart.
      let isKnown = operation.replica != Operation.unknown
      let chain = Chain(
        iteration: iteration, role: isKnown ? operation.role : nil, replica: operation.replica)
      let time =
        (chains[chain] ?? 0) + operation.computeNanoseconds + bound[term] * operation.bytesPerUnit
      chains[chain] = time
      longest[iteration] = max(longest[iteration], time)
    }
    return longest
  }
}
