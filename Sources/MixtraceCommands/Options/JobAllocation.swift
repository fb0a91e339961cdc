internal import ArgumentParser
internal import TraceModel

/// Which servers of a cluster several jobs got.
enum JobAllocation: String, CaseIterable, ExpressibleByArgument {
  /// One job after the other.
  case contiguous
  /// Each job evenly over the whole cluster, so that its neighbours are the others' servers.
  case scattered
  /// Any free server, drawn by a seed.
  case random

  /// Where each server of the jobs side by side is instead: every server once.
  func newServers(jobSizes: [Int], seed: UInt64) -> [Int] {
    let count = jobSizes.reduce(0, +)
    switch self {
    case .contiguous: return Array(0..<count)
    case .random:
      var random = RandomStream(seed: seed)
      return random.permutation(count)
    case .scattered:
      var places: [(share: Double, job: Int)] = []
      for (job, size) in jobSizes.enumerated() {
        for server in 0..<size { places.append(((Double(server) + 0.5) / Double(size), job)) }
      }
      // Of equal shares the first job's comes first; servers of a job keep their order.
      let order = places.indices.sorted {
        (places[$0].share, places[$0].job, $0) < (places[$1].share, places[$1].job, $1)
      }
      var newServers = [Int](repeating: 0, count: count)
      for (place, server) in order.enumerated() { newServers[server] = place }
      return newServers
    }
  }
}
