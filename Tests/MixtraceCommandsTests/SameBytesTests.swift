import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// The same input gives the same bytes, on paper and in files.
@Suite("Same input, same bytes")
struct SameBytesTests {
  /// Everything that a run writes into a folder of its own, by name.
  private func run(in folder: URL) throws -> [String: [UInt8]] {
    let (capture, layout) = try SmallTrace.writeCapture(in: folder, suffix: ".zst")
    let trace = try SmallTrace.write(in: folder)
    let ingested = folder.path("ingested.mixt")
    try succeeding("ingest", capture, "--layout", layout, "-o", ingested)
    try succeeding("attribute", ingested, "-o", folder.path("attributed.mixt"))
    try succeeding("report", trace, "-o", folder.path("report.html"))
    try succeeding("export", trace, "matrix", "-o", folder.path("matrix.npy"))
    try succeeding("export", trace, "routing", "-o", folder.path("routing.csv.zst"))
    try succeeding(SmallTrace.synth + ["--router-logs", folder.path])
    var files: [String: [UInt8]] = [:]
    for name in try folder.names() { files[name] = try bytes(of: folder.path(name)) }
    for verb in ["analyze", "replay"] {
      let outcome = try succeeding(verb, trace, "--format", "json")
      files[verb] = Array(outcome.output.utf8)
    }
    return files
  }

  @Test("two runs of every verb, in two folders")
  func everyFile() throws {
    let first = try withScratchFolder(run)
    let second = try withScratchFolder(run)
    #expect(first.keys.sorted() == second.keys.sorted())
    #expect(first.count >= 10 + 8)
    for (name, bytes) in first {
      #expect(!bytes.isEmpty, "\(name)")
      #expect(bytes == second[name], "\(name) differs")
    }
  }

  @Test("another seed gives another trace")
  func seed() throws {
    try withScratchFolder { folder in
      let first = try SmallTrace.write(in: folder)
      let other = folder.path("other.mixt")
      try succeeding(SmallTrace.synth + ["--seed", "6", "--trace", other])
      #expect(try bytes(of: first) != bytes(of: other))
    }
  }
}
