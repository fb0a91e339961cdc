internal import ByteStreams
public import TraceModel

/// The layout file (YAML) of a layout, by which a capture's addresses find their servers.
public func layoutText(_ layout: Layout) -> String {
  let parallel = layout.parallelism
  var text = """
    servers: \(layout.serverCount)
    gpus_per_server: \(layout.gpusPerServer)
    nics_per_server: \(layout.nicsPerServer)
    servers_per_scale_up_domain: \(layout.serversPerScaleUpDomain)
    parallel: {tensor: \(parallel.tensor), context: \(parallel.context), \
    expert: \(parallel.expert), expert_tensor: \(parallel.expertTensor), \
    pipeline: \(parallel.pipeline), data: \(parallel.data)}

    """
  guard !layout.addresses.isEmpty else { return text }
  text += "addresses:\n"
  for address in layout.addresses {
    text += "  - {address: \(address.text), server: \(address.server), nic: \(address.nic)}\n"
  }
  return text
}

/// Writes the layout file that belongs to a plan's capture.
public func synthesiseLayoutFile(_ plan: SynthesisPlan, path: String) throws {
  let writer = try CompressedWriter(path: path)
  try writer.write(layoutText(addressed(plan.layout)))
  try writer.commit()
}
