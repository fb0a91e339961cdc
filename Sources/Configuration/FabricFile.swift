internal import FoundationEssentials
public import TraceModel

/// Fabric files: a list of fabrics under `fabrics`.
///
/// Every value has its unit: rates are per direction ("400 Gb/s"), durations "25 ms". Keys:
///
/// | key | value |
/// |---|---|
/// | `name` | the word in tables; needed |
/// | `base` | a preset to start from |
/// | `topology` | ideal, fat-tree, rail-optimised, ring, torus, hypercube, full-mesh, dragonfly, random-regular, totient-rings, edge-list |
/// | `dimensions` | torus: servers in each dimension, `[4, 4, 8]` |
/// | `servers_per_group` | dragonfly |
/// | `degree` | random-regular: neighbours of a server |
/// | `rings` | totient-rings: number of rings |
/// | `one_way` | ring: true for one direction only |
/// | `edges` | edge-list: a text file beside this one |
/// | `servers_per_leaf`, `leaves_per_pod` | fat-tree, rail-optimised (leaves only) |
/// | `oversubscription`, `pod_oversubscription` | k of k:1 |
/// | `routing` | sprayed, hashed, d-mod-k |
/// | `seed`, `queue_pairs` | hashed routing; `seed` also for random-regular |
/// | `paths` | most shortest paths of a pair on direct links, sprayed |
/// | `nics`, `nic_rate`, `nic_policy` | NICs of a server; pinned, rail-forward, pooled |
/// | `scale_up_rate`, `scale_up_servers` | per GPU and direction; servers of a scale-up domain |
/// | `payload_efficiency`, `latency`, `switch_radix` | part of 1; per phase; ports |
/// | `sharing` | exclusive, split-fair, split-optimal |
/// | `optical` | a mapping, below |
/// | `failures` | list: "server 3", "server 3 nic 7", "leaf 2 uplink 0", "link 0 5", "region 1 plane 0", "controller" |
///
/// Keys of `optical`: `nics`, `region` (servers, or `all`), `planes`, `duplex` (paired, independent),
/// `technology` (a preset that sets radix, delay and port price), `switch_radix`, `scheduler`, `delay` (a preset),
/// or `control`, `per_pair`, `switching`, `link_up` (durations), `reconfiguration` (all-stop,
/// changed-ports-only); for circuits that never change `static` (circulant, random-regular,
/// totient-rings) with `forwards` (true or false).
public enum FabricFile {
  /// Reads fabrics from YAML.
  /// - Parameters:
  ///   - file: the name that errors give.
  ///   - edgeList: the text of an edge list by the path that stands in the file.
  public static func parse(
    yaml: String, file: String, edgeList: (String) throws(ConfigurationError) -> String
  ) throws(ConfigurationError) -> [FabricDeclaration] {
    let root = try StrictNode(yaml: yaml, file: file)
    guard let list = try root.mapping(allowed: ["fabrics"])["fabrics"] else {
      throw ConfigurationError("\"fabrics\" is needed", at: file)
    }
    var fabrics: [FabricDeclaration] = []
    for item in try list.list() {
      let fabric = try declaration(item, edgeList: edgeList)
      if let earlier = fabrics.first(where: { $0.name == fabric.name }) {
        throw ConfigurationError(
          "fabric \"\(fabric.name)\" stands at \(earlier.location) already", at: item.location)
      }
      fabrics.append(fabric)
    }
    return fabrics
  }

