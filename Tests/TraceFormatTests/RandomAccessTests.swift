import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite("One iteration or layer is read without the rest")
struct RandomAccessTests {
  /// 6 iterations × 2 layers, 30,000 transfers each: about a block per iteration.
  static func sample() -> TraceBuffer {
    var buffer = TraceBuffer()
    for place in 0..<12 {
      let id = Int32(place)
      buffer.operations.append(
        Operation(
          id: id, kind: .allToAll, role: .expert, grain: .rank, iteration: id / 2, layer: id % 2))
      if place % 2 == 1 {
        buffer.operations.dependencies.append(.init(operation: id, predecessor: id - 1))
      }
      for row in 0..<30_000 {
        buffer.transfers.append(
          operation: id, source: Int32(row / 200), destination: Int32(row % 200), bytes: Int64(row))
        if row % 10 == 0 {
          buffer.routing.append(
            operation: id, sourceRank: Int32(row), tokens: Int64(row), expertSet: [id, id + 1])
        }
      }
    }
    return buffer
  }

  static func filtered(
    _ buffer: TraceBuffer, _ keep: (TraceModel.Operation) -> Bool
  ) -> Trace {
    let rows = buffer.operations.rows.filter(keep)
    let ids = Set(rows.map(\.id))
    var trace = Trace(metadata: RandomTrace.metadata)
    trace.operations.rows = rows
    trace.operations.dependencies = buffer.operations.dependencies
      .filter { ids.contains($0.operation) && ids.contains($0.predecessor) }
    for row in 0..<buffer.transfers.count where ids.contains(buffer.transfers.operation[row]) {
      trace.transfers.append(
        operation: buffer.transfers.operation[row], source: buffer.transfers.source[row],
        destination: buffer.transfers.destination[row], bytes: buffer.transfers.bytes[row])
    }
    for row in 0..<buffer.routing.count where ids.contains(buffer.routing.operation[row]) {
      let set = buffer.routing.expertOffsets[row]..<buffer.routing.expertOffsets[row + 1]
      trace.routing.append(
        operation: buffer.routing.operation[row], sourceRank: buffer.routing.sourceRank[row],
        tokens: buffer.routing.tokens[row], expertSet: buffer.routing.experts[set])
    }
    return trace
  }

  @Test("the rows are those of a filter over all rows, and other blocks are not touched")
  func iterationsAndLayers() throws {
    let buffer = Self.sample()
    try withScratchFile { path in
      try buffer.write(to: path)
      let whole = try bytes(of: path)
      let blocks = try TraceFile(path: path).blocks
      let choices: [(iterations: ClosedRange<Int32>?, layers: ClosedRange<Int32>?)] = [
        (0...0, nil), (3...4, nil), (5...5, 1...1), (nil, 0...0), (nil, nil), (9...12, nil),
      ]
      for choice in choices {
        let needed = blocks.filter { block in
          guard let iterations = block.iterations, let layers = block.layers else {
            return block.kind == .metadata
          }
          return (choice.iterations?.overlaps(iterations) ?? true)
            && (choice.layers?.overlaps(layers) ?? true)
        }
        // What is not needed is destroyed: reading it would fail.
        var damaged = whole
        for block in blocks where !needed.contains(block) {
          for byte in block.offset..<block.offset + block.byteCount { damaged[Int(byte)] = 0 }
        }
        try write(damaged, to: path)
        let trace = try TraceFile(path: path).trace(
          iterations: choice.iterations, layers: choice.layers)
        let expected = Self.filtered(buffer) {
          (choice.iterations?.contains($0.iteration) ?? true)
            && (choice.layers?.contains($0.layer) ?? true)
        }
        #expect(trace == expected, "iterations \(String(describing: choice.iterations))")
        if choice.iterations == 0...0 {
          #expect(needed.filter { $0.kind == .transfers }.count == 1)
          #expect(blocks.filter { $0.kind == .transfers }.count == 6)
        }
      }
    }
  }
}
