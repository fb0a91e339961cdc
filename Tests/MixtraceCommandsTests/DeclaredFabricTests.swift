import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Options beside a file of fabrics: the defaults of what the file leaves open, never ignored.
@Suite("Fabrics of a file")
struct DeclaredFabricTests {
  /// Replays on the fabrics of a file and returns the parameters in force on one of them.
  private func parameters(
    _ fabrics: String, of fabric: String, _ options: [String]
  ) throws -> [String: String] {
    try withScratchFolder { folder in
      let file = folder.path("fabrics.yaml")
      try write("fabrics:\n\(fabrics)".utf8, to: file)
      let rows = try succeeding(
        ["replay", SmallTrace.write(in: folder), "--fabrics", file, "--fabric", fabric]
          + ["--policy", "never", "--nics-per-server", "8", "--format", "json"] + options
      ).rows("parameters")
      return rows.reduce(into: [:]) { values, row in
        guard let name = row["parameter"] as? String, let value = row["value"] else { return }
        values[name] = (value as? Double).map { "\($0)" } ?? "\(value)"
      }
    }
  }

  private static let options = [
    "--delay", "3 ms", "--alpha", "3", "--region", "2", "--scheduler", "eps-aware",
    "--sharing", "split-fair", "--latency", "5 us", "--payload-efficiency", "0.5",
    "--scale-up-rate", "100 GB/s", "--switch-radix", "32", "--optical-radix", "64",
    "--reconfiguration", "changed-ports-only", "--nic-policy", "pinned",
    "--fail", "server 3 nic 7",
  ]

  @Test(
    "every option reaches a fabric that leaves it open",
    arguments: [
      "base: mixnet", "base: mixnet, optical: {planes: 1}", "topology: ideal, optical: {}",
    ])
  func open(fabric: String) throws {
    let found = try parameters("  - {name: mine, \(fabric)}\n", of: "mine", Self.options)
    let expected = [
      "switching delay": "3000000.0", "optical NICs per server (alpha)": "3.0",
      "region": "2 consecutive servers", "circuit scheduler": "eps-aware",
      "sharing of circuits and EPS": "split-fair", "latency per phase": "5000.0",
      "payload efficiency": "0.5", "scale-up rate per GPU and direction": "800000000000.0",
      "electrical switch radix": "32.0", "optical switch radix": "64.0",
      "reconfiguration": "changed-ports-only", "failed": "server 3 nic 7",
    ]
    for (name, value) in expected { #expect(found[name] == value, "\(name)") }
  }

  @Test("what the file declares stays as declared; failures are added to its own")
  func declared() throws {
    let found = try parameters(
      """
        - name: mine
          base: mixnet
          nic_rate: 200 Gb/s
          sharing: exclusive
          latency: 7 us
          payload_efficiency: 0.9
          scale_up_rate: 50 GB/s
          switch_radix: 16
          failures: [server 0 nic 1]
          optical:
            {nics: 2, region: 4, scheduler: mixnet-literal, switch_radix: 128, switching: 1 ms,
             reconfiguration: all-stop}

      """, of: "mine", Self.options)
    let expected: [String: Double] = [
      "switching delay": 1e6, "optical NICs per server (alpha)": 2, "latency per phase": 7000,
      "payload efficiency": 0.9, "scale-up rate per GPU and direction": 400e9,
      "electrical switch radix": 16, "optical switch radix": 128,
    ]
    for (name, value) in expected {
      #expect(found[name].flatMap(Double.init) == value, "\(name)")
    }
    #expect(found["circuit scheduler"] == "mixnet-literal")
    #expect(found["region"] == "4 consecutive servers")
    #expect(found["reconfiguration"] == "all-stop")
    #expect(found["sharing of circuits and EPS"] == "exclusive")
  }

  @Test("an optical technology's own delay and radix are declared with it")
  func technology() throws {
    let fabric = "  - {name: mine, base: mixnet, optical: {technology: piezo}}\n"
    let found = try parameters(
      fabric, of: "mine", ["--delay", "1 s", "--optical-radix", "2048"])
    #expect(found["switching delay"].flatMap(Double.init) == 25e6)
    #expect(found["optical switch radix"] == "576.0")
    // No time is published for this one.
    let other = try parameters(
      "  - {name: mine, base: mixnet, optical: {technology: palomar}}\n", of: "mine",
      ["--delay", "mixnet-prototype"])
    #expect(other["control delay"].flatMap(Double.init) == 41.1e6)
    #expect(other["delay per pair"].flatMap(Double.init) == 0.35e6)
  }

  @Test("circuits that never change take as many NICs as --alpha says")
  func fixed() throws {
    let found = try parameters(
      "  - {name: mine, topology: ideal, optical: {static: circulant}}\n", of: "mine",
      ["--alpha", "2", "--region", "4"])
    #expect(found["static optical NICs per server"] == "2.0")
  }

  @Test("a fabric of the file that does not fit leaves the others alone")
  func otherFabrics() throws {
    try withScratchFolder { folder in
      let file = folder.path("fabrics.yaml")
      try write(
        """
        fabrics:
          - {name: wide, base: mixnet, optical: {nics: 99}}
          - {name: slow, base: fat-tree, nic_rate: 100 Gb/s}

        """.utf8, to: file)
      let trace = try SmallTrace.write(in: folder)
      for fabric in ["slow", "fat-tree"] {
        try succeeding("replay", trace, "--fabrics", file, "--fabric", fabric)
      }
      let outcome = mixtrace("replay", trace, "--fabrics", file)
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("wide"), "\(outcome.errors)")
    }
  }

  @Test("regions are judged on the file's own fabric with circuits")
  func regions() throws {
    try withScratchFolder { folder in
      let file = folder.path("fabrics.yaml")
      try write(
        """
        fabrics:
          - {name: tree, base: fat-tree}
          - {name: mine, base: mixnet, optical: {nics: 1}}

        """.utf8, to: file)
      let trace = try SmallTrace.write(in: folder)
      #expect(try succeeding("analyze", trace, "--fabrics", file).output.contains("plans on mine"))
      #expect(try succeeding("analyze", trace).output.contains("plans on mixnet"))
    }
  }
}
