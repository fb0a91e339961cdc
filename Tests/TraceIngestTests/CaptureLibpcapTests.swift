import CPcap
import Foundation
import PacketFormats
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// The same files through libpcap, which reads one link type per file and no compression.
@Suite(
  "Agreement with libpcap",
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct CaptureLibpcapTests {
  /// Time, captured bytes and wire bytes of each packet, as libpcap reports them.
  static func packets(_ path: String) throws -> [[Int64]] {
    var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    let handle = try #require(
      pcap_open_offline_with_tstamp_precision(path, UInt32(PCAP_TSTAMP_PRECISION_NANO), &words))
    defer { pcap_close(handle) }
    var rows: [[Int64]] = []
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var bytes: UnsafePointer<UInt8>?
    while pcap_next_ex(handle, &header, &bytes) == 1, let packet = header?.pointee {
      // The field for microseconds holds nanoseconds when these were asked for.
      rows.append([
        Int64(packet.ts.tv_sec) * 1_000_000_000 + Int64(packet.ts.tv_usec), Int64(packet.caplen),
        Int64(packet.len),
      ])
    }
    return rows
  }

  @Test(
    "the same packets, times and lengths",
    arguments: [
      "roce/oferby-huawei-rc-send.pcap", "roce/montybeatnik-softroce-read-write.pcap",
      "roce/decoy-no-rdma-inside.pcap", "infiniband/infiniband-erf.pcap",
      "infiniband/ipoib-linktype242.pcap", "capture-variants/tcpdump-802.1ad_QinQ.pcap",
      "capture-variants/tcpdump-erspan-type-i-4.pcap", "capture-variants/tcpdump-vxlan.pcap",
      "capture-variants/tcpdump-erspan-type-ii-3.pcap",
      "capture-variants/tcpdump-erspan-type-iii-ft-7.pcap",
      "capture-variants/tcpdump-sflow_expanded.pcap",
      "capture-variants/wireshark-dhcp-nanosecond.pcap",
      "capture-variants/wireshark-dhcp-nanosecond.pcapng",
      "capture-variants/wireshark-dhcp.pcap", "capture-variants/wireshark-dhcp.pcapng",
    ])
  func sameRecords(name: String) throws {
    let path = RealInputs.path(name)
    let expected = try Self.packets(path)
    #expect(!expected.isEmpty)
    let found = try CaptureListing.packets(path: path).map {
      [$0.time, Int64($0.capturedByteCount), Int64($0.wireByteCount)]
    }
    #expect(found == expected)
  }

  @Test("a file of several link types, which libpcap refuses, is read whole")
  func severalLinkTypes() throws {
    let path = RealInputs.path("capture-variants/wireshark-many_interfaces.pcapng.1")
    #expect(try Self.packets(path).count < 64)
    #expect(try CaptureListing.packets(path: path).count == 64)
  }
}
