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
      ("400,1.1,", "400,2.5,", "Mixtral 8*7B: the fat-tree"),
      ("8*7B,800,", "8*7B,400,", "line 3: Mixtral 8*7B at 400 Gb/s stands above already"),
    ]
    for (old, new, words) in cases {
      let outcome = try reproduce(Self.small.replacingOccurrences(of: old, with: new))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains(words), "\(new): \(outcome.errors)")
    }
  }

  /// An 8 × 8 token matrix with rows of equal sums.
  private static func tokens(times factor: Int, size: Int = 8) -> String {
    let row = (0..<size).map { "\((1_000 + 37 * $0) * factor)" }.joined(separator: ", ")
    return "[" + [String](repeating: "[\(row)]", count: size).joined(separator: ", ") + "]"
  }

  private func reproduce(tokens: String) throws -> CommandOutcome {
    try withScratchFolder { folder in
      try write(tokens.utf8, to: folder.path("tokens.txt"))
      return try reproduce(
        Self.small, ["--skip-sensitivity", "--tokens", folder.path("tokens.txt")])
    }
  }

  @Test("only the shape of a token matrix counts, not its sum")
  func largeTokenMatrix() throws {
    let small = try reproduce(tokens: Self.tokens(times: 1))
    let large = try reproduce(tokens: Self.tokens(times: 100_000_000))
    #expect(try cells(small).contains { ($0["all_to_all_ns"] as? Double ?? 0) > 0 })
    #expect(small.output == large.output)
  }

  @Test("a token matrix that fits no model is refused with the sizes that fit")
  func uselessTokenMatrix() throws {
    let outcome = try reproduce(tokens: Self.tokens(times: 1, size: 12))
    #expect(outcome.status == .failed)
    #expect(outcome.errors.contains("12 rows fit no model"), "\(outcome.errors)")
    #expect(outcome.errors.contains("Mixtral 8*7B needs 8"), "\(outcome.errors)")
  }

  @Test("a model with fewer replicas than were asked for is named")
  func replicas() throws {
    let csv = Self.small.replacingOccurrences(of: "8*7B", with: "8*22B")
    let outcome = try reproduce(csv, ["--skip-sensitivity", "--replicas", "4"])
    let remarks = try #require(try outcome.json()["remarks"] as? [String]).joined()
    #expect(remarks.contains("4 data-parallel replicas (Mixtral 8*22B has 2)"), "\(remarks)")
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
