import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// `reproduce`: a published table is read, one number per model fitted, every cell replayed.
@Suite("Reproduce")
struct ReproduceTests {
  /// One model of the real table with values of our own.
  private static let small = """
    Model,Bandwidth,fattree,mixnet,rail-optimized,topoopt
    Mixtral 8*7B,400,1.1,1.2,1.1,1.5
    Mixtral 8*7B,800,1.0,1.1,1.0,1.3
    """

  private func reproduce(
    _ csv: String, _ options: [String] = ["--skip-sensitivity"]
  ) throws -> CommandOutcome {
    try withScratchFolder { folder in
      let table = folder.appendingPathComponent("table.csv")
      try Data(csv.utf8).write(to: table)
      return mixtrace(
        ["reproduce", "mixnet", "--table", table.path, "--format", "json"] + options)
    }
  }

  private func cells(_ outcome: CommandOutcome) throws -> [[String: Any]] {
    let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let tables = try #require(json as? [String: Any])
    return try #require(tables["cells"] as? [[String: Any]])
  }

  private func ours(_ cells: [[String: Any]], _ fabric: String, _ rate: Double) throws -> Double {
    let cell = try #require(
      cells.first {
        $0["fabric"] as? String == fabric && $0["nic_bits_per_second"] as? Double == rate
      })
    return try #require(cell["replayed_ratio"] as? Double)
  }

  @Test("compute alone is fitted to what the fat-tree gains; all else is over our own best cell")
  func fit() throws {
    let cells = try cells(try reproduce(Self.small))
    #expect(cells.count == 8)
    let quotient = try ours(cells, "fat-tree", 400e9) / ours(cells, "fat-tree", 800e9)
    #expect(abs(quotient - 1.1) < 0.001, "\(quotient)")
    #expect(cells.compactMap { $0["replayed_ratio"] as? Double }.min() == 1)
    func cost(_ fabric: String) -> Double {
      let cell = cells.first {
        $0["fabric"] as? String == fabric && $0["nic_bits_per_second"] as? Double == 400e9
      }
      return ((cell?["cost_usd"] as? Double ?? 0) / 1e3).rounded() / 1e3
    }
    // Million dollars for 1,024 GPUs, as the paper's ratios imply.
    #expect(cost("fat-tree") == 11.625)
    #expect(cost("rail-optimised") == 11.625)
    #expect(cost("mixnet") == 5.078)
    #expect(cost("topoopt") == 2.466)
  }

  @Test("a table that is not the published one is refused with its line")
  func refusals() throws {
    let cases: [(String, String, String)] = [
      ("mixnet,", "ocs,", "no column mixnet"), ("1.5", "fast", "line 2"),
      ("Mixtral 8*7B", "Mixtral", "known: Mixtral 8*22B"),
      ("800,1.0,1.1,1.0,1.3", "800,1.0,1.1,1.0", "line 3"),
      ("Mixtral 8*7B,800,", "Mixtral 8*7B,200,", "800 Gb/s"),
      ("400,1.1,", "400,2.5,", "between 1 and 2"),
    ]
    for (old, new, words) in cases {
      let outcome = try reproduce(Self.small.replacingOccurrences(of: old, with: new))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains(words), "\(new): \(outcome.errors)")
    }
  }

  @Test(
    "the real table: what the fat-tree and the rails do to Mixtral 8x7B is predicted within 5 %",
    .enabled(if: RealInputs.arePresent, "\(RealInputs.absence)"))
  func published() throws {
    let csv = try String(
      contentsOfFile: RealInputs.path("mixnet/mixnet_normalized_performance.csv"),
      encoding: .utf8)
    let mixtral = csv.split(separator: "\n").filter {
      $0.hasPrefix("Model") || $0.hasPrefix("Mixtral 8*7B")
    }
    let cells = try cells(
      try reproduce(
        mixtral.joined(separator: "\n"),
        [
          "--skip-sensitivity", "--tokens",
          RealInputs.path("mixnet/mixnet_tokens_8x8_measured.txt"),
        ]))
    #expect(cells.count == 16)
    for cell in cells where ["fat-tree", "rail-optimised"].contains(cell["fabric"] as? String) {
      let error = try #require(cell["error_share"] as? Double)
      #expect(abs(error) < 0.05, "\(cell)")
    }
  }
}
