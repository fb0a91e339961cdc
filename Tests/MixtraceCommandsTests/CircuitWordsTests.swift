import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// What tables and sentences say about circuits is true of the fabrics that are there.
@Suite("Words about circuits")
struct CircuitWordsTests {
  private func replay(_ options: String..., format: String = "json") throws -> CommandOutcome {
    try withScratchFolder { folder in
      try succeeding(
        ["replay", SmallTrace.write(in: folder), "--format", format] + options)
    }
  }

  @Test("only where there are optical switches circuits are free to choose")
  func choice() throws {
    let words = "circuits free to choose"
    func legend(_ fabric: String) throws -> String {
      try replay("--fabric", fabric, format: "table").output.replacing("\n", with: " ")
    }
    #expect(try legend("mixnet").contains(words))
    for fabric in ["fat-tree", "torus-2d", "topoopt"] {
      #expect(try !legend(fabric).contains(words), "\(fabric)")
    }
    let bounds = try replay("--fabric", "fat-tree", "--fabric", "mixnet").rows("bounds")
    func assumed(_ fabric: String) -> Bool {
      bounds.contains {
        $0["fabric"] as? String == fabric && $0["standing"] as? String != "does not apply"
          && ($0["assumptions"] as? String)?.contains("circuits are free to choose") == true
      }
    }
    #expect(assumed("mixnet") && !assumed("fat-tree"))
  }

  @Test("circuits that turn by the clock have no count of changes")
  func turning() throws {
    let options = ["--fabric", "rotor", "--fabric", "mixnet", "--fabric", "fat-tree"]
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let rows = try succeeding(["replay", trace, "--format", "json"] + options).rows("fabrics")
      #expect(rows[0]["reconfigurations"] is NSNull)
      let reasons = try #require(rows[0]["missing_because"] as? [String: String])
      #expect(reasons["reconfigurations"] == "circuits turn by the clock")
      #expect(try #require(rows[1]["reconfigurations"] as? Int) > 0)
      #expect(rows.last?["reconfigurations"] as? Int == 0)
      let path = folder.path("s.csv")
      try succeeding(["sweep", trace, "-o", path] + options)
      let lines = String(decoding: try bytes(of: path), as: UTF8.self).split(separator: "\n")
        .map(fieldsOfCSV)
      let column = try #require(lines[0].firstIndex(of: "reconfigurations"))
      #expect(lines[1][column] == "" && lines[3][column] == "0")
    }
  }

  @Test(
    "where circuits follow each other no policy is judged in hindsight, and the table says why",
    arguments: [
      (["--fabric", "rotor"], "circuits turn by the clock"),
      (
        ["--fabric", "mixnet", "--scheduler", "solstice", "--duplex", "independent"],
        "circuits follow each other while a phase is on"
      ),
    ])
  func hindsight(options: [String], reason: String) throws {
    try withScratchFolder { folder in
      let arguments =
        ["replay", try SmallTrace.write(in: folder), "--details"] + options
        + ["--fabric", "mixnet-literal"]
      let rows = try succeeding(arguments + ["--format", "json"]).rows("bounds").filter {
        $0["bound"] as? String == "best policy in hindsight"
      }
      let absent = try #require(rows.first { $0["fabric"] as? String == options[1] })
      #expect(absent["standing"] as? String == "not offered")
      #expect(absent["bound_ns"] is NSNull)
      #expect((absent["assumptions"] as? String)?.hasPrefix(reason) == true)
      let other = try #require(rows.first { $0["fabric"] as? String == "mixnet-literal" })
      #expect(other["bound_ns"] is Double)
      let text = try succeeding(arguments).output.replacing("\n", with: " ")
      #expect(
        text.contains("Without best policy in hindsight and break-even delay on \(options[1])"))
    }
  }

  @Test("bytes over patched circuits are not called electrical")
  func patched() throws {
    func bytes(_ fabric: String) throws -> (electrical: Double, circuits: Double) {
      let rows = try replay("--fabric", fabric, "--phases").rows("phases")
      func sum(_ key: String) -> Double {
        rows.reduce(0) { $0 + (($1[key] as? NSNumber)?.doubleValue ?? 0) }
      }
      return (sum("electrical_bytes"), sum("circuit_bytes"))
    }
    let tree = try bytes("fat-tree")
    #expect(tree.electrical > 0 && tree.circuits == 0)
    for fabric in ["topoopt", "random-regular", "topoopt-fitted"] {
      let found = try bytes(fabric)
      #expect(found.electrical == 0 && found.circuits > 0, "\(fabric)")
    }
    let ring = try bytes("ring")
    #expect(ring.electrical == tree.electrical && ring.circuits == 0)
    let mixed = try bytes("static-circulant-forwarding")
    #expect(mixed.circuits > 0)
    #expect(abs(mixed.electrical + mixed.circuits - tree.electrical) < 1e-6 * tree.electrical)
  }

  @Test("circuits that carry nothing are no reason to buy them")
  func dark() throws {
    try withScratchFolder { folder in
      // All experts of a token are in its server.
      let trace = folder.path("inside.mixt")
      try succeeding(
        "synth", "mixtral-8x7b", "--servers", "4", "--gpus-per-server", "8", "--expert", "8",
        "--layers", "0-0", "--tokens-per-rank", "64", "--iterations", "2", "--trace", trace)
      let outcome = try succeeding(
        "replay", trace, "--fabric", "fat-tree", "--fabric", "mixnet", "--format", "json")
      let said = try outcome.sentences()
      #expect(said.contains("No byte uses a circuit on any of these fabrics"), "\(said)")
      #expect(!said.contains("Optics pay"))
      for row in try outcome.rows("fabrics") {
        #expect(row["of_circuit_optimum_share"] is NSNull)
      }
    }
  }

  @Test("without optical NICs nothing is said about changing circuits")
  func noOpticalNICs() throws {
    let outcome = try replay("--fabric", "mixnet", "--alpha", "0")
    let remarks = try #require(try outcome.json()["remarks"] as? [String]).joined()
    #expect(remarks.contains("no NIC is optical"))
    #expect(!remarks.contains("circuits may change"))
  }
}
