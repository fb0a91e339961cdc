import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// Rows as the reader in Python prints them.
extension TraceBuffer {
  var lines: [String] {
    var lines: [String] = []
    func add(_ kind: String, _ values: [any CustomStringConvertible]) {
      lines.append(([kind] + values.map(\.description)).joined(separator: "\t"))
    }
    for row in 0..<messages.count {
      let message = messages[row]
      add(
        "messages",
        [
          message.source, message.destination, message.channel, message.kind.rawValue,
          message.start, message.end, message.bytes, message.repeatedBytes, message.packets,
          message.missingPackets,
        ])
    }
    for row in operations.rows {
      add(
        "operations",
        [
          row.id, row.kind.rawValue, row.role.rawValue, row.phase.rawValue, row.grain.rawValue,
          row.iteration, row.microBatch, row.stage, row.layer, row.group, row.start, row.end,
          row.demandSource,
        ])
    }
    for row in operations.dependencies { add("dependencies", [row.operation, row.predecessor]) }
    for row in 0..<transfers.count {
      add(
        "transfers",
        [
          transfers.operation[row], transfers.source[row], transfers.destination[row],
          transfers.bytes[row], transfers.start[row], transfers.end[row],
        ])
    }
    for row in 0..<routing.count {
      let set = routing.expertOffsets[row]..<routing.expertOffsets[row + 1]
      add(
        "routing",
        [
          routing.operation[row], routing.sourceRank[row], routing.tokens[row], set.count,
          routing.experts[set].map(String.init).joined(separator: ","),
        ])
    }
    return lines
  }
}

@Suite(
  "A reader that was written from the specification", .enabled(if: Programs.exists("python3")))
struct IndependentReaderTests {
  static let reader = packageRoot.appendingPathComponent("Tests/TraceFormatTests/mixt_reader.py")

  @Test("reads every row as the library does, by index and by scan", arguments: [0, 1, 3])
  func sameRows(seed: Int) throws {
    var random = RandomTrace(seed: UInt64(seed))
    let count = seed == 0 ? 0 : 700 * seed
    let buffer = random.buffer(
      layers: seed == 0 ? 0 : 5, transfers: count, routing: count, messages: count)
    try withScratchFile { path in
      try buffer.write(to: path)
      for options in [[], ["--scan"]] {
        let outcome = try Programs.run(["python3", Self.reader.path, path] + options)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        // The list of the last column may be empty: then the line ends with its tab.
        #expect(lines == buffer.sorted.lines)
      }
      let metadata = try Programs.run(["python3", Self.reader.path, path, "--metadata"])
      let decoded = try JSONDecoder().decode(
        TraceMetadata.self, from: Data(metadata.output.utf8))
      #expect(decoded == RandomTrace.metadata)
    }
  }

  @Test("the specification's example is a file with the rows that it says")
  func workedExample() throws {
    let text = try String(
      contentsOf: packageRoot.appendingPathComponent("Documentation/mixt-format.md"),
      encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("```hex") })
    let dump = lines[(start + 1)...].prefix { !$0.hasPrefix("```") }
    let example = dump.flatMap { line in
      line.dropFirst(8).prefix(48).split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
    try withScratchFile { path in
      // How the example was made: run the test with this variable and copy what it prints.
      if ProcessInfo.processInfo.environment["MIXTRACE_PRINT_EXAMPLE"] != nil {
        try Self.example.write(to: path, metadata: Self.exampleMetadata)
        print(Self.dump(try bytes(of: path)))
      }
      try write(example, to: path)
      let file = try TraceFile(path: path)
      #expect(!file.isSalvaged)
      #expect(file.metadata == Self.exampleMetadata)
      #expect(try file.buffer() == Self.example)
      let outcome = try Programs.run(["python3", Self.reader.path, path])
      #expect(outcome.output == Self.example.lines.map { $0 + "\n" }.joined())
    }
  }

  static let exampleMetadata = TraceMetadata(layout: Layout(serverCount: 2, gpusPerServer: 1))

  /// Three transfers of one operation.
  static var example: TraceBuffer {
    var buffer = TraceBuffer()
    buffer.operations.append(
      Operation(
        id: 5, kind: .allToAll, role: .expert, phase: .dispatchForward, grain: .rank, iteration: 2,
        layer: 1, start: 1000, end: 4000))
    buffer.transfers.append(
      operation: 5, source: 0, destination: 1, bytes: 4096, start: 1000, end: 2500)
    buffer.transfers.append(
      operation: 5, source: 0, destination: 0, bytes: 100, start: 1500, end: 1600)
    buffer.transfers.append(
      operation: 5, source: 1, destination: 0, bytes: 8192, start: 1000, end: 4000)
    return buffer
  }

  static func dump(_ bytes: [UInt8]) -> String {
    stride(from: 0, to: bytes.count, by: 16).map { start in
      let row = bytes[start..<min(start + 16, bytes.count)]
      return String(format: "%06x  ", start)
        + row.map { String(format: "%02x", $0) }.joined(separator: " ")
    }.joined(separator: "\n")
  }
}
