import Configuration
import TestSupport
import Testing
import TraceModel

@Suite struct FabricFileTests {
  static func parse(_ yaml: String) throws(ConfigurationError) -> [FabricDeclaration] {
    try FabricFile.parse(yaml: yaml, file: "fabrics.yaml") { name throws(ConfigurationError) in
      "0 1 # from \(name)"
    }
  }

  @Test func readsValuesWithTheirUnits() throws {
    let fabrics = try Self.parse(
      """
      fabrics:
        - name: pods
          topology: fat-tree
          nic_rate: 400 Gb/s
          oversubscription: 4
          routing: hashed
          seed: 7
          queue_pairs: 4
          latency: 6 us
          failures: ["server 3 nic 7", "leaf 0 uplink 1"]
        - name: cube
          topology: torus
          dimensions: [4, 4, 8]
          scale_up_rate: 900 GB/s
        - name: ours
          base: mixnet
          optical: {nics: 6, region: all, planes: 2, switching: 25 ms, link_up: 5.67 s}
        - name: cables
          topology: edge-list
          edges: cluster.edges
      """)
    #expect(fabrics.map(\.name) == ["pods", "cube", "ours", "cables"])
    #expect(fabrics[0].nicBitsPerSecond == 400e9 && fabrics[0].routing == .hashed)
    #expect(fabrics[0].latencyNanoseconds == 6000 && fabrics[0].queuePairs == 4)
    #expect(fabrics[0].failures == ["server 3 nic 7", "leaf 0 uplink 1"])
    #expect(fabrics[1].dimensions == [4, 4, 8] && fabrics[1].scaleUpBitsPerSecond == 7.2e12)
    #expect(fabrics[2].location == "fabrics.yaml:15")
    #expect(fabrics[2].optical?.serversPerRegion == .max)
    #expect(fabrics[2].optical?.linkUpNanoseconds == 5.67e9)
    #expect(fabrics[3].edges?.text == "0 1 # from cluster.edges")
  }

  @Test(arguments: [
    ("fabrics:\n  - name: a\n    topolgy: ring", ":3", "Did you mean topology?"),
    ("fabrics:\n  - name: a\n    topology: rin", ":3", "Did you mean ring?"),
    ("fabrics:\n  - name: a\n    base: mixnet\n    nic_rate: 400", ":4", "no unit"),
    ("fabrics:\n  - name: a\n    base: mixnet\n    optical: {alpha: 6}", ":4", "optical.alpha"),
    ("fabrics:\n  - name: a\n    base: mixnet\n    optical: {switching: 25}", ":4", "no unit"),
    ("fabrics:\n  - base: mixnet", ":2", "\"name\" is needed"),
    ("fabrics:\n  - name: a", ":2", "\"base\" or \"topology\""),
    ("fabrics:\n  - name: a\n    base: b\n  - name: a\n    base: c", ":4", "fabrics.yaml:2"),
    ("fabrics:\n  - name: a\n    base: b\n    queue_pairs: 0", ":4", "from 1"),
    ("fabrics:\n  - name: a\n    base: b\n    payload_efficiency: 1.5", ":4", "from"),
    ("fabrics:\n  - name: a\n    topology: ring\n    one_way: maybe", ":4", "true or false"),
    ("fabrics: {}", ":1", "list"), ("fabric: []", ":1", "fabrics"),
  ])
  func saysWhereAndWhatIsWrong(yaml: String, place: String, word: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.parse(yaml) }
    #expect(error?.location == "fabrics.yaml" + place, "\(String(describing: error))")
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }
}
