import Foundation
import MixtraceCommands
import Testing

/// A synthetic run that is replayed in a moment: 4 servers × 2 GPUs, two layers, three iterations.
enum SmallTrace {
  static let options = [
    "mixtral-8x7b", "--servers", "4", "--gpus-per-server", "2", "--layers", "0-1",
    "--tokens-per-rank", "96", "--iterations", "3", "--seed", "5",
  ]

  /// The verb with those options; what to write follows.
  static let synth = ["synth"] + options

  /// Writes the run as a `.mixt` file and returns its path.
  static func write(in folder: URL, name: String = "small.mixt") throws -> String {
    let path = folder.path(name)
    try succeeding(synth + ["--trace", path])
    return path
  }

  /// Writes the run as a capture with its layout and returns both paths.
  static func writeCapture(in folder: URL, suffix: String = "") throws -> (
    capture: String, layout: String
  ) {
    let capture = folder.path("small.pcap" + suffix)
    let layout = folder.path("layout.yaml")
    try succeeding(synth + ["--capture", capture, "--layout-file", layout])
    return (capture, layout)
  }
}

extension URL {
  /// The path of a file in this folder.
  func path(_ name: String) -> String { appendingPathComponent(name).path }

  /// The names in this folder, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] {
  try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Writes a file of a test.
func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}
