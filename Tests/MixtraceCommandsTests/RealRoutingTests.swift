import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// A router log of one serving process, from ingest to completion times.
@Suite(
  "A real router log through the command line",
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct RealRoutingTests {
  private static let log = RealInputs.path("routing/mixtral-8x7b-humaneval_2_routing.jsonl")

  /// Ingests the log as eight servers with one GPU each; returns the trace's path.
  private func ingest(in folder: URL) throws -> (trace: String, outcome: CommandOutcome) {
    let layout = folder.path("layout.yaml")
    try write(
      "servers: 8\ngpus_per_server: 1\nparallel: {expert: 8}\n".utf8, to: layout)
    let trace = folder.path("run.mixt")
    let outcome = try succeeding(
      "ingest", Self.log, "--layout", layout, "--model", "mixtral-8x7b", "-o", trace, "--format",
      "json")
    return (trace, outcome)
  }

  @Test("all 10,779 rows are accounted for, and what is missing is said")
  func ledger() throws {
    try withScratchFolder { folder in
      let (trace, outcome) = try ingest(in: folder)
      let ledger = try outcome.rows("ledger")
      #expect(ledger.map { $0["outcome"] as? String } == ["read", "used"])
      #expect(ledger.map { $0["count"] as? Int } == [10_779, 10_779])
      let said = try outcome.sentences()
      #expect(said.contains("no source rank in this log"))
      #expect(said.contains("no step in this log"))
      #expect(said.contains("forward pass only"))

      let info = try succeeding("info", trace, "--format", "json")
      let origins = try info.rows("provenance").reduce(into: [String: String]()) {
        $0[$1["column"] as? String ?? ""] = $1["origin"] as? String
      }
      #expect(origins["routing.sourceRank"] == "inferred")
      #expect(origins["layout"] == "declared")
      #expect(origins["model"] == "declared")
      let operations = try succeeding("export", trace, "operations").csv
      let phase = try #require(operations.first?.firstIndex(of: "phase"))
      // Two problems × 32 layers, forward only.
      #expect(operations.count == 1 + 2 * 32 * 2)
      #expect(
        Set(operations.dropFirst().map { $0[phase] }) == ["dispatch-forward", "combine-forward"])
    }
  }

  @Test("pair structure is not identifiable and trends are too few: no numbers in their place")
  func analyze() throws {
    try withScratchFolder { folder in
      let (trace, _) = try ingest(in: folder)
      let table = try succeeding("analyze", trace).output
      #expect(table.contains("Pair structure: not identifiable"))
      #expect(table.contains("Trend over iterations: too few"))

      let json = try succeeding("analyze", trace, "--format", "json")
      let matrices = try json.json().keys.filter { $0.hasPrefix("structure_") }
      #expect(!matrices.isEmpty)
      for matrix in matrices {
        let statistics = try json.rows(matrix)
        #expect(statistics.count > 10)
        for row in statistics {
          let name = try #require(row["statistic"] as? String)
          if name.hasPrefix("pair") || name.contains("information") || name.contains("rank one") {
            #expect(row["value"] is NSNull, "\(name) must not be a number")
          }
        }
      }
      for row in try json.rows("time") { #expect(row["value"] is NSNull, "\(row)") }
      #expect(try json.rows("regions").isEmpty)
    }
  }

  @Test("replay prints a completion time and its bound on every fabric")
  func replay() throws {
    try withScratchFolder { folder in
      let (trace, _) = try ingest(in: folder)
      let fabrics = try succeeding("replay", trace, "--format", "json").rows("fabrics")
      let names = fabrics.compactMap { $0["fabric"] as? String }
      for name in [
        "ideal", "fat-tree", "fat-tree-3to1", "rail-optimised", "static-circulant", "mixnet",
      ] {
        #expect(names.contains(name))
      }
      #expect(names.contains("mixnet, commodity NIC"))
      for row in fabrics {
        let completion = try #require(row["completion_ns"] as? Double)
        let bound = try #require(row["bound_ns"] as? Double)
        #expect(bound > 0 && completion >= bound * (1 - 1e-9), "\(row)")
      }
    }
  }
}
