import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Where experts should be, through the command line.
@Suite("Placing experts")
struct PlaceTests {
  private func number(_ row: [String: Any], _ key: String) throws -> Double {
    try #require(row[key] as? Double ?? (row[key] as? Int).map(Double.init), "\(key) in \(row)")
  }

  /// Writes a run like the small one with other gates; returns its path.
  private func trace(in folder: URL, _ options: String...) throws -> String {
    let path = folder.path("run.mixt")
    try succeeding(SmallTrace.synth + options + ["--trace", path])
    return path
  }

  @Test("contiguous, re-placed and replicated experts stand beside each other on every fabric")
  func rows() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = try succeeding(
        "place", trace, "--fabric", "fat-tree", "--fabric", "mixnet", "--format", "json")
      let rows = try outcome.rows("placements")
      #expect(
        rows.map { $0["placement"] as? String } == [
          "contiguous", "re-placed", "replicated", "contiguous", "re-placed", "replicated",
        ])
      #expect(rows.map { $0["fabric"] as? String }.prefix(4).last == "mixnet")
      #expect(try rows.map { try number($0, "slots_per_rank") }.prefix(3) == [1, 1, 2])
      // One layer's all-to-all of one iteration is what was fitted, so a search never loses there.
      let fitted = try rows.prefix(3).map { try number($0, "fitted_busiest_port_bytes") }
      #expect(fitted[1] <= fitted[0] && fitted[2] < fitted[0])
      for row in rows.dropFirst() where row["placement"] as? String != "contiguous" {
        let saved = try number(row, "saved_share")
        #expect((row["break_even_iterations"] as? Int != nil) == (saved > 0), "\(row)")
      }
      let said = try outcome.sentences()
      #expect(said.contains("chosen for iteration 0 and scored on iterations 1-2"), "\(said)")
      // Mixtral's expert: 3 × 4096 × 14336 parameters; 8 spare slots in each of 2 layers.
      let memory = try number(rows[2], "replica_memory_bytes")
      #expect(memory == 16 * 3 * 4096 * 14336 * 16)
      #expect(try number(rows[1], "replica_memory_bytes") == 0)
      #expect(try number(rows[2], "gradient_bytes") == 16 * 3 * 4096 * 14336 * 4)
      let again = try succeeding(
        "place", trace, "--fabric", "fat-tree", "--fabric", "mixnet", "--format", "json")
      #expect(again.output == outcome.output)
    }
  }

  @Test("a slot list names every expert of every layer")
  func slots() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let rows = try succeeding(
        "place", trace, "--objective", "completion", "--slots", "3", "--format", "json"
      ).rows("slots")
      for layer in 0..<2 {
        let held = rows.filter {
          $0["placement"] as? String == "replicated" && $0["layer"] as? Int == layer
        }.compactMap { $0["experts"] as? String }.flatMap { $0.split(separator: " ") }
        #expect(held.count == 24)
        #expect(Set(held).count == 8)
      }
    }
  }

  @Test("lasting hot experts are worth replicas and no move; even ones are not worth replicas")
  func verdicts() throws {
    try withScratchFolder { folder in
      let options = ["--nic-rate", "10 Gb/s", "--format", "json"]
      let hot = try trace(in: folder, "--skew", "2", "--drift", "0", "--pair-affinity", "0")
      let cured = try succeeding(["place", hot, "--objective", "busiest-rank"] + options)
      let rows = try cured.rows("placements")
      let imbalance = try rows.map { try number($0, "imbalance_ratio") }
      #expect(imbalance[0] > 2 && imbalance[2] < imbalance[0] / 1.5, "\(imbalance)")
      let completions = try rows.map { try number($0, "completion_ns") }
      #expect(completions[2] < completions[0], "\(completions)")
      let saidOfHot = try cured.sentences()
      #expect(saidOfHot.contains("Moving experts is not worth it on fat-tree"), "\(saidOfHot)")
      #expect(saidOfHot.contains("Replicating experts into 1 more slot on each rank saves"))
      let even = try trace(in: folder, "--skew", "0", "--drift", "0", "--pair-affinity", "0")
      let said = try succeeding(["place", even] + options).sentences()
      #expect(said.contains("on each rank is not worth it on fat-tree"), "\(said)")
    }
  }

  @Test("a saving that other iterations might not show is called noise")
  func noise() throws {
    try withScratchFolder { folder in
      // Few tokens and drifting experts: 1.2 % by chance; 1.7 % where experts stay as they are.
      for (seed, drift, isNoise) in [("4", "0.3", true), ("2", "0.05", false)] {
        let path = folder.path("run\(seed).mixt")
        try succeeding(
          "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--layers", "0-0",
          "--tokens-per-rank", "16", "--iterations", "40", "--skew", "0.8", "--drift", drift,
          "--pair-affinity", "0.5", "--seed", seed, "--trace", path)
        let outcome = try succeeding(
          "place", path, "--nic-rate", "10 Gb/s", "--slots", "1", "--format", "json")
        let row = try #require(try outcome.rows("placements").last)
        let said = try outcome.sentences()
        let (low, high) = (
          try number(row, "saved_low_share"), try number(row, "saved_high_share")
        )
        let saved = try number(row, "saved_share")
        #expect(saved >= 0.01 && low <= saved && saved <= high, "\(row)")
        #expect((low <= 0) == isNoise, "\(row)")
        #expect(said.contains("but that is within noise: 95 % of") == isNoise, "\(said)")
        #expect(said.contains("Moving experts saves") == !isNoise, "\(said)")
        #expect((row["break_even_iterations"] as? Int == nil) == isNoise)
      }
    }
  }

  @Test("planted hot experts are those that get the replicas")
  func hotExperts() throws {
    try withScratchFolder { folder in
      let path = folder.path("hot.mixt")
      try succeeding(
        "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--layers", "0-1",
        "--tokens-per-rank", "96", "--iterations", "24", "--skew", "0", "--drift", "0",
        "--pair-affinity", "0", "--hot-experts", "1", "--hot-factor", "12", "--seed", "5",
        "--trace", path)
      let outcome = try succeeding(
        "place", path, "--objective", "busiest-rank", "--nic-rate", "10 Gb/s", "--format", "json")
      // Layer by operation, and tokens by layer and expert, from the routing itself.
      let operations = try succeeding("export", path, "operations").csv.dropFirst()
      let layerOf = Dictionary(uniqueKeysWithValues: operations.map { ($0[0], $0[8]) })
      var tokens: [String: [String: Int]] = [:]
      for row in try succeeding("export", path, "routing").csv.dropFirst() {
        for expert in row[3].split(separator: " ") {
          tokens[layerOf[row[0]] ?? "", default: [:]][String(expert), default: 0] +=
            Int(row[2]) ?? 0
        }
      }
      for layer in 0..<2 {
        let hot = try #require(tokens["\(layer)"]?.max { $0.value < $1.value }?.key)
        var copies: [String: Int] = [:]
        for row in try outcome.rows("slots")
        where row["placement"] as? String == "replicated" && row["layer"] as? Int == layer {
          for expert in (row["experts"] as? String ?? "").split(separator: " ") {
            copies[String(expert), default: 0] += 1
          }
        }
        #expect(copies.max { $0.value < $1.value }?.key == hot, "layer \(layer): \(copies)")
        #expect((copies[hot] ?? 0) >= 4, "layer \(layer): \(copies)")
      }
      let said = try outcome.sentences()
      #expect(said.contains("more slot on each rank saves"), "\(said)")
      #expect(said.contains("resamples of the 12 scored iterations lie between"), "\(said)")
    }
  }

  @Test("a capture that was joined to its routing is placed as the routing alone")
  func joinedTrace() throws {
    try withScratchFolder { folder in
      let (capture, layout) = (folder.path("run.pcap"), folder.path("layout.yaml"))
      let logs = folder.path("logs")
      try succeeding(
        "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--layers", "0-1",
        "--tokens-per-rank", "64", "--iterations", "3", "--skew", "2", "--capture", capture,
        "--router-logs", logs, "--layout-file", layout)
      let (network, gates) = (folder.path("network.mixt"), folder.path("gates.mixt"))
      try succeeding("ingest", capture, "--layout", layout, "-o", network)
      let files = try FileManager.default.contentsOfDirectory(atPath: logs).sorted()
      try succeeding(
        ["ingest"] + files.map { "\(logs)/\($0)" }
          + ["--layout", layout, "--model", "mixtral-8x7b", "-o", gates])
      let joined = folder.path("joined.mixt")
      try succeeding("join", network, gates, "-o", joined)
      let options = ["--objective", "busiest-rank", "--format", "json"]
      let rows = try succeeding(["place", joined] + options).rows("placements")
      let alone = try succeeding(["place", gates] + options).rows("placements")
      // Measured bytes cannot follow an expert, so tokens decide in both; bytes of a token may differ by
      // the rule of copies that the join found.
      for (row, other) in zip(rows, alone) {
        #expect(try number(row, "imbalance_ratio") == number(other, "imbalance_ratio"))
      }
      #expect(rows.count == 3 && alone.count == 3)
      #expect(try number(rows[2], "imbalance_ratio") < number(rows[0], "imbalance_ratio"))
    }
  }

  @Test("with --then-regions the region is chosen before and after")
  func regions() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = try succeeding(
        "place", trace, "--objective", "between-regions", "--region", "2", "--then-regions",
        "--format", "json")
      for name in ["contiguous", "re-placed", "replicated"] {
        #expect(try !outcome.rows("choice_\(name)").isEmpty)
        #expect(try outcome.sentences().contains("Region, experts \(name): "))
      }
      let said = try outcome.sentences()
      #expect(said.contains("Moving experts leaves the region as large as it is"), "\(said)")
      #expect(said.contains("Replicating experts"))
      #expect(
        said.contains("judged on iterations 1-2, which neither they nor the placements were chosen")
      )
    }
  }

  @Test("experts that move to their senders shrink the region, and that is said in servers")
  func smallerRegion() throws {
    try withScratchFolder { folder in
      // Servers 0 and 1 use experts 4 and 5 alone, 2 and 3 use 6 and 7, and the other way round: four servers
      // share a region until the experts of a pair of servers live there.
      let rows = (0..<8).map { server in
        "[" + (0..<8).map { $0 / 2 == (server / 2 + 2) % 4 ? "100000" : "0" }.joined(separator: ",")
          + "]"
      }
      let (matrix, layout) = (folder.path("tokens.txt"), folder.path("layout.yaml"))
      try write("[\(rows.joined(separator: ","))]".utf8, to: matrix)
      try write("servers: 8\ngpus_per_server: 1\nparallel: {expert: 8}\n".utf8, to: layout)
      let trace = folder.path("run.mixt")
      try succeeding("ingest", matrix, "--layout", layout, "-o", trace)
      let outcome = try succeeding(
        "place", trace, "--tokens-as-bytes", "--slots", "1", "--objective", "between-servers",
        "--delay", "instant", "--then-regions", "--format", "json")
      #expect(
        try outcome.rows("regions").map { try number($0, "region_servers") } == [4, 2])
      let said = try outcome.sentences()
      #expect(
        said.contains(
          "Moving experts shrinks the region: the smallest within 5 % of the fastest with circuits was "
            + "4 servers before and is 2 after."), "\(said)")
      #expect(said.contains("Regions were judged on the traffic that they and the placements were"))
    }
  }

  @Test("one iteration is scored on itself, and that is said")
  func oneIteration() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let said = try succeeding("place", trace, "--iteration", "1", "--format", "json").sentences()
      #expect(said.contains("There is one iteration, so none can be held out"))
    }
  }

  @Test("a layout with the same ranks on other servers moves bytes to the network")
  func layout() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      func contiguous(_ options: String...) throws -> Double {
        let rows = try succeeding(["place", trace, "--format", "json"] + options).rows("placements")
        return try number(rows[0], "between_servers_bytes")
      }
      let layout = folder.path("layout.yaml")
      let parallel = "parallel: {expert: 8, expert_tensor: 1, data: 8}\n"
      try write("servers: 8\ngpus_per_server: 1\n\(parallel)".utf8, to: layout)
      #expect(try contiguous("--layout", layout) > contiguous())
      try write("servers: 2\ngpus_per_server: 2\nparallel: {expert: 4, data: 4}\n".utf8, to: layout)
      #expect(mixtrace("place", trace, "--layout", layout).status == .wrongUsage)
    }
  }

  @Test("a trace without routing says so, and wrong options are refused")
  func refusals() throws {
    try withScratchFolder { folder in
      let (capture, layout) = try SmallTrace.writeCapture(in: folder)
      let captured = folder.path("capture.mixt")
      try succeeding("ingest", capture, "--layout", layout, "-o", captured)
      let outcome = mixtrace("place", captured)
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("this trace kept no routing"))
      let trace = try SmallTrace.write(in: folder)
      for options in [
        ["--slots", "0"], ["--objective", "between-regions"], ["--fabric", "best-static"],
        ["--optimizer-bytes", "-1"], ["--fabric", "no-such"],
      ] {
        #expect(mixtrace(["place", trace] + options).status == .wrongUsage, "\(options)")
      }
      #expect(mixtrace("place", trace, "--groups", "3").errors.contains("groups"))
      let tooMany = mixtrace("place", trace, "--slots", "9")
      #expect(tooMany.status == .wrongUsage)
      #expect(tooMany.errors.contains("a rank that holds all 8 experts has 8 slots"))
      let elsewhere = mixtrace("place", trace, "--iteration", "7")
      #expect(
        elsewhere.errors.contains("the part of the trace that was asked for holds no routing"))
    }
  }

  @Test(
    "a log without source ranks is placed for its loads, and what rests on a guess is named",
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func realLog() throws {
    try withScratchFolder { folder in
      let layout = folder.path("layout.yaml")
      try write("servers: 8\ngpus_per_server: 1\nparallel: {expert: 8}\n".utf8, to: layout)
      let trace = folder.path("run.mixt")
      try succeeding(
        "ingest", RealInputs.path("routing/mixtral-8x7b-humaneval_2_routing.jsonl"), "--layout",
        layout, "--model", "mixtral-8x7b", "-o", trace)
      let outcome = try succeeding("place", trace, "--format", "json")
      #expect(outcome.output.contains("rest on a guess"), "\(outcome.output)")
      // Forward passes only: replicas have no gradients to sum.
      #expect(outcome.output.contains("counted as in inference"))
      for row in try outcome.rows("placements") { #expect(try number(row, "gradient_bytes") == 0) }
    }
  }
}
