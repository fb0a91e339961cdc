import Foundation
import TraceIngest
import TraceModel

/// A `record_param_comms` node as schema 1.0.1 writes it (one list of inputs, group as pointer).
func firstGenerationNode(
  id: Int, parent: Int = 1, collective: String, sequence: Int, rank: Int, elements: Int = 0,
  elementBytes: Int = 4, sent: [Int] = [], received: [Int] = [],
  pointer: UInt64 = 94_594_108_284_448
) -> String {
  let row = elements / max(1, sent.reduce(0, +))
  return """
    {"name": "record_param_comms", "id": \(id), "rf_id": \(id), "parent": \(parent), "seq_id": -1,
     "inputs": [[1,2,0,\(elements),\(elementBytes),"cuda:\(rank)"],\(sequence),\(pointer),\(rank),
     "\(collective)",\(sent),\(received)],
     "outputs": [[3,4,0,\(received.isEmpty ? elements : received.reduce(0, +) * row),\(elementBytes),"cuda:\(rank)"]]}
    """
}

/// The same as schema 1.1 writes it (values beside shapes and types, attributes).
func laterGenerationNode(
  id: Int, parent: Int = 1, collective: String, sequence: String, rank: Int, elements: Int,
  sent: [Int] = [], received: [Int] = [],
  group: (name: String, words: String) = ("0", "default_pg"),
  start: Int = 0, stride: Int = 1, size: Int, device: Int = 0, hasNumbers: Bool = true,
  tensors: String? = nil
) -> String {
  let numbers = hasNumbers ? ", \(start), \(stride), \(size)" : ""
  return """
    {"id": \(id), "name": "record_param_comms", "ctrl_deps": \(parent), "inputs": {"values":
     [\(tensors ?? "[[7, 8, 0, \(elements), 2, \"cuda:\(device)\"]]"), \(sequence),
     ["\(group.name)", "\(group.words)"], \(rank), "\(collective)", \(sent), \(received)\(numbers)],
     "shapes": [], "types": []}, "outputs": {"values": [], "shapes": [], "types": []},
     "attrs": [{"name": "rf_id", "type": "uint64", "value": 5},
     {"name": "collective_name", "type": "string", "value": "\(collective)"},
     {"name": "dtype", "type": "string", "value": "BFloat16"},
     {"name": "in_msg_nelems", "type": "uint64", "value": \(elements)},
     {"name": "global_rank_start", "type": "uint64", "value": \(start)},
     {"name": "global_rank_stride", "type": "uint64", "value": \(stride)},
     {"name": "pg_size", "type": "uint64", "value": \(size)}]}
    """
}

/// A node that is no communication.
func namedNode(_ name: String, id: Int, parent: Int = 1) -> String {
  "{\"name\": \"\(name)\", \"id\": \(id), \"parent\": \(parent), \"inputs\": [], \"rf_id\": 1}"
}

func executionTrace(_ nodes: [String], schema: String = "1.0.1") -> String {
  "{\"schema\": \"\(schema)\", \"pid\": 1, \"nodes\": [\n" + nodes.joined(separator: ",\n")
    + "\n], \"finish_ts\": 12}\n"
}

/// What some files are read as.
struct IngestedFiles {
  var rows = TraceBuffer()
  var summary = IngestSummary()

  init(_ reader: any TraceReader.Type, paths: [String], layout: Layout? = nil) throws {
    summary = try Self.read(reader, paths, layout, &rows)
  }

  private static func read<Reader: TraceReader>(
    _ reader: Reader.Type, _ paths: [String], _ layout: Layout?, _ rows: inout TraceBuffer
  ) throws -> IngestSummary {
    try reader.read(paths: paths, options: IngestOptions(layout: layout), into: &rows)
  }

  /// Bytes of an operation by (source, destination).
  func matrix(of operation: TraceModel.Operation, size: Int) -> [[Int64]] {
    var matrix = [[Int64]](repeating: [Int64](repeating: 0, count: size), count: size)
    for row in 0..<rows.transfers.count where rows.transfers.operation[row] == operation.id {
      matrix[Int(rows.transfers.source[row])][Int(rows.transfers.destination[row])] +=
        rows.transfers.bytes[row]
    }
    return matrix
  }

  var isBalanced: Bool { summary.ledgers.allSatisfy { $0.isBalanced } }

  func notes(about word: String) -> [String] { summary.notes.filter { $0.contains(word) } }

  var skipped: [String: Int64] { counts(\.skipped) }
  var malformed: [String: Int64] { counts(\.malformed) }

  private func counts(_ entries: (Ledger) -> [Ledger.Entry]) -> [String: Int64] {
    Dictionary(
      summary.ledgers.flatMap(entries).map { ($0.reason, $0.count) }, uniquingKeysWith: +)
  }
}

/// Reads texts as the files of ranks 0, 1, …, or as files of other names.
func ingest(
  _ reader: any TraceReader.Type, ranks texts: [String], named names: [String]? = nil,
  layout: Layout? = nil
) throws -> IngestedFiles {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("mixtrace-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  var paths: [String] = []
  for (rank, text) in texts.enumerated() {
    let url = folder.appendingPathComponent(names?[rank] ?? "trace_rank\(rank).json")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    paths.append(url.path)
  }
  return try IngestedFiles(reader, paths: paths, layout: layout)
}
