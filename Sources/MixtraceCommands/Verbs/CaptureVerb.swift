internal import ArgumentParser
internal import Configuration
internal import Glibc
internal import Reporting
internal import TraceIngest

/// `mixtrace capture`: packets of an interface become capture files.
struct CaptureVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Record packet headers of an interface into a ring of capture files.",
    usage: "mixtrace capture [<options>] <interface> --output <folder>",
    discussion: """
      Keeps 128 bytes of each packet, which hold the headers and none of the training data, through \
      libpcap, with a filter that the kernel applies. Files are pcap with nanoseconds; the one that \
      is being written ends in .partial. Stops at Ctrl-C, --seconds or --packets and then says how \
      many packets the kernel and the interface have lost: exit status 2 when there are any.

      NICs hand RDMA packets to the application, past the kernel: record at a mirror port, or where \
      the driver shows them (mlx5: ethtool --set-priv-flags IFACE sniffer on).

      EXAMPLES
        mixtrace capture eth0 -o captures --seconds 60
        mixtrace capture eth0 -o captures --filter "udp dst port 4791" \\
            --ring-files 20 --ring-size 1GB
        mixtrace ingest captures -o run.mixt
      """)

  @Argument(help: ArgumentHelp("Interface to listen at; any for all.", valueName: "interface"))
  var interface: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder to write the files into.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp(
      "Only packets that match a libpcap filter, e.g. 'udp dst port 4791'.",
      valueName: "expression"))
  var filter: String?

  @Option(help: ArgumentHelp("Bytes to keep of each packet.", valueName: "bytes"))
  var snapLength = 128

  @Option(
    help: ArgumentHelp(
      "Files to keep; the oldest makes room for a new one. Default: all.", valueName: "count"))
  var ringFiles: Int?

  @Option(
    help: ArgumentHelp("Size at which the next file is begun: 500MB, 1GB.", valueName: "size"))
  var ringSize = "1GB"

  @Option(
    help: ArgumentHelp("Time after which the next file is begun: 60s, 5min.", valueName: "duration")
  )
  var ringTime: String?

  @Option(help: ArgumentHelp("Stop after this many seconds.", valueName: "seconds"))
  var seconds: Double?

  @Option(help: ArgumentHelp("Stop after this many packets.", valueName: "count"))
  var packets: Int64?

  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let options = try options()
    let signals = StopSignals()
    defer { signals.restore() }
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let outcome = try LiveCapture.record(options, shouldStop: { StopSignals.isRaised }) { soFar in
      meter.update { elapsed in
        ProgressLine(label: interface, kind: .count, noun: "packets", total: nil).text(
          done: soFar.packets, elapsedNanoseconds: Int64(elapsed * 1e9), width: terminal.width)
      }
    }
    meter.finish()
    report(outcome, on: terminal)
    let lost = (outcome.kernelDrops ?? 0) + (outcome.interfaceDrops ?? 0)
    return lost > 0 ? .doneWithWarnings : .done
  }

  private func options() throws -> LiveCapture.Options {
    try checkOption("--snap-length", snapLength, in: 64...262_144)
    try checkOption("--ring-files", ringFiles, in: 1...1_000_000)
    guard seconds.map({ $0 > 0 && $0 < 1e9 }) ?? true else {
      throw ValidationError("--seconds must be above 0 and below 1000000000")
    }
    guard packets.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--packets must be above 0")
    }
    var options = LiveCapture.Options(interface: interface, folder: output)
    options.filter = filter
    options.snapLength = snapLength
    options.ringFileCount = ringFiles
    options.fileByteCount = try Self.byteCount(ringSize)
    options.fileNanoseconds = try ringTime.map { text in
      let nanoseconds = try optionQuantity { () throws(ConfigurationError) in
        try Quantity.nanoseconds(text, at: "--ring-time")
      }
      guard nanoseconds >= 1e9 else { throw ValidationError("--ring-time must be 1 s or more") }
      return Int64(nanoseconds)
    }
    options.maximumNanoseconds = seconds.map { Int64($0 * 1e9) }
    options.maximumPackets = packets
    return options
  }

  /// Bytes of "500MB" or "2 GiB".
  static func byteCount(_ text: String) throws(ValidationError) -> Int64 {
    let units: [(name: String, factor: Double)] = [
      ("B", 1), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
      ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
    ]
    let trimmed = text.filter { $0 != " " }
    let digits = trimmed.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits),
      let unit = units.first(where: { $0.name == trimmed.dropFirst(digits.count) })
    else {
      throw ValidationError(
        "--ring-size is \"\(text)\"; write a size such as 500MB, with one of the units "
          + units.map(\.name).joined(separator: ", "))
    }
    let count = number * unit.factor
    guard count >= 4_096, count <= 1e15 else {
      throw ValidationError("--ring-size is \(text); it must be from 4096B to 1000TB")
    }
    return Int64(count)
  }

  private func report(_ outcome: LiveCapture.Outcome, on terminal: Terminal) {
    var table = Table(
      "Recorded",
      columns: [.text("what", "What"), .number("count", "Count", .count)])
    table.append(["packets", .integer(outcome.packets)])
    table.append(["bytes kept", .integer(outcome.bytes)])
    if let drops = outcome.kernelDrops {
      table.append(["packets lost by the kernel", .integer(drops)])
    }
    if let drops = outcome.interfaceDrops {
      table.append(["packets lost by the interface", .integer(drops)])
    }
    table.append(["files", Cell(outcome.files.count)])
    if outcome.removedFiles > 0 {
      table.append(["older files removed", Cell(outcome.removedFiles)])
      table.append(["packets in those", .integer(outcome.removedPackets)])
    }
    var document = ResultDocument()
    if let drops = outcome.kernelDrops, drops > 0 {
      document.sentences.append(
        "The kernel lost \(drops) packets: narrow the filter, keep fewer bytes of each or write to a "
          + "faster disk.")
    }
    if let drops = outcome.interfaceDrops, drops > 0 {
      document.sentences.append("The interface lost \(drops) packets before the kernel saw them.")
    }
    if outcome.kernelDrops == nil {
      document.sentences.append("This system does not say how many packets were lost.")
    }
    if !outcome.hasNanoseconds {
      document.remarks.append("The interface gives times in microseconds.")
    }
    document.add("recorded", table)
    if results.format == .json {
      document.facts.append(.init("files", .array(outcome.files.map { .string($0) })))
    }
    document.print(results, on: terminal)
    if !results.quiet, let last = outcome.files.last {
      terminal.writeError(
        "Wrote \(last)\(outcome.files.count > 1 ? " and others before it" : "").\n")
    }
  }
}

/// Ctrl-C and a request to end stop the recording, not the program: files are to be finished.
private struct StopSignals {
  private nonisolated(unsafe) static var raised: sig_atomic_t = 0
  private let previous: (interrupt: sighandler_t?, terminate: sighandler_t?)

  static var isRaised: Bool { unsafe raised != 0 }

  init() {
    unsafe Self.raised = 0
    previous = (
      signal(SIGINT) { _ in unsafe StopSignals.raised = 1 },
      signal(SIGTERM) { _ in unsafe StopSignals.raised = 1 }
    )
  }

  func restore() {
    signal(SIGINT, previous.interrupt)
    signal(SIGTERM, previous.terminate)
  }
}
