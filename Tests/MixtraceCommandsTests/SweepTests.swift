import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// `sweep`: every combination once, the same numbers as `replay`, nothing lost by an interruption.
@Suite("Sweep")
struct SweepTests {
  private func sweep(_ folder: URL, into name: String, vary: [String] = grid) throws -> String {
    let trace = folder.path("small.mixt")
    if !FileManager.default.fileExists(atPath: trace) { _ = try SmallTrace.write(in: folder) }
    let path = folder.path(name)
    try succeeding(
      ["sweep", trace, "-o", path, "--fabric", "fat-tree", "--fabric", "mixnet"]
        + vary.flatMap { ["--vary", $0] })
    return try String(decoding: bytes(of: path), as: UTF8.self)
  }

  private static let grid = [
    "latency=0 ns,1 us", "delay=10 us,1 ms", "nic-rate=100 Gb/s,400 Gb/s,1 Tb/s",
  ]

  @Test("a row for every combination and fabric, the last option fastest")
  func rows() throws {
    try withScratchFolder { folder in
      let lines = try sweep(folder, into: "s.csv").split(separator: "\n")
      #expect(lines.count == 1 + 2 * 2 * 3 * 2)
      #expect(lines[0].hasPrefix("point,latency,delay,nic_rate,fabric,completion_ns,"))
      #expect(lines[1].hasPrefix("0,0 ns,10 us,100 Gb/s,fat-tree,"))
      #expect(lines[4].hasPrefix("1,0 ns,10 us,400 Gb/s,mixnet,"))
      #expect(lines[24].hasPrefix("11,1 us,1 ms,1 Tb/s,mixnet,"))
    }
  }

  @Test("a row holds what replay prints for the same options")
  func sameAsReplay() throws {
    try withScratchFolder { folder in
      let lines = try sweep(folder, into: "s.csv").split(separator: "\n")
      let replayed = try succeeding(
        "replay", folder.path("small.mixt"), "--fabric", "mixnet", "--latency", "1 us", "--delay",
        "1 ms", "--nic-rate", "400 Gb/s", "--format", "csv"
      ).csv
      let completion = try #require(replayed[0].firstIndex(of: "completion_ns"))
      let row = try #require(lines.first { $0.contains(",1 us,1 ms,400 Gb/s,mixnet,") })
      #expect(row.split(separator: ",")[5] == replayed[1][completion])
    }
  }

  @Test(
    "a wrong option or value is named before anything runs",
    arguments: [
      ("alhpa=1", "alhpa"), ("alpha=two", "two"), ("alpha", "alpha=2,4,6"),
      ("delay=5 parsecs", "parsec"),
    ])
  func wrong(words: String, named: String) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = mixtrace("sweep", trace, "-o", folder.path("s.csv"), "--vary", words)
      #expect(outcome.status == .wrongUsage)
      #expect(outcome.errors.contains(named), "\(outcome.errors)")
      #expect(try folder.names() == ["small.mixt"])
    }
  }

  @Test("an option that prints a text, or a value that begins with a dash, is refused")
  func noValue() throws {
    for words in ["help=1", "version=1", "generate-completion-script=bash", "delay=-1 ms"] {
      let outcome = mixtrace("sweep", "absent.mixt", "-o", "s.csv", "--vary", words)
      #expect(outcome.status == .wrongUsage, "\(words): \(outcome.errors)")
      #expect(!outcome.errors.contains("OPTIONS"), "\(outcome.errors)")
      #expect(!outcome.output.contains("OPTIONS"))
    }
  }

  @Test("an unknown fabric is refused with the nearest one")
  func unknownFabric() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = mixtrace("sweep", trace, "-o", folder.path("s.csv"), "--fabric", "mixnett")
      #expect(outcome.status == .wrongUsage)
      #expect(outcome.errors.contains("Did you mean mixnet?"), "\(outcome.errors)")
      #expect(try folder.names() == ["small.mixt"])
    }
  }

  @Test("100,000 combinations are checked value by value")
  func manyCombinations() {
    // Of this thread: others may have the machine.
    let begin = Self.processorSeconds()
    func values(_ unit: String) -> String { (2...11).map { "\($0)\(unit)" }.joined(separator: ",") }
    let outcome = mixtrace(
      "sweep", "absent.mixt", "-o", "s.csv", "--vary", "latency=\(values(" ns"))",
      "--vary", "nic-rate=\(values(" Gb/s"))", "--vary", "alpha=\(values(""))",
      "--vary", "delay=\(values(" ms"))", "--vary", "switch-radix=\(values(""))")
    #expect(outcome.status == .failed)
    #expect(outcome.errors.contains("absent.mixt"), "\(outcome.errors)")
    #expect(Self.processorSeconds() - begin < 10)
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  @Test("every row has its effective parameters")
  func effectiveParameters() throws {
    try withScratchFolder { folder in
      let rows = try sweep(folder, into: "s.csv", vary: ["nics-per-server=4", "alpha=1,2"])
        .split(separator: "\n")
        .map(fieldsOfCSV)
      func column(_ name: String) throws -> [String] {
        let place = try #require(rows[0].firstIndex(of: name), "\(rows[0])")
        return rows.dropFirst().map { $0[place] }
      }
      #expect(try column("effective_optical_nics_per_server_alpha") == ["", "1", "", "2"])
      #expect(try column("effective_electrical_nics_per_server") == ["4", "3", "4", "2"])
      #expect(Set(try column("effective_nic_rate_per_direction_bit_per_s")) == ["400000000000.0"])
      #expect(Set(try column("effective_cost_model")) == ["built"])
      #expect(Set(try column("effective_pacing")) == ["dependencies"])
    }
  }
}
