import Foundation
import MixtraceCommands
import TestSupport
import Testing

@Suite("mixtrace capture")
struct CaptureVerbTests {
  @Test(
    "sizes, times and counts that make no sense are wrong usage",
    arguments: [
      ["--ring-size", "1G"], ["--ring-size", "many"], ["--ring-size", "10B"],
      ["--ring-time", "60"], ["--ring-time", "1ms"], ["--ring-files", "0"], ["--seconds", "0"],
      ["--packets", "0"], ["--snap-length", "20"],
    ])
  func usage(options: [String]) throws {
    try withScratchFolder { folder in
      let output = folder.appendingPathComponent("captures").path
      let outcome = mixtrace(["capture", "lo", "-o", output] + options)
      #expect(outcome.status == .wrongUsage, "\(outcome.errors)")
      #expect(outcome.errors.contains(options[0]), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  @Test("what stops it is said in plain words, with what to do")
  func refusal() throws {
    try withScratchFolder { folder in
      let outcome = mixtrace(
        "capture", "no-such-nic", "-o", folder.path + "/captures", "--seconds", "1")
      #expect(outcome.status == .failed)
      let isNamed = outcome.errors.contains("no-such-nic: there is no interface of this name")
      let isForbidden = outcome.errors.contains("sudo setcap cap_net_raw,cap_net_admin=eip")
      #expect(isNamed || isForbidden, "\(outcome.errors)")
    }
  }

  @Test("counts of packets, losses and files are printed, for programs too")
  func counts() throws {
    try withScratchFolder { folder in
      let outcome = mixtrace(
        "capture", "lo", "-o", folder.path + "/captures", "--seconds", "0.3", "--format", "json",
        "--filter", "udp dst port 4791 and src host 203.0.113.9")
      if outcome.status == .failed, outcome.errors.contains("setcap") {
        print("skipped: this machine does not let packets of lo be recorded")
        return
      }
      #expect(outcome.status == .done, "\(outcome.errors)")
      let rows = try outcome.rows("recorded")
      let counts = rows.map { ($0["what"] as? String ?? "", $0["count"] as? Int ?? -1) }
      #expect(counts.contains { $0 == ("packets", 0) })
      #expect(counts.contains { $0 == ("packets lost by the kernel", 0) })
      #expect(counts.contains { $0 == ("packets lost by the interface", 0) })
      #expect(counts.contains { $0 == ("files", 1) })
      let files = try #require(try outcome.json()["files"] as? [String])
      #expect(files.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    }
  }
}