  /// Reads a fabric file; edge lists are looked for beside it.
  public static func read(path: String) throws(ConfigurationError) -> [FabricDeclaration] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return try parse(yaml: textOfFile(path), file: fileName(path)) {
      name throws(ConfigurationError) in
      try textOfFile(name.hasPrefix("/") ? name : folder + name)
    }
  }

  private static func declaration(
    _ node: StrictNode, edgeList: (String) throws(ConfigurationError) -> String
  ) throws(ConfigurationError) -> FabricDeclaration {
    let keys = try node.mapping(allowed: [
      "name", "base", "topology", "dimensions", "servers_per_group", "degree", "rings", "one_way",
      "edges", "servers_per_leaf", "leaves_per_pod", "oversubscription", "pod_oversubscription",
      "routing", "seed", "queue_pairs", "paths", "nics", "nic_rate", "nic_policy", "scale_up_rate",
      "scale_up_servers", "payload_efficiency", "latency", "switch_radix", "sharing", "optical",
      "failures",
    ])
    guard let name = keys["name"] else {
      throw ConfigurationError("\"name\" is needed", at: node.location)
    }
    var fabric = FabricDeclaration(name: try name.text(), location: node.location)
    fabric.base = try keys["base"]?.text()
    fabric.topology = try keys["topology"]?.word(FabricDeclaration.Topology.self)
    guard fabric.base != nil || fabric.topology != nil else {
      throw ConfigurationError(
        "fabric \"\(fabric.name)\" needs \"base\" or \"topology\"", at: node.location)
    }
    try readTopology(keys, into: &fabric)
    if let edges = keys["edges"] {
      let file = try edges.text()
      fabric.edges = FabricDeclaration.EdgeListFile(text: try edgeList(file), name: file)
    }
    fabric.nicsPerServer = try keys["nics"]?.integer(in: 1...Layout.deviceLimit)
    fabric.nicBitsPerSecond = try keys["nic_rate"]?.bitsPerSecond()
    fabric.nicPolicy = try keys["nic_policy"]?.text()
    fabric.sharing = try keys["sharing"]?.text()
    fabric.scaleUpBitsPerSecond = try keys["scale_up_rate"]?.bitsPerSecond()
    fabric.serversPerScaleUpDomain = try keys["scale_up_servers"]?.integer(
      in: 1...Layout.serverLimit)
    fabric.payloadEfficiency = try keys["payload_efficiency"]?.number(in: 0.001...1)
    fabric.latencyNanoseconds = try keys["latency"]?.nanoseconds()
    fabric.switchRadix = try keys["switch_radix"]?.integer(in: 2...1_000_000)
    if let optical = keys["optical"] { fabric.optical = try self.optical(optical) }
    for failure in try keys["failures"]?.list() ?? [] {
      fabric.failures.append(try failure.text())
    }
    return fabric
  }

  private static func readTopology(
    _ keys: [String: StrictNode], into fabric: inout FabricDeclaration
  ) throws(ConfigurationError) {
    if let dimensions = keys["dimensions"] {
      var sizes: [Int] = []
      for size in try dimensions.list() {
        sizes.append(try size.integer(in: 1...Layout.serverLimit))
      }
      fabric.dimensions = sizes
    }
    fabric.serversPerGroup = try keys["servers_per_group"]?.integer(in: 1...Layout.serverLimit)
    fabric.degree = try keys["degree"]?.integer(in: 1...Layout.serverLimit)
    fabric.rings = try keys["rings"]?.integer(in: 1...Layout.serverLimit)
    fabric.isOneWay = try keys["one_way"]?.truth()
    fabric.serversPerLeaf = try keys["servers_per_leaf"]?.integer(in: 1...Layout.serverLimit)
    fabric.leavesPerPod = try keys["leaves_per_pod"]?.integer(in: 1...Layout.serverLimit)
    fabric.oversubscription = try keys["oversubscription"]?.number(in: 0.01...1000)
    fabric.podOversubscription = try keys["pod_oversubscription"]?.number(in: 0.01...1000)
    fabric.routing = try keys["routing"]?.word(FabricDeclaration.Routing.self)
    fabric.seed = try keys["seed"].map { node throws(ConfigurationError) in
      UInt64(try node.integer(in: 0...Int.max))
    }
    fabric.queuePairs = try keys["queue_pairs"]?.integer(in: 1...1024)
    fabric.maximumPaths = try keys["paths"]?.integer(in: 1...4096)
  }

  private static func optical(
    _ node: StrictNode
  ) throws(ConfigurationError) -> FabricDeclaration.Optical {
    let keys = try node.mapping(allowed: [
      "nics", "region", "planes", "duplex", "technology", "switch_radix", "scheduler", "delay",
      "control", "per_pair", "switching", "link_up", "reconfiguration", "static", "forwards",
    ])
    var optical = FabricDeclaration.Optical()
    optical.nicsPerServer = try keys["nics"]?.integer(in: 0...Layout.deviceLimit)
    if let region = keys["region"] {
      optical.serversPerRegion =
        try region.text() == "all" ? .max : try region.integer(in: 1...Layout.serverLimit)
    }
    optical.planes = try keys["planes"]?.integer(in: 1...Layout.deviceLimit)
    optical.duplex = try keys["duplex"]?.text()
    optical.technology = try keys["technology"]?.text()
    optical.switchRadix = try keys["switch_radix"]?.integer(in: 2...1_000_000)
    optical.scheduler = try keys["scheduler"]?.text()
    optical.delayPreset = try keys["delay"]?.text()
    optical.controlNanoseconds = try keys["control"]?.nanoseconds()
    optical.perPairNanoseconds = try keys["per_pair"]?.nanoseconds()
    optical.switchingNanoseconds = try keys["switching"]?.nanoseconds()
    optical.linkUpNanoseconds = try keys["link_up"]?.nanoseconds()
    optical.reconfiguration = try keys["reconfiguration"]?.text()
    optical.staticCircuits = try keys["static"]?.word(
      FabricDeclaration.Optical.StaticCircuits.self)
    optical.forwardsThroughHosts = try keys["forwards"]?.truth()
    return optical
  }
}
