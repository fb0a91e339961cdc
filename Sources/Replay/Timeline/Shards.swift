internal import TraceModel

/// Ends (ranks or servers) that have nothing to do with those of any other shard but the beginning of
/// an iteration.
///
/// Ends of two shards exchange no bytes, wait for no part of each other, belong to no common region
/// and share no link that could ever fill up. Each shard can therefore be run by itself from the
/// moment at which the iteration begins: what it touches stays in the caches, and what is kept for a
/// flow can be given back with its shard.
///
/// Jobs begin their iterations apart. A job that has its shards for itself begins one in all of them;
/// where jobs share a shard, all that these jobs do is one shard.
package struct Shards: Sendable {
  /// By end; shards are numbered by their lowest end.
  package private(set) var ofEnd: [Int32] = []
  package private(set) var count = 0
  /// Jobs that share a shard, each set ascending, by their lowest job.
  package private(set) var jobsTogether: [[Int32]] = []
  private var shardOfJoin: [Int: Int32] = [:]

  /// - Complexity: O(edges of the program + crossings of all paths), nearly.
  package init(
    _ program: Program, jobOfPhase: [Int32], paths: PathTable, on network: FabricNetwork
  ) {
    let endCount = network.layout.endpointCount(at: network.grain)
    let joins = program.joins
    var placeOfJoin: [Int: Int] = [:]
    for (place, join) in joins.enumerated() { placeOfJoin[join] = endCount + place }
    func member(_ part: Int) -> Int { placeOfJoin[part] ?? Int(program.partEnd[part]) }
    var ends = DisjointSets(count: endCount + joins.count)
    for part in 0..<program.partCount {
      for edge in program.successorOffsets[part]..<program.successorOffsets[part + 1] {
        ends.join(member(part), member(Int(program.successors[Int(edge)])))
      }
    }
    for pair in paths.source.indices {
      ends.join(Int(paths.source[pair]), Int(paths.destination[pair]))
    }
    Self.join(&ends, paths.electrical, paths, row: paths.electricalRow)
    Self.join(&ends, paths.optical, paths, row: paths.opticalRow)
    for servers in network.regions {
      let members = servers.flatMap {
        $0 * program.endsPerServer..<($0 + 1) * program.endsPerServer
      }
      for end in members { ends.join(members[0], end) }
    }
    let jobs = Set(jobOfPhase).sorted()
    jobsTogether =
      jobs.count < 2
      ? [jobs]
      : Self.joinJobs(
        &ends, jobs, jobOfPart: program.partPhase.map { jobOfPhase[Int($0)] },
        members: (0..<program.partCount).map(member))
    let sets = ends.numbered()
    count = sets.count
    ofEnd = Array(sets.of.prefix(endCount))
    for (join, place) in placeOfJoin { shardOfJoin[join] = sets.of[place] }
  }

  /// The shard of a part; a join belongs to that of the ends that it stands between.
  func shard(ofPart part: Int, of program: Program) -> Int {
    let end = program.partEnd[part]
    return Int(end == Program.nobody ? shardOfJoin[part] ?? 0 : ofEnd[Int(end)])
  }

  /// Finds the jobs that share a shard, and joins all their ends.
  ///
  /// - Parameter members: of each part, its place among the sets.
  private static func joinJobs(
    _ ends: inout DisjointSets, _ jobs: [Int32], jobOfPart: [Int32], members: [Int]
  ) -> [[Int32]] {
    var placeOf: [Int32: Int] = [:]
    for (place, job) in jobs.enumerated() { placeOf[job] = place }
    let shards = ends.numbered()
    var together = DisjointSets(count: jobs.count)
    var jobOfShard = [Int](repeating: -1, count: shards.count)
    for (member, job) in zip(members, jobOfPart) {
      let (shard, place) = (Int(shards.of[member]), placeOf[job] ?? 0)
      if jobOfShard[shard] < 0 { jobOfShard[shard] = place }
      together.join(jobOfShard[shard], place)
    }
    let sets = together.numbered()
    var groups = [[Int32]](repeating: [], count: sets.count)
    for (place, job) in jobs.enumerated() { groups[Int(sets.of[place])].append(job) }
    var firstMember = [Int](repeating: -1, count: sets.count)
    for (member, job) in zip(members, jobOfPart) {
      let group = Int(sets.of[placeOf[job] ?? 0])
      guard groups[group].count > 1 else { continue }
      if firstMember[group] < 0 { firstMember[group] = member }
      ends.join(firstMember[group], member)
    }
    return groups
  }

  /// Joins the ends of all pairs that cross the same link.
  private static func join(
    _ ends: inout DisjointSets, _ problem: FluidProblem, _ paths: PathTable, row: [Int32]
  ) {
    var firstEnd = [Int32](repeating: -1, count: problem.linkCapacity.count)
    for pair in paths.source.indices where row[pair] >= 0 {
      for subflow in problem.subflows(of: Int(row[pair])) {
        for place in problem.pathRange(of: subflow) {
          let link = Int(problem.path[place])
          if link < paths.isImplied.count, paths.isImplied[link] { continue }
          if firstEnd[link] < 0 { firstEnd[link] = paths.source[pair] }
          ends.join(Int(firstEnd[link]), Int(paths.source[pair]))
        }
      }
    }
  }
}
