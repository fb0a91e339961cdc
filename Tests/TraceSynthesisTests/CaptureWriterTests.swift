import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel
import TraceSynthesis

@Suite struct CaptureWriterTests {
  private func parameters(snapLength: Int = 128) -> CaptureParameters {
    var parameters = CaptureParameters()
    parameters.snapLength = snapLength
    parameters.pathMTU = 1024
    parameters.messageBytes = 3000
    return parameters
  }

  private func singleIteration() -> SynthesisPlan {
    var plan = smallPlan()
    plan.iterations = 1
    plan.microBatches = 1
    plan.layers = [0, 3]
    return plan
  }

  @Test func bytesBetweenServersAreThoseOfTheTrace() throws {
    try withScratchFolder { folder in
      let plan = singleIteration()
      let summary = try synthesiseCapture(
        plan, parameters: parameters(), path: folder.appendingPathComponent("a.pcap").path)
      let buffer = try routing(of: plan)
      let workload = try Workload(
        trace: Trace(
          metadata: TraceMetadata(layout: plan.layout, model: plan.model),
          operations: buffer.operations, routing: buffer.routing))
      let expected = workload.matrix(of: workload.steps, at: .server).withoutDiagonal
      #expect(summary.serverMatrix == expected)
      #expect(summary.bytes == expected.total)
      #expect(summary.bursts.count == 2 * 4)
    }
  }

  @Test(arguments: ["a.pcap", "a.pcap.zst"])
  func theCaptureReadsBackAsTheSameMessages(name: String) throws {
    try withScratchFolder { folder in
      let plan = singleIteration()
      let path = folder.appendingPathComponent(name).path
      let written = try synthesiseCapture(plan, parameters: parameters(), path: path)
      #expect(try TraceReaderCatalogue.identify(path) == CaptureReader.self)
      var read = TraceBuffer()
      let layout = plan.addressedLayout
      let summary = try CaptureReader.read(
        paths: [path], options: IngestOptions(layout: layout), into: &read)
      #expect(summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
      #expect(summary.ledgers.reduce(0) { $0 + $1.read } == written.packets)
      #expect(read.messages.count == Int(written.messages))
      var matrix = TrafficMatrix(size: layout.serverCount)
      for row in 0..<read.messages.count {
        let message = read.messages[row]
        #expect(message.kind == .write)
        #expect(message.repeatedBytes == 0 && message.missingPackets == 0)
        let source = layout.addresses[Int(message.source)].server
        matrix[source, layout.addresses[Int(message.destination)].server] += message.bytes
      }
      #expect(matrix == written.serverMatrix)
    }
  }

  @Test func theSamePlanGivesTheSameCaptureInEveryCompression() throws {
    guard Programs.exists("zstd"), Programs.exists("gzip") else { return }
    try withScratchFolder { folder in
      let plan = singleIteration()
      var paths: [String] = []
      for name in ["a.pcap", "b.pcap", "c.pcap.gz", "d.pcap.zst"] {
        let path = folder.appendingPathComponent(name).path
        try synthesiseCapture(plan, parameters: parameters(), path: path)
        paths.append(path)
      }
      _ = try Programs.run(["gzip", "-d", paths[2]])
      _ = try Programs.run(["zstd", "-q", "-d", paths[3]])
      let first = try Data(contentsOf: URL(fileURLWithPath: paths[0]))
      for name in ["b.pcap", "c.pcap", "d.pcap"] {
        #expect(try Data(contentsOf: folder.appendingPathComponent(name)) == first)
      }
    }
  }

