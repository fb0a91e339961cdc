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
      valueName: "file"))
  var job: [String] = []

  /// The workload as it is to be replayed.
  ///
  /// - Parameter read: the workload of another trace.
  func apply(
    to workload: Workload, reading read: (_ path: String) throws -> Workload
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
      result = try Workload.merging(placed, serverCount: servers)
    }
    if let place { result = try result.placingServers(try Self.servers(place)) }
    return result
  }

  private func changed(_ workload: Workload) throws -> Workload {
    var workload = workload
    if allRoles { workload = try workload.addingDeclaredTraffic() }
    if computeScale != 1 { workload = try workload.scalingCompute(by: computeScale) }
    if expertScale != 1 { workload = try workload.scalingExpertDemand(by: expertScale) }
    return workload
  }

  private static func servers(_ words: String) throws -> [Int] {
    try words.split(separator: ",").map {
      guard let server = Int($0) else {
        throw ValidationError("--place \(words): \"\($0)\" is no number of a server")
      }
      return server
    }
  }
}

extension SelectionOptions {
  /// Reads the part of a trace that was asked for, with its what-if changes.
  func readWorkload(
    _ trace: String, changes: WhatIfOptions, warningsTo terminal: Terminal
  ) throws -> ReadTrace<Workload> {
    var read = try readTrace(trace, warningsTo: terminal) { try wholeWorkload(of: $0) }
    // Chosen last: a change may add the roles that were asked for.
    read.value = try chosen(
      of: changes.apply(to: read.value) { path in
        try readTrace(path, warningsTo: terminal) { try wholeWorkload(of: $0) }.value
      })
    return read
  }
}
