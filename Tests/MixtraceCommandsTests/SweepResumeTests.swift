import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// What an interrupted sweep left is taken up by the same sweep and by no other.
@Suite("Interrupted sweeps")
struct SweepResumeTests {
  private static let names = ["--fabric", "fat-tree", "--fabric", "mixnet"]
  private static let grid = ["--vary", "latency=0 ns,1 us", "--vary", "delay=10 us,1 ms"]

  @Test(
    "an interrupted sweep goes on where it was cut, to the same file",
    arguments: [0.001, 0.1, 0.5, 0.98])
  func resume(share: Double) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let whole = folder.path("whole.csv")
      try succeeding(["sweep", trace, "-o", whole] + Self.names + Self.grid)
      let rows = try bytes(of: whole)
      try write(
        rows.prefix(Int(Double(rows.count) * share)), to: folder.path("again.csv.partial"))
      try succeeding(["sweep", trace, "-o", folder.path("again.csv")] + Self.names + Self.grid)
      #expect(try bytes(of: folder.path("again.csv")) == rows)
      #expect(try folder.names() == ["again.csv", "small.mixt", "whole.csv"])
    }
  }

  @Test(
    "a sweep of other inputs with the same columns is refused",
    arguments: [
      ["other.mixt"] + names + grid,
      ["small.mixt", "--iteration", "0"] + names + grid,
      ["small.mixt", "--compute-scale", "2"] + names + grid,
      ["small.mixt", "--place", "3,2,1,0"] + names + grid,
      ["small.mixt", "--fabric", "ideal"] + grid,
      ["small.mixt"] + names + ["--vary", "latency=1 us,0 ns", "--vary", "delay=10 us,1 ms"],
    ])
  func otherInputs(arguments: [String]) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      try succeeding(
        ["synth"] + SmallTrace.options.dropLast() + ["6", "--trace", folder.path("other.mixt")])
      let output = folder.path("s.csv")
      try succeeding(["sweep", trace, "-o", output] + Self.names + Self.grid)
      let left = try bytes(of: output)
      try FileManager.default.moveItem(atPath: output, toPath: output + ".partial")
      let outcome = mixtrace(
        ["sweep", folder.path(arguments[0]), "-o", output] + arguments.dropFirst())
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains(output + ".partial is left from another sweep"))
      #expect(try bytes(of: output + ".partial") == left)
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  @Test("a sweep over a fabric file or an edge list that has changed is refused")
  func changedFiles() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let (file, edges) = (folder.path("fabric.yaml"), folder.path("edges.txt"))
      let fabric = "fabrics:\n  - {name: mine, topology: edge-list, edges: edges.txt}\n"
      let ring = (0..<4).map { "\($0) \(($0 + 1) % 4)\n" }.joined()
      try write(fabric.utf8, to: file)
      try write(ring.utf8, to: edges)
      let output = folder.path("s.csv")
      let arguments = ["sweep", trace, "-o", output, "--vary", "fabrics=\(file)"]
      try succeeding(arguments)
      let left = try bytes(of: output)
      for (path, text) in [(edges, ring + "0 2\n"), (file, fabric + "# changed\n")] {
        try write(fabric.utf8, to: file)
        try write(ring.utf8, to: edges)
        try write(left, to: output + ".partial")
        try write(text.utf8, to: path)
        #expect(mixtrace(arguments).status == .failed)
        #expect(try bytes(of: output + ".partial") == left)
      }
    }
  }

  @Test("a sweep never writes over what it reads")
  func inputs() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let job = try SmallTrace.write(in: folder, name: "job.mixt")
      let (file, edges, model) = (
        folder.path("fabric.yaml"), folder.path("edges.txt"), folder.path("model.yaml")
      )
      try write(
        "fabrics:\n  - {name: mine, topology: edge-list, edges: edges.txt}\n".utf8, to: file)
      try write("0 1\n1 2\n2 3\n3 0\n".utf8, to: edges)
      try write("experts: 8\ntop_k: 2\nhidden_size: 4096\n".utf8, to: model)
      for path in [trace, job, file, edges, model] {
        let before = try bytes(of: path)
        let outcome = mixtrace(
          "sweep", trace, "--job", job, "--model", model, "--vary", "fabrics=\(file)", "-o", path)
        #expect(outcome.status == .wrongUsage, "\(path): \(outcome.errors)")
        #expect(outcome.errors.contains("\(path) is read and would be written over"))
        #expect(try bytes(of: path) == before)
      }
      #expect(try folder.names().allSatisfy { !$0.hasSuffix(".partial") })
    }
  }
}
