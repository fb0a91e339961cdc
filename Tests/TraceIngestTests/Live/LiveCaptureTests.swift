import Foundation
import Glibc
import PacketFormats
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// Recording from the loopback interface, where the machine allows it.
@Suite("Recording packets live", .serialized)
struct LiveCaptureTests {
  /// Why nothing can be recorded here, or nil.
  static let obstacle: String? = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("mixtrace-probe-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      _ = try LiveCapture.record(
        LiveCapture.Options(interface: "lo", folder: folder.path), shouldStop: { true })
      return nil
    } catch {
      return "\(error)"
    }
  }()

  static let absence: Comment = "this machine does not let packets of lo be recorded"

  /// Sends UDP datagrams that look like RoCEv2 to this machine.
  private final class Sender: @unchecked Sendable {
    private let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    private(set) var sent = 0

    func send(_ payload: [UInt8], port: UInt16 = 4_791) {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let count = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(
            socket, payload, payload.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if count == payload.count { sent += 1 }
    }

    deinit { close(socket) }
  }

  /// The InfiniBand part of a RoCEv2 frame: what UDP carries.
  private func transport(_ sequence: UInt32, bytes count: Int) -> [UInt8] {
    Array(
      roceFrame(.reliableSendOnly, queuePair: 42, sequence: sequence, bytes: count).dropFirst(42))
  }

  /// Records while packets are sent, until as many were recorded.
  private func record(
    _ options: LiveCapture.Options, sending count: Int, bytes: Int = 1_000
  ) throws -> LiveCapture.Outcome {
    var options = options
    options.maximumPackets = options.maximumPackets ?? Int64(count)
    let sender = Sender()
    let deadline = ContinuousClock.now + .seconds(20)
    // Asked ten times a second while nothing comes.
    return try LiveCapture.record(options) {
      while sender.sent < count {
        sender.send(transport(UInt32(sender.sent), bytes: bytes))
      }
      return ContinuousClock.now > deadline
    }
  }

  @Test(
    "headers of all packets are kept, and what was recorded can be read",
    .enabled(if: obstacle == nil, absence))
  func headers() throws {
    try withScratchFolder { folder in
      var options = LiveCapture.Options(interface: "lo", folder: folder.path + "/captures")
      options.filter = "udp dst port 4791"
      let outcome = try record(options, sending: 200)
      #expect(outcome.packets == 200)
      #expect(outcome.bytes == 200 * 128)
      #expect(outcome.kernelDrops == 0 && outcome.interfaceDrops == 0)
      let path = try #require(outcome.files.first)
      #expect(outcome.files.count == 1 && path.hasSuffix("Z-00001.pcap"))
      let names = try FileManager.default.contentsOfDirectory(atPath: options.folder)
      #expect(names == [URL(fileURLWithPath: path).lastPathComponent])
      let records = try CaptureListing.packets(path: path)
      #expect(records.count == 200)
      #expect(records.allSatisfy { $0.capturedByteCount == 128 && $0.wireByteCount > 1_000 })
      let now = Int64(Date().timeIntervalSince1970 * 1e9)
      #expect(records.allSatisfy { abs($0.time - now) < 60_000_000_000 })
      let capture = try IngestedCapture([path])
      #expect(capture.messages.count == 200)
      #expect(capture.messages.allSatisfy { $0.bytes == 1_000 && $0.channel == 42 })
    }
  }

  @Test(
    "a ring keeps the newest files, and says what the older ones held",
    .enabled(if: obstacle == nil, absence))
  func ring() throws {
    try withScratchFolder { folder in
      var options = LiveCapture.Options(interface: "lo", folder: folder.path)
      options.filter = "udp dst port 4791"
      options.ringFileCount = 3
      // The header and 20 packets of 16 + 128 bytes.
      options.fileByteCount = 24 + 20 * 144
      let outcome = try record(options, sending: 130)
      #expect(outcome.packets == 130)
      #expect(
        outcome.files.map { String($0.suffix(10)) } == ["00005.pcap", "00006.pcap", "00007.pcap"])
      #expect(outcome.removedFiles == 4 && outcome.removedPackets == 80)
      let counts = try outcome.files.map { try CaptureListing.packets(path: $0).count }
      #expect(counts == [20, 20, 10])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == 3)
      // Segments of one capture: queue pairs go on over their borders.
      let capture = try IngestedCapture(outcome.files)
      #expect(capture.messages.count == 50)
      #expect(capture.messages.allSatisfy { $0.missingPackets == 0 })
      #expect(capture.summary.notes.contains { $0.contains("3 captures are segments of one") })
    }
  }

  @Test(
    "a time limit stops it, and a recording without packets is a file without packets",
    .enabled(if: obstacle == nil, absence))
  func silence() throws {
    try withScratchFolder { folder in
      var options = LiveCapture.Options(interface: "lo", folder: folder.path)
      options.filter = "udp dst port 4791 and src host 203.0.113.9"
      options.maximumNanoseconds = 300_000_000
      let begin = ContinuousClock.now
      let outcome = try LiveCapture.record(options, shouldStop: { false })
      #expect(ContinuousClock.now - begin > .milliseconds(290))
      #expect(outcome.packets == 0 && outcome.files.count == 1)
      #expect(try CaptureListing.packets(path: outcome.files[0]).isEmpty)
    }
  }

  @Test(
    "a recording that is killed before its first packet leaves a capture without packets",
    .enabled(if: obstacle == nil, absence))
  func killed() throws {
    try withScratchFolder { folder in
      var options = LiveCapture.Options(interface: "lo", folder: folder.path)
      options.filter = "udp dst port 4791 and src host 203.0.113.9"
      var sizes: [Int] = []
      _ = try LiveCapture.record(options) {
        // What is there now is what a kill would leave.
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
          let contents = FileManager.default.contents(atPath: folder.path + "/" + file)
          if file.hasSuffix(".pcap.partial") { sizes.append(contents?.count ?? 0) }
        }
        return true
      }
      #expect(sizes == [24])
    }
  }

  @Test(
    "an interface that is not there and a wrong filter are named",
    .enabled(if: obstacle == nil, absence))
  func refusals() throws {
    try withScratchFolder { folder in
      func error(_ change: (inout LiveCapture.Options) -> Void) -> IngestError? {
        var options = LiveCapture.Options(interface: "lo", folder: folder.path + "/none")
        change(&options)
        do throws(IngestError) {
          _ = try LiveCapture.record(options, shouldStop: { true })
          return nil
        } catch { return error }
      }
      let missing = try #require(error { $0.interface = "no-such-nic" })
      #expect(missing.message.contains("no interface of this name"))
      #expect(missing.advice?.contains("lo") ?? false)
      let filter = try #require(error { $0.filter = "udp porrt 4791" })
      #expect(filter.message.contains("udp porrt 4791") && filter.location == "filter")
      // Nothing is left where nothing was recorded.
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
    }
  }
}
