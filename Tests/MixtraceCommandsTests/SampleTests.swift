import Foundation
import MixtraceCommands
import TestSupport
import Testing

@Suite struct SampleTests {
  private let samples = packageRoot.appendingPathComponent("SampleTraces")

  /// Compressed bytes differ between versions of the library; what they hold must not.
  private func contents(of file: URL) throws -> String {
    guard file.pathExtension == "zst" else {
      return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }
    return try Programs.run(["sh", "-c", "zstd -dcq '\(file.path)' | sha256sum"]).output
  }

  @Test(.enabled(if: Programs.exists("zstd"), "the zstd program is absent"))
  func theSamplesAreWhatTheirCommandMakes() throws {
    let words = try String(
      contentsOf: samples.appendingPathComponent("synth.args"), encoding: .utf8
    ).split(whereSeparator: \.isWhitespace).map(String.init)
    try withScratchFolder { folder in
      let recorded = RecordedTerminal()
      let status = run(
        ["synth"] + words + [
          "--router-logs", folder.appendingPathComponent("router").path,
          "--capture", folder.appendingPathComponent("capture.pcap.zst").path,
          "--layout-file", folder.appendingPathComponent("layout.yaml").path,
        ], on: recorded.terminal)
      #expect(status == .done, "\(recorded.errors)")
      let kept = try FileManager.default.subpathsOfDirectory(atPath: samples.path)
        .filter { $0 != "synth.args" && $0 != "router" }.sorted()
      let made = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        .filter { $0 != "router" }.sorted()
      #expect(kept == made)
      for name in made {
        let isSame =
          try contents(of: samples.appendingPathComponent(name))
          == contents(of: folder.appendingPathComponent(name))
        #expect(isSame, "\(name) differs from what scripts/make-samples writes")
      }
    }
  }

  @Test func theSamplesStaySmall() throws {
    let size = try FileManager.default.subpathsOfDirectory(atPath: samples.path).reduce(0) {
      $0
        + ((try FileManager.default.attributesOfItem(
          atPath: samples.appendingPathComponent($1).path)[.size] as? Int) ?? 0)
    }
    #expect(size < 3_000_000)
  }
}
