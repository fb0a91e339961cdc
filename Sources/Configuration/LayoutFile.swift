internal import FoundationEssentials
public import TraceModel

/// Layout files: which servers there are, which parallel groups, which address is where.
public enum LayoutFile {
  /// Reads a layout from YAML and checks that its numbers fit together.
  public static func parse(yaml: String, file: String) throws(ConfigurationError) -> Layout {
    let root = try StrictNode(yaml: yaml, file: file)
    let keys = try root.mapping(allowed: [
      "servers", "gpus_per_server", "nics_per_server", "servers_per_scale_up_domain", "parallel",
      "addresses",
    ])
    guard let servers = keys["servers"], let gpus = keys["gpus_per_server"] else {
      throw ConfigurationError("\"servers\" and \"gpus_per_server\" are needed", at: file)
    }
    var layout = Layout(
      serverCount: try servers.integer(in: 1...Layout.serverLimit),
      gpusPerServer: try gpus.integer(in: 1...Layout.deviceLimit))
    if let nics = keys["nics_per_server"] {
      layout.nicsPerServer = try nics.integer(in: 1...Layout.deviceLimit)
    }
    if let domain = keys["servers_per_scale_up_domain"] {
      layout.serversPerScaleUpDomain = try domain.integer(in: 1...Layout.serverLimit)
    }
    if let parallel = keys["parallel"] {
      layout.parallelism = try parallelism(parallel, rankCount: layout.rankCount)
    }
    if let addresses = keys["addresses"] {
      layout.addresses = try self.addresses(addresses, layout: layout)
    }
    if let defect = layout.defect { throw ConfigurationError(defect, at: file) }
    return layout
  }

  /// Reads a layout file.
  public static func read(path: String) throws(ConfigurationError) -> Layout {
    try parse(yaml: textOfFile(path), file: fileName(path))
  }

  /// The layout as YAML, to keep or to edit.
  public static func yaml(_ layout: Layout) -> String {
    let parallel = layout.parallelism
    var text = """
      # Servers, their GPUs and NICs. Rank r is GPU r % gpus_per_server of server r / gpus_per_server.
      servers: \(layout.serverCount)
      gpus_per_server: \(layout.gpusPerServer)
      nics_per_server: \(layout.nicsPerServer)
      # Servers that share one scale-up (NVLink) domain.
      servers_per_scale_up_domain: \(layout.serversPerScaleUpDomain)
      # Parallel sizes as in Megatron-Core: tensor × context × data × pipeline = ranks;
      # expert × expert_tensor divides the ranks of one pipeline stage.
      parallel: {tensor: \(parallel.tensor), context: \(parallel.context), \
      expert: \(parallel.expert), expert_tensor: \(parallel.expertTensor), \
      pipeline: \(parallel.pipeline), data: \(parallel.data)}

      """
    if !layout.addresses.isEmpty {
      text += "# Which address is which NIC of which server (both count from 0).\naddresses:\n"
      for address in layout.addresses {
        text +=
          "  - {address: \"\(address.text)\", server: \(address.server), nic: \(address.nic)}\n"
      }
    }
    return text
  }

  private static func parallelism(
    _ node: StrictNode, rankCount: Int
  ) throws(ConfigurationError) -> Parallelism {
    let keys = try node.mapping(allowed: [
      "tensor", "context", "expert", "expert_tensor", "pipeline", "data",
    ])
    // Three of them are multiplied below: within this limit that cannot overflow.
    func size(_ key: String) throws(ConfigurationError) -> Int? {
      try keys[key]?.integer(in: 1...Parallelism.sizeLimit)
    }
    let tensor = try size("tensor") ?? 1
    let context = try size("context") ?? 1
    let pipeline = try size("pipeline") ?? 1
    // Three sizes within the limit cannot overflow.
    return Parallelism(
      tensor: tensor, context: context, expert: try size("expert") ?? 1,
      expertTensor: try size("expert_tensor"), pipeline: pipeline,
      data: try size("data") ?? max(1, rankCount / (tensor * context * pipeline)))
  }

  private static func addresses(
    _ node: StrictNode, layout: Layout
  ) throws(ConfigurationError) -> [NICAddress] {
    var addresses: [NICAddress] = []
    var lineOfAddress: [String: String] = [:]
    for item in try node.list() {
      let keys = try item.mapping(allowed: ["address", "server", "nic"])
      guard let address = keys["address"], let server = keys["server"] else {
        throw ConfigurationError("\"address\" and \"server\" are needed", at: item.location)
      }
      let text = try address.text()
      if let earlier = lineOfAddress[text] {
        throw ConfigurationError("address \(text) stands at \(earlier) already", at: item.location)
      }
      lineOfAddress[text] = item.location
      addresses.append(
        NICAddress(
          text: text, server: try server.integer(in: 0...(layout.serverCount - 1)),
          nic: try keys["nic"]?.integer(in: 0...(layout.nicsPerServer - 1)) ?? 0))
    }
    return addresses
  }
}

/// The text of a configuration file; errors name the file.
func textOfFile(_ path: String) throws(ConfigurationError) -> String {
  guard let data = FileManager.default.contents(atPath: path) else {
    throw ConfigurationError("cannot be read", at: path, advice: "Check the path and permissions.")
  }
  guard let text = String(validating: data, as: UTF8.self) else {
    throw ConfigurationError("is not UTF-8 text", at: fileName(path))
  }
  return text
}

func fileName(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}
