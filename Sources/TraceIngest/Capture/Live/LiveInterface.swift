internal import CPcap
internal import Glibc

/// A network interface that libpcap listens at.
@safe final class LiveInterface {
  /// Bytes of packets that the kernel keeps until they are fetched.
  private static let bufferByteCount: Int32 = 64 << 20
  /// Milliseconds after which the kernel hands on what it has, and stopping is thought of.
  private static let timeout: Int32 = 100

  private let handle: OpaquePointer
  /// Readable when there are packets.
  private let descriptor: Int32
  private let name: String
  let hasNanoseconds: Bool
  /// LINKTYPE number of its packets.
  let linkTypeNumber: UInt32
  private var drops = (kernel: DropCounter(), interface: DropCounter())

  init(_ options: LiveCapture.Options) throws(IngestError) {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let created = unsafe pcap_create(options.interface, &message) else {
      throw IngestError(Self.text(message), at: options.interface)
    }
    unsafe handle = unsafe created
    name = options.interface
    unsafe pcap_set_snaplen(created, Int32(clamping: options.snapLength))
    unsafe pcap_set_promisc(created, 1)
    unsafe pcap_set_timeout(created, Self.timeout)
    unsafe pcap_set_buffer_size(created, Self.bufferByteCount)
    let setPrecision =
      unsafe pcap_set_tstamp_precision(created, PCAP_TSTAMP_PRECISION_NANO) == 0
    let status = unsafe pcap_activate(created)
    guard status >= 0 else {
      let reason = unsafe String(cString: pcap_geterr(created))
      unsafe pcap_close(created)
      throw Self.error(status, reason: reason, interface: options.interface)
    }
    hasNanoseconds = setPrecision
    // Where no packet comes, libpcap itself would wait for ever.
    unsafe pcap_setnonblock(created, 1, &message)
    descriptor = unsafe pcap_get_selectable_fd(created)
    let number = unsafe pcap_datalink(created)
    // The number that libpcap uses in memory differs from that in files for raw IP.
    linkTypeNumber = number == 12 ? 101 : UInt32(truncatingIfNeeded: number)
    // All is set by now: where this throws, `deinit` closes the handle.
    if let filter = options.filter { unsafe try Self.apply(filter, to: created) }
  }

  deinit { unsafe pcap_close(handle) }

  private static func apply(_ filter: String, to handle: OpaquePointer) throws(IngestError) {
    var code = unsafe bpf_program()
    guard unsafe pcap_compile(handle, &code, filter, 1, UInt32.max) == 0 else {
      throw IngestError(
        "\"\(filter)\" is no filter: \(unsafe String(cString: pcap_geterr(handle)))", at: "filter",
        advice: "Filters are written as for tcpdump, \"udp dst port 4791\".")
    }
    defer { unsafe pcap_freecode(&code) }
    guard unsafe pcap_setfilter(handle, &code) == 0 else {
      throw IngestError(
        "\"\(filter)\" cannot be applied: \(unsafe String(cString: pcap_geterr(handle)))",
        at: "filter")
    }
  }

  /// What libpcap's refusal means and what to do about it.
  private static func error(_ status: Int32, reason: String, interface: String) -> IngestError {
    switch status {
    case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
      return IngestError(
        "recording packets needs a permission that this user lacks", at: interface,
        advice: "Run it as root, or give the program the permission once: "
          + "sudo setcap cap_net_raw,cap_net_admin=eip $(command -v mixtrace)")
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return IngestError(
        "there is no interface of this name", at: interface,
        advice: "Interfaces: \(names.joined(separator: ", ")).")
    case PCAP_ERROR_IFACE_NOT_UP:
      return IngestError(
        "the interface is down", at: interface, advice: "ip link set \(interface) up")
    default:
      return IngestError(
        reason.isEmpty ? "cannot be listened at (libpcap status \(status))" : reason,
        at: interface)
    }
  }

  /// The interfaces of this machine.
  private static var names: [String] {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    var first: UnsafeMutablePointer<pcap_if_t>?
    guard unsafe pcap_findalldevs(&first, &message) == 0 else { return ["none can be listed"] }
    defer { unsafe pcap_freealldevs(first) }
    var names: [String] = []
    var next = unsafe first
    while let interface = unsafe next {
      unsafe names.append(String(cString: interface.pointee.name))
      unsafe next = interface.pointee.next
    }
    return names
  }

  private static func text(_ bytes: [CChar]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Waits for a packet, for a tenth of a second at most.
  ///
  /// - Parameter body: is given the packet, its time in nanoseconds since 1970 and its length on
  ///   the wire.
  /// - Returns: whether one came.
  func next(
    _ body: (RawSpan, Int64, Int) throws(IngestError) -> Void
  ) throws(IngestError) -> Bool {
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var bytes: UnsafePointer<UInt8>?
    switch unsafe pcap_next_ex(handle, &header, &bytes) {
    case 1:
      guard let header = unsafe header, let bytes = unsafe bytes else { return false }
      let fields = unsafe header.pointee
      let fraction = Int64(fields.ts.tv_usec) * (hasNanoseconds ? 1 : 1_000)
      let packet = unsafe RawSpan(
        _unsafeStart: UnsafeRawPointer(bytes), byteCount: Int(fields.caplen))
      try body(packet, Int64(fields.ts.tv_sec) * 1_000_000_000 + fraction, Int(fields.len))
      return true
    case 0:
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // A signal ends the wait: stopping is thought of then.
      unsafe poll(&waiting, 1, Self.timeout)
      return false
    default:
      throw IngestError(
        unsafe String(cString: pcap_geterr(handle)), at: name,
        advice: "The interface may have gone down.")
    }
  }

  /// Adds what was lost since the last call.
  func count(into outcome: inout LiveCapture.Outcome) {
    outcome.hasNanoseconds = hasNanoseconds
    var statistics = pcap_stat()
    guard unsafe pcap_stats(handle, &statistics) == 0 else { return }
    outcome.kernelDrops = drops.kernel.count(statistics.ps_drop)
    outcome.interfaceDrops = drops.interface.count(statistics.ps_ifdrop)
  }
}

/// A counter of 32 bits, as the system has it, carried on beyond them.
struct DropCounter {
  private var last: UInt32 = 0
  private var total: Int64 = 0

  /// The total, when the system's counter shows a value; it must be asked before that wraps twice.
  mutating func count(_ value: UInt32) -> Int64 {
    total += Int64(value &- last)
    last = value
    return total
  }
}
