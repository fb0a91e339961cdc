internal import PacketFormats
public import TraceModel

/// Packet captures: pcap and pcapng of every byte order, resolution and number of interfaces, and
/// ERF; plain, gzip or zstd.
///
/// RDMA over Ethernet and InfiniBand and TCP become messages between addresses. Several files are
/// segments of one capture, read one after the other, or vantages, read side by side and compared:
/// what two of them saw counts once. Memory grows with the number of addresses, and of queue pairs
/// and connections up to a limit beyond which idle ones are closed; not with that of packets.
public enum CaptureReader: TraceReader {
  public static let formatName = "packet capture (pcap, pcapng, ERF)"

  /// Messages handed to the sink at a time.
  private static let batchCount = 8_192

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    let bytes = unsafe start.span.bytes
    return CaptureFraming(bytes, fileName: fileName) != nil || CaptureFraming.isCut(bytes)
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let plan = try CapturePlan(paths: paths)
    if plan.vantages.count > 1 {
      var merge = try VantageMerge(plan: plan, options: options)
      try merge.run(into: &sink)
      return CaptureSummary(merge.findings(plan), options: options).summary
    }
    var vantage = try Vantage(
      files: plan.vantages[0], options: options, batchCount: batchCount, keepsPlaces: false)
    while try vantage.advance() {
      if let progress = vantage.takeProgress() { options.progress?(progress) }
      if vantage.pipeline.messages.count >= batchCount {
        try sink.append(messages: vantage.pipeline.messages.removeTable())
      }
    }
    if vantage.pipeline.messages.count > 0 {
      try sink.append(messages: vantage.pipeline.messages.removeTable())
    }
    return CaptureSummary(vantage.findings(plan), options: options).summary
  }
}
