internal import PacketFormats
public import TraceModel

/// Packet captures: pcap and pcapng of every byte order, resolution and number of interfaces, and
/// ERF; plain, gzip or zstd.
///
/// RDMA over Ethernet and InfiniBand and TCP become messages between addresses. Several files are
/// merged by time, so both segments of one capture and captures at several places work: a packet
/// seen twice counts once. Memory grows with the number of addresses and connections, and of queue
/// pairs up to half a million, beyond which idle ones are closed; not with that of packets.
public enum CaptureReader: TraceReader {
  public static let formatName = "packet capture (pcap, pcapng, ERF)"

  /// Messages handed to the sink at a time.
  private static let batchCount = 8_192
  private static let packetsBetweenProgress: Int64 = 1 << 20

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    let bytes = unsafe start.span.bytes
    return CaptureFraming(bytes, fileName: fileName) != nil || CaptureFraming.isCut(bytes)
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    var pipeline = try CapturePipeline(options: options)
    var merge = try CaptureMerge(paths: paths)
    var reported: Int64 = 0
    while let file = try merge.advance(into: &pipeline) {
      if pipeline.messages.count >= batchCount {
        try sink.append(messages: pipeline.messages)
        pipeline.messages.removeAll()
      }
      if merge.packetsRead - reported >= packetsBetweenProgress {
        reported = merge.packetsRead
        options.progress?(
          IngestProgress(
            file: file.name, bytesRead: file.bytesReadOnDisk, byteCount: file.byteCountOnDisk,
            units: merge.packetsRead, unitName: "packets"))
      }
    }
    pipeline.finish()
    if pipeline.messages.count > 0 { try sink.append(messages: pipeline.messages) }
    return CaptureSummary(merge: merge, assembler: pipeline.assembler, options: options).summary
  }
}
