internal import ByteStreams
internal import Glibc
internal import TraceModel

/// Synthesises the router traces that Megatron-Core would have written, one file per rank.
///
/// Files are named `router_trace_rank<rank>.jsonl` and a suffix that chooses the compression;
/// ranks whose pipeline stage holds none of the plan's layers get none.
/// - Parameters:
///   - folder: made when it is not there.
///   - suffix: "", ".gz" or ".zst".
/// - Returns: the paths, by rank.
public func synthesiseRouterLogs(
  _ plan: SynthesisPlan, folder: String, suffix: String = ""
) throws -> [String] {
  try plan.validate()
  guard ["", ".gz", ".zst"].contains(suffix) else {
    throw SynthesisError(
      "\"\(suffix)\" is no compression", at: "suffix", advice: "Use \"\", \".gz\" or \".zst\".")
  }
  unsafe mkdir(folder, 0o777)
  let gate = TokenGate(plan)
  var paths: [String] = []
  for rank in 0..<plan.layout.rankCount {
    let positions = plan.layers.indices.filter {
      plan.ranks(ofLayer: plan.layers[$0]).contains(rank)
    }
    guard !positions.isEmpty else { continue }
    let path = "\(folder)/router_trace_rank\(rank).jsonl\(suffix)"
    try writeRouterLog(plan, gate, rank: rank, positions: positions, path: path)
    paths.append(path)
  }
  return paths
}

private func writeRouterLog(
  _ plan: SynthesisPlan, _ gate: TokenGate, rank: Int, positions: [Int], path: String
) throws {
  let writer = try CompressedWriter(path: path)
  var experts: [Int32] = []
  var line: [UInt8] = []
  for iteration in 0..<plan.iterations {
    for microBatch in 0..<plan.microBatches {
      for position in positions {
        gate.route(
          iteration: iteration, microBatch: microBatch, position: position, rank: rank,
          into: &experts)
        line.removeAll(keepingCapacity: true)
        line += "{\"step\": \(iteration), \"stage\": \"pre_dispatch\", ".utf8
        line += "\"block\": \"decoder\", \"layer\": \(plan.layers[position]), ".utf8
        line += "\"rank\": \(rank), \"mtp_idx\": null, ".utf8
        line += "\"num_tokens\": \(plan.tokensPerRank), \"topk\": \(plan.model.topK), ".utf8
        appendIndices(experts, topK: plan.model.topK, to: &line)
        try writer.write(line)
      }
    }
  }
  try writer.commit()
}

private func appendIndices(_ experts: [Int32], topK: Int, to line: inout [UInt8]) {
  line += "\"top_indices\": [".utf8
  for first in stride(from: 0, to: experts.count, by: topK) {
    line += (first == 0 ? "[" : ", [").utf8
    for index in first..<first + topK {
      if index > first { line += ", ".utf8 }
      append(experts[index], to: &line)
    }
    line.append(UInt8(ascii: "]"))
  }
  line += "]}\n".utf8
}

private func append(_ number: Int32, to line: inout [UInt8]) {
  if number >= 10 { append(number / 10, to: &line) }
  line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
}
