import Foundation
import PacketFormats
import TestSupport
import TraceIngest
import TraceModel
import Testing

@Suite(
  "Real captures", .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct CaptureRealFilesTests {
  static let oferby = RealInputs.path("roce/oferby-huawei-rc-send.pcap")

  /// What the 35 messages of the Huawei capture are, whatever file they are read from.
  static func expectHuaweiMessages(_ capture: IngestedCapture, _ comment: Comment? = nil) {
    let sends = capture.rdma
    #expect(sends.count == 35, comment)
    #expect(sends.allSatisfy { $0.kind == .send && $0.missingPackets == 0 }, comment)
    #expect(sends.allSatisfy { $0.repeatedBytes == 0 }, comment)
    let sizes = sends.map(\.bytes).sorted()
    #expect(sizes == [4, 141, 1497] + [Int64](repeating: 2048, count: 32), comment)
    #expect(Set(sends.map(\.channel)) == [0x45, 0x48], comment)
    for send in sends {
      let isTowards4 = send.channel == 0x45
      #expect(capture.text(send.destination) == (isTowards4 ? "192.168.70.4" : "192.168.70.6"))
      #expect(capture.text(send.source) == (isTowards4 ? "192.168.70.6" : "192.168.70.4"))
      #expect(send.start <= send.end)
    }
    let packets: Int32 = sends.reduce(0) { $0 + $1.packets }
    #expect(packets == 68, comment)
    #expect(capture.skipped(.acknowledgement) == 37, comment)
    #expect(capture.ledger.read == 123, comment)
    #expect(capture.ledger.isBalanced, comment)
    #expect(!capture.ledger.hasDamage, comment)
  }

  @Test("Huawei NICs: 35 SENDs on two queue pairs")
  func huawei() throws {
    let capture = try IngestedCapture([Self.oferby])
    Self.expectHuaweiMessages(capture)
    #expect(capture.summary.sources[0].format == "pcap (microseconds)")
    #expect(capture.summary.layout?.addresses.count == capture.summary.layout?.serverCount)
    #expect(capture.summary.provenance["layout"]?.origin == .inferred)
    #expect(!capture.summary.notes.contains { $0.contains("no RDMA") })
  }

  @Test("the same from gzip, zstd, snapped, nanosecond and pcapng copies")
  func copies() throws {
    try withScratchFolder { folder in
      func copy(_ name: String, _ arguments: [String]) throws {
        guard Programs.exists(arguments[0]) else { return }
        let path = folder.appendingPathComponent(name).path
        let outcome = try Programs.run(
          arguments.map { $0 == "IN" ? Self.oferby : $0 == "OUT" ? path : $0 })
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        let capture = try IngestedCapture([path])
        Self.expectHuaweiMessages(capture, Comment(rawValue: name))
      }
      try copy("a.pcap.zst", ["zstd", "-q", "IN", "-o", "OUT"])
      try copy("b.pcap.gz", ["sh", "-c", "gzip -c '\(Self.oferby)' > '\(folder.path)/b.pcap.gz'"])
      try copy("c.pcap", ["editcap", "-s", "64", "IN", "OUT"])
      try copy("d.pcap", ["editcap", "-F", "nsecpcap", "IN", "OUT"])
      try copy("e.pcapng", ["editcap", "-F", "pcapng", "IN", "OUT"])
      try copy("f.pcapng", ["editcap", "-F", "pcapng", "-s", "64", "IN", "OUT"])
    }
  }

  @Test("two copies of one capture, cut in the middle or whole, count each packet once")
  func severalFiles() throws {
    try withScratchFolder { folder in
      let twice = try IngestedCapture([Self.oferby, Self.oferby])
      #expect(twice.rdma.count == 35)
      let total: Int64 = twice.rdma.reduce(0) { $0 + $1.bytes }
      #expect(total == 32 * 2048 + 1497 + 4 + 141)
      let repeated: Int64 = twice.rdma.reduce(0) { $0 + $1.repeatedBytes }
      #expect(repeated == total)
      #expect(twice.summary.ledgers.count == 2)
      #expect(twice.summary.notes.contains { $0.contains("overlap") })
      guard Programs.exists("editcap") else { return }
      let first = folder.appendingPathComponent("first.pcap").path
      let second = folder.appendingPathComponent("second.pcap").path
      _ = try Programs.run(["editcap", "-r", Self.oferby, first, "1-60"])
      _ = try Programs.run(["editcap", "-r", Self.oferby, second, "61-123"])
      // Named in the wrong order: times decide.
      let segments = try IngestedCapture([second, first])
      let whole = try IngestedCapture([Self.oferby])
      #expect(segments.rdma.map(\.bytes) == whole.rdma.map(\.bytes))
      #expect(segments.summary.ledgers.map(\.read) == [60, 63])
    }
  }

  @Test("Soft-RoCE: a WRITE, a READ in the responder's direction, connection management apart")
  func softRoCE() throws {
    let capture = try IngestedCapture([
      RealInputs.path("roce/montybeatnik-softroce-read-write.pcap")
    ])
    #expect(capture.messages.count == 2)
    let write = try #require(capture.messages.first { $0.kind == .write })
    #expect(write.bytes == 18)
    #expect(capture.text(write.source) == "192.168.65.5")
    #expect(capture.text(write.destination) == "192.168.65.4")
    let read = try #require(capture.messages.first { $0.kind == .read })
    #expect(read.bytes == 4096)
    #expect(read.packets == 4)
    #expect(read.missingPackets == 0)
    #expect(capture.text(read.source) == "192.168.65.4")
    #expect(capture.text(read.destination) == "192.168.65.5")
    #expect(capture.skipped(.connectionManagement) == 5)
    #expect(capture.skipped(.acknowledgement) == 1)
    #expect(capture.ledger.used == 6)
    #expect(capture.ledger.isBalanced)
  }

  @Test("a capture that is called RDMA and holds none says so")
  func decoy() throws {
    let capture = try IngestedCapture([RealInputs.path("roce/decoy-no-rdma-inside.pcap")])
    #expect(capture.rdma.isEmpty)
    #expect(
      capture.summary.notes.contains(
        "there is no RDMA in this capture: 176 TCP, 8 UDP, 0 other packets"))
    #expect(capture.messages.allSatisfy { $0.kind == .tcp && $0.bytes > 0 })
    #expect(capture.ledger.read == 184)
    #expect(capture.ledger.isBalanced)
  }

  @Test("native InfiniBand in ERF records")
  func infiniBand() throws {
    let capture = try IngestedCapture([RealInputs.path("infiniband/infiniband-erf.pcap")])
    #expect(capture.messages.filter { $0.kind == .send }.count == 10)
    #expect(capture.skipped(.acknowledgement) == 9)
    #expect(capture.ledger.read == 43)
    #expect(capture.ledger.isBalanced)
    #expect(capture.messages.allSatisfy { $0.missingPackets == 0 })
    let send = try #require(capture.messages.first { $0.kind == .send })
    #expect(capture.text(send.source).hasPrefix("lid:"))
  }

  @Test("a link type that is not decoded is counted under its number")
  func unknownLinkType() throws {
    let capture = try IngestedCapture([RealInputs.path("infiniband/ipoib-linktype242.pcap")])
    #expect(capture.messages.isEmpty)
    #expect(capture.ledger.read == 30)
    #expect(capture.ledger.skipped.map(\.reason) == ["link type that is not decoded (number 242)"])
    #expect(capture.ledger.isBalanced)
  }

  @Test("a filter that libpcap compiles leaves the others out, counted")
  func filter() throws {
    let options = IngestOptions(captureFilter: "udp dst port 4791")
    let capture = try IngestedCapture([Self.oferby], options: options)
    #expect(capture.messages.count == 35)
    #expect(capture.skipped(.doesNotMatchFilter) == 18)
    #expect(capture.ledger.isBalanced)
    let none = try IngestedCapture(
      [Self.oferby], options: IngestOptions(captureFilter: "udp port 9"))
    #expect(none.messages.isEmpty)
    #expect(none.skipped(.doesNotMatchFilter) == 123)
    #expect(throws: IngestError.self) {
      try IngestedCapture([Self.oferby], options: IngestOptions(captureFilter: "udp dst prt"))
    }
  }

  @Test("a declared layout numbers its addresses first and leaves others out")
  func declaredLayout() throws {
    let layout = Layout(
      serverCount: 2, gpusPerServer: 1,
      addresses: [
        NICAddress(text: "192.168.70.6", server: 0, nic: 0),
        NICAddress(text: "192.168.70.4", server: 1, nic: 0),
      ])
    let capture = try IngestedCapture([Self.oferby], options: IngestOptions(layout: layout))
    Self.expectHuaweiMessages(capture)
    #expect(capture.summary.layout == layout)
    #expect(capture.summary.provenance["layout"]?.origin == .declared)
    #expect(capture.rdma.allSatisfy { $0.source != $0.destination && $0.source < 2 })
    var smaller = layout
    smaller.addresses.removeLast()
    let outside = try IngestedCapture([Self.oferby], options: IngestOptions(layout: smaller))
    #expect(outside.messages.isEmpty)
    #expect(outside.skipped(.outsideLayout) >= 68)
    #expect(outside.summary.notes.contains { $0.contains("192.168.70.4") })
    smaller.addresses[0].text = "server-1"
    #expect(throws: IngestError.self) {
      try IngestedCapture([Self.oferby], options: IngestOptions(layout: smaller))
    }
  }

  @Test(
    "every variant is accounted for, packet by packet",
    arguments: [
      "capture-variants/tcpdump-802.1ad_QinQ.pcap",
      "capture-variants/tcpdump-erspan-type-i-4.pcap",
      "capture-variants/tcpdump-erspan-type-ii-3.pcap",
      "capture-variants/tcpdump-erspan-type-iii-ft-7.pcap",
      "capture-variants/tcpdump-sflow_expanded.pcap", "capture-variants/tcpdump-vxlan.pcap",
      "capture-variants/wireshark-communityid.pcap.gz",
      "capture-variants/wireshark-dhcp-nanosecond.pcap",
      "capture-variants/wireshark-dhcp-nanosecond.pcapng",
      "capture-variants/wireshark-dhcp.pcap", "capture-variants/wireshark-dhcp.pcapng",
      "capture-variants/wireshark-many_interfaces.pcapng.1",
      "capture-variants/wireshark-netperfmeter.pcapng.gz", "infiniband/infiniband-erf.pcap",
      "roce/decoy-no-rdma-inside.pcap",
    ])
  func variants(name: String) throws {
    let path = RealInputs.path(name)
    let capture = try IngestedCapture([path])
    #expect(capture.ledger.isBalanced)
    #expect(!capture.ledger.hasDamage, "\(capture.ledger)")
    let fields = ["-T", "fields", "-e", "frame.number", "-e", "tcp.len"]
    guard let text = try output(of: ["tshark", "-n", "-r", path] + fields) else { return }
    let lines = text.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(capture.ledger.read == Int64(lines.count))
    let expected: Int64 = lines.reduce(0) { $0 + ($1.count > 1 ? Int64($1[1]) ?? 0 : 0) }
    let tcp = capture.messages.filter { $0.kind == .tcp }
    let seen: Int64 = tcp.reduce(0) { $0 + $1.bytes + $1.repeatedBytes }
    #expect(seen == expected)
  }
}
