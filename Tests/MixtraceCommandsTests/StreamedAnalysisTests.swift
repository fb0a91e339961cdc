import Foundation
import MixtraceCommands
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// `analyze --streaming` reads a trace once; what it prints is what `analyze` prints.
@Suite("Analyze, streaming")
struct StreamedAnalysisTests {
  /// Both readings of a trace, and whether all tables that both print are the same.
  @discardableResult
  private func compare(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandOutcome {
    let kept = try succeeding(
      ["analyze"] + arguments + ["--no-regions", "--format", "json"],
      sourceLocation: sourceLocation)
    let streamed = try succeeding(
      ["analyze"] + arguments + ["--streaming", "--format", "json"],
      sourceLocation: sourceLocation)
    let tables = try streamed.json().keys.filter {
      !["sentences", "remarks", "pairs"].contains($0)
    }
    #expect(tables.contains("bytes") && tables.contains("regions"), "\(tables)")
    for table in tables {
      let (one, other) = (try streamed.rows(table), try kept.rows(table))
      #expect(
        (one as NSArray).isEqual(to: other), "\(table): \(one) against \(other)",
        sourceLocation: sourceLocation)
    }
    return streamed
  }

  @Test(
    "every table of a trace that is read once is that of one that is kept",
    arguments: [
      ["mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--iterations", "5"],
      ["mixtral-8x7b", "--servers", "4", "--gpus-per-server", "4", "--iterations", "3"],
      ["llama-moe", "--servers", "8", "--gpus-per-server", "2", "--iterations", "4"],
    ])
  func synthesised(_ options: [String]) throws {
    try withScratchFolder { folder in
      let trace = folder.path("run.mixt")
      try succeeding(
        ["synth"] + options + [
          "--layers", "0-2", "--tokens-per-rank", "512", "--seed", "3", "--trace", trace,
        ])
      let pairs = try compare([trace]).rows("pairs")
      #expect(pairs.count == 20)
      #expect(
        pairs.allSatisfy { $0["at_least_bytes"] as? Int == $0["at_most_bytes"] as? Int })
      try compare([trace, "--by", "layer"])
      try compare([trace, "--by", "iteration", "--details"])
      try compare([trace, "--iteration", "1-2"])
      try compare([trace, "--layer", "1", "--grain", "server"])
      try compare([trace, "--role", "expert", "--phase", "combine-forward"])
      #expect(mixtrace("analyze", trace, "--streaming", "--iteration", "77").status == .failed)
    }
  }

  /// Windows by themselves would each have another number of experts.
  @Test("without a model, all iterations together tell how many experts there are")
  func expertsOfAllIterations() throws {
    try withScratchFolder { folder in
      let path = folder.path("routing.mixt")
      let layout = Layout(
        serverCount: 2, gpusPerServer: 1, parallelism: Parallelism(expert: 2, data: 2))
      let writer = try TraceWriter(
        path: path, metadata: TraceMetadata(layout: layout, routingUnit: .tokens))
      // More operations than a block holds, so that there are several windows.
      var operations = OperationTable()
      var routing = RoutingTable()
      for number in 0..<70_000 {
        let isLate = number >= 69_000
        operations.append(
          Operation(
            id: Int32(number), kind: .allToAll, role: .expert, phase: .dispatchForward,
            grain: .rank,
            iteration: Int32(number), layer: 0))
        routing.append(
          operation: Int32(number), sourceRank: 0, tokens: 3,
          expertSet: [Int32(isLate ? 7 : number % 4)])
      }
      try writer.append(operations: operations)
      try writer.append(routing: routing)
      try writer.finish()
      let streamed = try compare([path])
      // Experts 0 to 3 are on the first of two servers once there are eight.
      let bytes = try #require(try streamed.rows("bytes").first)
      #expect(bytes["network_bytes"] as? Int == 3 * 1000)
      #expect(try streamed.json()["remarks"] as? [String] != nil)
    }
  }

  @Test("messages that nobody attributed are read as one operation")
  func messages() throws {
    try withScratchFolder { folder in
      let path = folder.path("spool.mixt")
      let addresses = (0..<4).map { NICAddress(text: "10.0.0.\($0)", server: $0 / 2, nic: $0 % 2) }
      let layout = Layout(serverCount: 2, gpusPerServer: 2, addresses: addresses)
      let writer = try TraceWriter(path: path, metadata: TraceMetadata(layout: layout))
      var table = MessageTable()
      var bytes: Int64 = 0
      for number in 0..<70_000 {
        let message = Message(
          source: Int32(number % 4), destination: Int32((number + 1 + number % 3) % 4), channel: 1,
          kind: .write, start: Int64(number), end: Int64(number), bytes: Int64(number % 7),
          packets: 1)
        table.append(message)
        if message.source / 2 != message.destination / 2 { bytes += message.bytes }
      }
      try writer.append(messages: table)
      try writer.finish()
      let row = try #require(try compare([path]).rows("bytes").first)
      #expect(row["network_bytes"] as? Int64 == bytes)
      #expect(row["operations"] as? Int == 1)
      #expect(row["role"] as? String == "other")
      let text = try succeeding("analyze", path).output
      #expect(text.contains("all 70000 messages are read as one"))
      #expect(mixtrace("analyze", path, "--role", "expert", "--streaming").status == .failed)
      #expect(mixtrace("analyze", path, "--grain", "rank").status == .failed)
      #expect(mixtrace("replay", path).errors.contains("mixtrace attribute"))
    }
  }

  @Test(
    "real inputs say the same in one pass",
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
    arguments: [
      "pytorch-et/param-dlrm-8ranks-et-1.0.1.tar.gz",
      "routing/mixtral-8x7b-humaneval_2_routing.jsonl",
      "roce/oferby-huawei-rc-send.pcap",
      "mixnet/mixnet_tokens_8x8_measured.txt",
      "goal/schedule-4ranks-from-mpi-trace.goal",
    ])
  func real(_ name: String) throws {
    try withScratchFolder { folder in
      let trace = folder.path("run.mixt")
      try succeeding("ingest", RealInputs.path(name), "-o", trace)
      try compare([trace])
    }
  }
}
