internal import CPcap
internal import PacketFormats

/// A libpcap filter expression, compiled once per link type.
@safe final class CaptureFilter {
  @safe private struct Program {
    var linkTypeNumber: UInt32
    var code: bpf_program
  }

  private let expression: String
  private var programs: [Program] = []

  /// Throws when the expression has no meaning on Ethernet either: then it is wrong.
  init(_ expression: String) throws(IngestError) {
    self.expression = expression
    _ = try program(for: LinkType.ethernet.rawValue)
  }

  deinit {
    for index in programs.indices { unsafe pcap_freecode(&programs[index].code) }
  }

  /// The number to hand to `matches` for packets of a link type.
  func program(for linkTypeNumber: UInt32) throws(IngestError) -> Int {
    if let known = programs.firstIndex(where: { $0.linkTypeNumber == linkTypeNumber }) {
      return known
    }
    let snapLength = Int32(CaptureLimits.maximumPacketByteCount)
    guard let handle = unsafe pcap_open_dead(Self.dataLink(linkTypeNumber), snapLength) else {
      throw IngestError("libpcap cannot be set up", at: "filter")
    }
    defer { unsafe pcap_close(handle) }
    var code = unsafe bpf_program()
    // The mask is needed by "ip broadcast" only; unknown as for any saved file.
    guard unsafe pcap_compile(handle, &code, expression, 1, UInt32.max) == 0 else {
      let reason = unsafe String(cString: pcap_geterr(handle))
      throw IngestError(
        "\"\(expression)\" is no filter for packets of link type "
          + "\(LinkType(rawValue: linkTypeNumber)?.name ?? String(linkTypeNumber)): \(reason)",
        at: "filter", advice: "Filters are written as for tcpdump, \"udp dst port 4791\".")
    }
    unsafe programs.append(Program(linkTypeNumber: linkTypeNumber, code: code))
    return programs.count - 1
  }

  /// True when a packet of the program's link type passes.
  func matches(_ packet: RawSpan, wireByteCount: Int, program: Int) -> Bool {
    unsafe packet.withUnsafeBytes { bytes in
      var header = pcap_pkthdr()
      header.caplen = UInt32(truncatingIfNeeded: bytes.count)
      header.len = UInt32(truncatingIfNeeded: wireByteCount)
      guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
        return false
      }
      return unsafe pcap_offline_filter(&programs[program].code, &header, start) != 0
    }
  }

  /// The number that libpcap uses in memory, which differs for raw IP.
  private static func dataLink(_ linkTypeNumber: UInt32) -> Int32 {
    linkTypeNumber == LinkType.rawIP.rawValue ? 12 : Int32(truncatingIfNeeded: linkTypeNumber)
  }
}
