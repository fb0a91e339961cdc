import Foundation
import TraceIngest
import TraceModel

/// One node of a schedule that a test writes in both forms.
struct ScheduleNode {
  enum Kind: UInt8 {
    case send = 1
    case receive = 2
    case compute = 3
  }

  var kind: Kind
  var size = 8
  var peer = 0
  var tag = 0
  /// Places in the rank of the nodes that it requires, and of those whose start it requires.
  var requires: [Int] = []
  var requiresStart: [Int] = []
}

typealias ScheduleOfRanks = [[ScheduleNode]]

func goalText(_ ranks: ScheduleOfRanks) -> String {
  var lines = ["num_ranks \(ranks.count)", ""]
  for (rank, nodes) in ranks.enumerated() {
    lines.append("rank \(rank) {")
    for (place, node) in nodes.enumerated() {
      switch node.kind {
      case .send: lines.append("l\(place): send \(node.size)b to \(node.peer) tag \(node.tag)")
      case .receive: lines.append("l\(place): recv \(node.size)b from \(node.peer) tag \(node.tag)")
      case .compute: lines.append("l\(place): calc \(node.size) cpu 0")
      }
      lines += node.requires.map { "l\(place) requires l\($0)" }
      lines += node.requiresStart.map { "l\(place) irequires l\($0)" }
    }
    lines.append("}")
  }
  return lines.joined(separator: "\n") + "\n"
}

/// The binary form, written from its description; `nodeBytes` is 39, 56 or 104.
func goalBinary(_ ranks: ScheduleOfRanks, nodeBytes: Int = 39) -> [UInt8] {
  var blocks: [[UInt8]] = []
  for nodes in ranks {
    let roots = nodes.indices.filter {
      nodes[$0].requires.isEmpty && nodes[$0].requiresStart.isEmpty
    }
    var block = littleEndian(UInt32(nodes.count)) + littleEndian(UInt32(roots.count))
    for root in roots { block += littleEndian(UInt32(root)) }
    var entries: [UInt8] = []
    for (place, node) in nodes.enumerated() {
      let lists = [
        nodes.indices.flatMap { other in
          nodes[other].requires.filter { $0 == place }.map { _ in other }
        },
        nodes.indices.flatMap { other in
          nodes[other].requiresStart.filter { $0 == place }.map { _ in other }
        },
      ]
      var bytes = littleEndian(UInt32(node.requires.count + node.requiresStart.count))
      bytes.append(node.kind.rawValue)
      bytes += littleEndian(UInt32(bitPattern: Int32(node.peer)))
      bytes += littleEndian(UInt64(node.size))
      bytes += littleEndian(UInt32(bitPattern: Int32(node.tag))) + [0, 0]
      for list in lists {
        bytes += littleEndian(UInt32(list.count)) + littleEndian(UInt32(entries.count / 4))
        for other in list { entries += littleEndian(UInt32(other)) }
      }
      block += bytes + [UInt8](repeating: 0, count: nodeBytes - bytes.count)
    }
    blocks.append(block + entries)
  }
  var file = littleEndian(UInt64(4223)) + littleEndian(UInt32(ranks.count)) + [0, 0]
  var start = 6 + 16 * ranks.count
  for block in blocks {
    file += littleEndian(UInt64(start)) + littleEndian(UInt64(start + block.count))
    start += block.count
  }
  return file + blocks.flatMap { $0 }
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// Reads bytes as a file of some name, by the reader that recognises it.
func ingest(bytes: [UInt8], named name: String, layout: Layout? = nil) throws -> IngestedFiles {
  try ingest(files: [(name, bytes)], layout: layout)
}

func ingest(files: [(name: String, bytes: [UInt8])], layout: Layout? = nil) throws -> IngestedFiles
{
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("mixtrace-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  var paths: [String] = []
  for file in files {
    let url = folder.appendingPathComponent(file.name)
    try Data(file.bytes).write(to: url)
    paths.append(url.path)
  }
  let reader = try TraceReaderCatalogue.identify(paths[0])
  return try IngestedFiles(reader, paths: paths, layout: layout)
}

extension IngestedFiles {
  /// What each operation waits for, by id.
  var predecessors: [Int32: Set<Int32>] {
    rows.operations.dependencies.reduce(into: [:]) {
      $0[$1.operation, default: []].insert($1.predecessor)
    }
  }

  /// Transfers as "source→destination bytes", in order.
  var moves: [String] {
    (0..<rows.transfers.count).map {
      "\(rows.transfers.source[$0])→\(rows.transfers.destination[$0]) \(rows.transfers.bytes[$0])"
    }
  }
}
