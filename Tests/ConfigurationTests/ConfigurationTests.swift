import Configuration
import Testing
import TraceModel

@Suite struct LayoutFileTests {
  static let example = """
    servers: 4
    gpus_per_server: 8
    parallel: {tensor: 4, expert: 8, data: 8}
    addresses:
      - {address: 10.0.0.1, server: 0}
      - {address: "fe80::1", server: 3, nic: 7}
    """

  @Test func readsCountsGroupsAndAddresses() throws {
    let layout = try LayoutFile.parse(yaml: Self.example, file: "layout.yaml")
    #expect(layout.rankCount == 32)
    #expect(layout.nicsPerServer == 8)
    #expect(layout.parallelism == Parallelism(tensor: 4, expert: 8, data: 8))
    #expect(layout.addresses[1] == NICAddress(text: "fe80::1", server: 3, nic: 7))
  }

  @Test func whatItWritesItReads() throws {
    let layout = try LayoutFile.parse(yaml: Self.example, file: "layout.yaml")
    #expect(try LayoutFile.parse(yaml: LayoutFile.yaml(layout), file: "again.yaml") == layout)
  }

  @Test(arguments: [
    ("servers: 4\ngpu_per_server: 8", "layout.yaml:2", "gpus_per_server"),
    ("servers: 4\ngpus_per_server: eight", "layout.yaml:2", "whole number"),
    ("servers: 4\ngpus_per_server: 8\nservers: 5", "layout.yaml", "servers"),
    ("servers: 4\ngpus_per_server: 8\nparallel: {tensor: 4, expert: 3}", "layout.yaml", "divided"),
    (
      "servers: 1\ngpus_per_server: 1\naddresses: [{address: a, server: 1}]", "layout.yaml:3",
      "0 to 0"
    ),
    (
      "servers: 1\ngpus_per_server: 1\nparallel: {tensor: 1000000000, context: 1000000000}",
      "layout.yaml:3", "1000000"
    ),
    (
      "servers: 1\ngpus_per_server: 1\n"
        + "parallel: {tensor: 1000000, context: 1000000, pipeline: 1000000}",
      "layout.yaml", "ranks"
    ),
    ("", "layout.yaml", "empty"), ("[", "layout.yaml", "not valid YAML"),
  ])
  func saysWhereAndWhatIsWrong(yaml: String, place: String, word: String) {
    let error = #expect(throws: ConfigurationError.self) {
      try LayoutFile.parse(yaml: yaml, file: "layout.yaml")
    }
    #expect(error?.description.contains(place) == true, "\(String(describing: error))")
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }
}

@Suite struct YAMLErrorTests {
  @Test func aLongLineIsNotRepeated() {
    let line = "servers: [" + String(repeating: "1, ", count: 70_000)
    let error = #expect(throws: ConfigurationError.self) {
      try LayoutFile.parse(yaml: line, file: "layout.yaml")
    }
    #expect(error?.description.contains("not valid YAML") == true)
    #expect((error?.description.count ?? 0) < 1_000)
  }

  @Test func adviceNamesWhatWasMeant() {
    #expect(
      spellingAdvice(for: "fat-tre", among: ["fat-tree", "ring"]) == "Did you mean fat-tree?")
    #expect(spellingAdvice(for: "zzz", among: ["fat-tree", "ring"]) == nil)
  }
}

@Suite struct ModelFileTests {
  @Test func dataTypesBecomeBytesPerToken() throws {
    let model = try ModelFile.parse(
      yaml: """
        name: DeepSeek-V3
        experts: 256
        top_k: 8
        hidden_size: 7168
        data_types: {dispatch_forward: fp8-block128, combine_forward: bf16}
        copies: server
        compute: {expert_forward: 2.5 ms, tokens_per_rank: 8192}
        """, file: "model.yaml")
    // FP8 with one 4-byte scale per 128 elements is 0.5156 of BF16.
    #expect(model.bytesPerToken.dispatchForward == 7168 + 56 * 4)
    #expect(model.bytesPerToken.combineForward == 14_336)
    #expect(model.copies == .perServer)
    #expect(model.compute.nanoseconds(before: .combineForward) == 2.5e6)
    #expect(model.compute.referenceTokensPerRank == 8192)
  }

  @Test func refusesMoreChoicesThanExperts() {
    #expect(throws: ConfigurationError.self) {
      try ModelFile.parse(yaml: "experts: 4\ntop_k: 5\nhidden_size: 8", file: "m.yaml")
    }
  }

  @Test(arguments: ["99999999999 min", "30 s", String(repeating: "9", count: 400) + " s"])
  func computeIsATimeThatCanBeCounted(time: String) {
    let yaml = "experts: 4\nhidden_size: 8\ncompute: {expert_forward: \(time)}"
    if time == "30 s" {
      #expect((try? ModelFile.parse(yaml: yaml, file: "m.yaml")) != nil)
    } else {
      #expect(throws: ConfigurationError.self) { try ModelFile.parse(yaml: yaml, file: "m.yaml") }
    }
  }
}

@Suite struct QuantityTests {
  @Test(arguments: [
    ("25 ms", 25e6), ("41.4ms", 41.4e6), ("5.67 s", 5.67e9), ("10 µs", 1e4), ("0", 0),
  ])
  func readsDurations(text: String, nanoseconds: Double) throws {
    let value = try Quantity.nanoseconds(text, at: "--delay")
    #expect(abs(value - nanoseconds) <= 1e-9 * nanoseconds)
  }

  @Test func readsRatesInBitsAndBytes() throws {
    #expect(try Quantity.bitsPerSecond("400 Gb/s", at: "") == 400e9)
    #expect(try Quantity.bitsPerSecond("400G", at: "") == 400e9)
    #expect(try Quantity.bitsPerSecond("450 GB/s", at: "") == 3.6e12)
  }

  @Test(arguments: ["25", "25 parsecs", "fast", "-1 ms", "1e3 ms", ""])
  func neverGuessesUnits(text: String) {
    #expect(throws: ConfigurationError.self) { try Quantity.nanoseconds(text, at: "--delay") }
  }

  @Test func suggestsTheNearestSpelling() {
    #expect(nearestSpelling(of: "fat-tre", among: ["fat-tree", "mixnet"]) == "fat-tree")
    #expect(nearestSpelling(of: "zzz", among: ["fat-tree", "mixnet"]) == nil)
  }
}
