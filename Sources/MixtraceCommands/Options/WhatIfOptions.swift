internal import ArgumentParser
internal import TraceModel

/// Changes to what a trace says, before it is replayed: nothing is ingested again.
struct WhatIfOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Add the tensor-, pipeline- and data-parallel traffic of the declared model and layout.",
      discussion: "Router logs hold expert traffic only."))
  var allRoles = false

  @Option(
    help: ArgumentHelp("Compute takes this many times as long.", valueName: "factor"))
  var computeScale = 1.0

  @Option(
    help: ArgumentHelp("Experts exchange this many times the bytes.", valueName: "factor"))
  var expertScale = 1.0

  @Option(
    help: ArgumentHelp(
      "Where servers 0, 1, … of the trace run instead: each server once, as 3,2,1,0.",
      valueName: "servers"))
  var place: String?

  @Option(
    help: ArgumentHelp(
      "Another trace that shares the fabric, on the servers after those before it; may be repeated.",
      discussion: "Jobs start together; each goes on to its next iteration when its own has ended.",
      valueName: "file"))
  var job: [String] = []

  func validate() throws {
    try Self.check("--compute-scale", computeScale, isZeroAllowed: true)
    try Self.check("--expert-scale", expertScale, isZeroAllowed: false)
    if let place { _ = try Self.servers(place) }
  }

  private static func check(_ name: String, _ factor: Double, isZeroAllowed: Bool) throws {
    guard factor.isFinite, isZeroAllowed ? factor >= 0 : factor > 0 else {
      throw ValidationError(
        "\(name) is \(factor); it must be a number \(isZeroAllowed ? "from 0" : "above 0")")
    }
  }

  /// The workload as it is to be replayed.
  ///
  /// - Parameters:
  ///   - read: the workload of another trace.
  ///   - arrange: puts jobs side by side elsewhere, by the servers of each.
  func apply(
    to workload: Workload, reading read: (_ path: String) throws -> Workload,
    arranging arrange: (Workload, _ jobSizes: [Int]) throws -> Workload = { all, _ in all }
  ) throws -> Workload {
    var jobs = [try changed(workload)]
    for path in job { jobs.append(try changed(try read(path))) }
    var result = jobs[0]
    if jobs.count > 1 {
      var placed: [PlacedJob] = []
      var servers = 0
      for job in jobs {
        placed.append(PlacedJob(job, firstServer: servers))
        servers += job.layout.serverCount
      }
      result = try arrange(
        try Workload.merging(placed, serverCount: servers), jobs.map(\.layout.serverCount))
    }
    if let place {
      let servers = try Self.servers(place)
      result = try Self.onCommandLine("--place \(place)") { try result.placingServers(servers) }
    }
    return result
  }

  private func changed(_ workload: Workload) throws -> Workload {
    var workload = workload
    if allRoles { workload = try workload.addingDeclaredTraffic() }
    if computeScale != 1 {
      workload = try Self.onCommandLine("--compute-scale \(computeScale)") {
        try workload.scalingCompute(by: computeScale)
      }
    }
    if expertScale != 1 {
      let scaled = try Self.onCommandLine("--expert-scale \(expertScale)") {
        try workload.scalingExpertDemand(by: expertScale)
      }
      if let end = scaled.endWithoutBytes(thatHasSomeIn: workload) {
        throw ValidationError(
          "--expert-scale \(expertScale) leaves no whole byte of an all-to-all of "
            + "\(workload.grain.name) \(end): its compute would vanish with it")
      }
      workload = scaled
    }
    return workload
  }

  /// A change that the trace does not allow is a wrong command line.
  private static func onCommandLine(
    _ option: String, _ change: () throws -> Workload
  ) throws -> Workload {
    do {
      return try change()
    } catch let error as WorkloadError {
      throw ValidationError("\(option): \(error.message)")
    }
  }

  /// The servers of `--place`, each once.
  private static func servers(_ words: String) throws -> [Int] {
    let servers = try words.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let server = Int(word.filter { $0 != " " }), server >= 0 else {
        throw ValidationError("--place \(words): \"\(word)\" is no number of a server")
      }
      return server
    }
    guard Set(servers).count == servers.count else {
      throw ValidationError("--place \(words): each server stands once")
    }
    return servers
  }
}

extension Workload {
  /// An end that exchanges expert bytes in another version of the workload and none in the same step
  /// of this one; nil when there is none.
  ///
  /// - Complexity: O(pairs of distinct demands).
  fileprivate func endWithoutBytes(thatHasSomeIn other: Workload) -> Int? {
    var compared: Set<[Int]> = []
    for (step, before) in zip(steps, other.steps) where step.role == .expert {
      guard compared.insert([step.demand, before.demand]).inserted else { continue }
      let left = demands.ends(of: step.demand)
      if let end = other.demands.ends(of: before.demand).subtracting(left).min() {
        return Int(end)
      }
    }
    return nil
  }
}

extension DemandSet {
  /// The ends that exchange anything.
  fileprivate func ends(of demand: Int) -> Set<Int32> {
    var ends: Set<Int32> = []
    for pair in pairs(of: demand) where amount[pair] > 0 {
      ends.insert(source[pair])
      ends.insert(destination[pair])
    }
    return ends
  }
}

extension SelectionOptions {
  /// Reads the part of a trace that was asked for, with its what-if changes.
  func readWorkload(
    _ trace: String, changes: WhatIfOptions, warningsTo terminal: Terminal,
    arranging arrange: (Workload, _ jobSizes: [Int]) throws -> Workload = { all, _ in all }
  ) throws -> ReadTrace<Workload> {
    var read = try readTrace(trace, warningsTo: terminal) { try wholeWorkload(of: $0) }
    var hasLosses = read.hasLosses
    // Chosen last: a change may add the roles that were asked for.
    read.value = try chosen(
      of: changes.apply(
        to: read.value,
        reading: { path in
          let job = try readTrace(path, warningsTo: terminal) { try wholeWorkload(of: $0) }
          hasLosses = hasLosses || job.hasLosses
          return job.value
        }, arranging: arrange))
    read.hasLosses = hasLosses
    guard read.value.movesBytes else {
      throw VerbError(
        "the part of the trace that was asked for moves no bytes, so there is nothing to replay.\n"
          + "  'mixtrace info \(trace)' says what it knows; a profile of one rank alone, for example, may "
          + "hold times only.")
    }
    return read
  }
}

extension Workload {
  /// Whether any operation has bytes to move.
  var movesBytes: Bool { demands.amount.contains { $0 > 0 } }
}
