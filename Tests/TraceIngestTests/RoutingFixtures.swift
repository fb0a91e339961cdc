import Foundation
import TraceIngest
import TraceModel

/// One routing row without its operation id.
struct RoutingRow: Hashable {
  var iteration: Int32
  var microBatch: Int32
  var layer: Int32
  var group: Int32
  var source: Int32
  var experts: [Int32]
}

extension TraceBuffer {
  /// Tokens by row, independent of operation ids and of the order of the rows.
  var tokensByRow: [RoutingRow: Int64] {
    let byID = Dictionary(uniqueKeysWithValues: operations.rows.map { ($0.id, $0) })
    var result: [RoutingRow: Int64] = [:]
    for row in 0..<routing.count {
      guard let operation = byID[routing.operation[row]] else { continue }
      let key = RoutingRow(
        iteration: operation.iteration, microBatch: operation.microBatch, layer: operation.layer,
        group: operation.group, source: routing.sourceRank[row],
        experts: Array(
          routing.experts[routing.expertOffsets[row]..<routing.expertOffsets[row + 1]]))
      result[key, default: 0] += routing.tokens[row]
    }
    return result
  }

  var tokenCount: Int64 { routing.tokens.reduce(0, +) }
}

/// Writes lines to a file in a folder and returns its path.
func write(_ lines: [String], to name: String, in folder: URL) throws -> String {
  let url = folder.appendingPathComponent(name)
  try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
  return url.path
}

/// A line of a router trace.
func routerLine(
  step: Int, layer: Int, rank: Int, _ sets: [[Int]], block: String? = "decoder", mtp: Int? = nil
) -> String {
  let places = block.map { "\"stage\": \"pre_dispatch\", \"block\": \"\($0)\", " } ?? ""
  let topK = sets.first?.count ?? 1
  return "{\"step\": \(step), \(places)\"layer\": \(layer), \"rank\": \(rank), "
    + (block == nil ? "" : "\"mtp_idx\": \(mtp.map(String.init) ?? "null"), ")
    + "\"num_tokens\": \(sets.count), \"topk\": \(topK), \"top_indices\": \(sets)}"
}

extension IngestSummary {
  var read: Int64 { ledgers.reduce(0) { $0 + $1.read } }
  var used: Int64 { ledgers.reduce(0) { $0 + $1.used } }
  var areBalanced: Bool { ledgers.allSatisfy(\.isBalanced) }
}
