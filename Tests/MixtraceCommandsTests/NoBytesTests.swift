import MixtraceCommands
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// A profile of one rank may say when operations ran, and not what they moved.
@Suite("A trace without bytes")
struct NoBytesTests {
  private func trace(in path: String) throws {
    var operations = OperationTable()
    for (id, start) in [(Int32(0), Int64(0)), (1, 1_000)] {
      operations.append(
        TraceModel.Operation(
          id: id, kind: .allToAll, role: .expert, phase: .dispatchForward, grain: .rank,
          iteration: 0, layer: id, start: start, end: start + 500))
    }
    let writer = try TraceWriter(
      path: path, metadata: TraceMetadata(layout: Layout(serverCount: 2, gpusPerServer: 2)))
    try writer.append(operations: operations)
    try writer.finish()
  }

  @Test("it is refused by what replays it", arguments: ["replay", "sweep", "report"])
  func replayed(verb: String) throws {
    try withScratchFolder { folder in
      let path = folder.path("quiet.mixt")
      try trace(in: path)
      let output = verb == "replay" ? [] : ["-o", folder.path("out")]
      let outcome = mixtrace([verb, path] + output)
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("moves no bytes"))
    }
  }

  @Test("its analysis says so, and chooses no region")
  func analysed() throws {
    try withScratchFolder { folder in
      let path = folder.path("quiet.mixt")
      try trace(in: path)
      let output = try succeeding(["analyze", path]).output
      #expect(output.contains("moves no bytes"))
      #expect(!output.contains("undefined") && !output.contains("shortest time"))
    }
  }
}