  @Test(arguments: [128, 65_535])
  func tsharkDissectsTheCaptureWithoutComplaint(snapLength: Int) throws {
    guard Programs.exists("tshark") else { return }
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("a.pcap").path
      let summary = try synthesiseCapture(
        singleIteration(), parameters: parameters(snapLength: snapLength), path: path)
      let outcome = try Programs.run([
        "tshark", "-n", "-r", path, "-d", "udp.port==4791,infiniband", "-T", "fields", "-E",
        "separator=,", "-E", "occurrence=f", "-e", "frame.time_epoch", "-e",
        "infiniband.bth.opcode", "-e", "infiniband.reth.dmalen", "-e", "ip.src", "-e", "ip.dst",
        "-e", "infiniband.bth.destqp", "-e", "infiniband.bth.psn", "-e", "_ws.malformed",
        "-e", "infiniband.invariant.crc", "-e", "_ws.expert.severity",
      ])
      #expect(outcome.status == 0)
      let rows = outcome.output.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      #expect(rows.count == Int(summary.packets))
      #expect(rows.allSatisfy { $0.count == 10 && !$0[1].isEmpty && $0[7].isEmpty })
      let lengths = rows.compactMap { Int64($0[2]) }
      #expect(lengths.count == Int(summary.messages))
      #expect(lengths.reduce(0, +) == summary.bytes)
      #expect(rows.count { $0[1] == "17" } == Int(summary.messages))
      let times = rows.map { $0[0] }
      #expect(times == times.sorted())
      // Sequence numbers of each direction of each queue pair have no gap.
      var next: [String: Int] = [:]
      for row in rows where row[1] != "17" {
        let key = "\(row[4]) \(row[5])"
        let sequence = try #require(Int(row[6]))
        if let expected = next[key] { #expect(sequence == expected) }
        next[key] = (sequence + 1) & 0xFF_FFFF
      }
    }
  }

  @Test func burstsAreSeparatedByTheirCompute() throws {
    guard Programs.exists("tshark") else { return }
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("a.pcap").path
      try synthesiseCapture(singleIteration(), parameters: parameters(), path: path)
      let outcome = try Programs.run([
        "tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.time_delta",
      ])
      let gaps = outcome.output.split(separator: "\n").compactMap { Double($0) }
      // Two layers: expert, attention + expert, then the same backward.
      let long = gaps.filter { $0 > 0.0015 }.map { ($0 * 1000).rounded() }
      #expect(long == [3, 2, 3, 4, 6, 4, 6])
    }
  }

  @Test func reductionShrinksBytesAndKeepsTime() throws {
    try withScratchFolder { folder in
      let plan = singleIteration()
      var reduced = parameters()
      reduced.byteReduction = 10
      let whole = try synthesiseCapture(
        plan, parameters: parameters(), path: folder.appendingPathComponent("a.pcap").path)
      let small = try synthesiseCapture(
        plan, parameters: reduced, path: folder.appendingPathComponent("b.pcap").path)
      #expect(small.endNanoseconds == whole.endNanoseconds)
      #expect(abs(Double(whole.bytes) / Double(small.bytes) - 10) < 0.1)
      #expect(small.packets < whole.packets)
    }
  }

  @Test func parametersThatCannotBeCarriedOutAreRefused() throws {
    for change in [
      { $0.pathMTU = 1500 }, { $0.snapLength = 20 }, { $0.byteReduction = 0 },
      { $0.messageBytes = 0 }, { $0.linkBitsPerSecond = 0 }, { $0.linkBitsPerSecond = 1e-300 },
      { $0.byteReduction = .max }, { $0.iterationGapNanoseconds = .max },
      { $0.startNanoseconds = .max },
    ] as [(inout CaptureParameters) -> Void] {
      var parameters = CaptureParameters()
      change(&parameters)
      #expect(throws: SynthesisError.self) {
        try synthesiseCapture(singleIteration(), parameters: parameters, path: "/nowhere/a.pcap")
      }
    }
  }

  @Test func aCaptureThatPcapCannotDateIsRefused() throws {
    try withScratchFolder { folder in
      var late = parameters()
      late.minimumGapNanoseconds = 1 << 61
      #expect(throws: SynthesisError.self) {
        try synthesiseCapture(
          singleIteration(), parameters: late, path: folder.appendingPathComponent("a.pcap").path)
      }
    }
  }

  @Test func aBurstOfTooManyPacketsIsRefused() throws {
    try withScratchFolder { folder in
      var plan = singleIteration()
      plan.model.tokensPerLoggedToken = 1_000_000_000
      #expect(throws: SynthesisError.self) {
        try synthesiseCapture(
          plan, parameters: parameters(), path: folder.appendingPathComponent("a.pcap").path)
      }
    }
  }
}
