/// How a synthetic capture looks: what a mirror port of the cluster's switches would have kept.
public struct CaptureParameters: Sendable, Hashable {
  /// Bytes of the model per byte in the capture, so that files stay small.
  ///
  /// Links are slowed down by the same factor: bursts and gaps last as long as they would.
  public var byteReduction: Int64 = 1
  /// Rate of one NIC in each direction, before the reduction.
  public var linkBitsPerSecond: Double = 400e9
  /// Largest payload of one packet.
  public var pathMTU = 4096
  /// Captured bytes of each packet; 128 keeps headers only, as production captures do.
  public var snapLength = 128
  /// Largest RDMA WRITE in the capture.
  public var messageBytes: Int64 = 256 << 10
  /// One acknowledgement per message, in the other direction.
  public var acknowledges = true
  /// Least idle time between iterations (optimiser, data); never less than twice the longest pause
  /// inside one.
  public var iterationGapNanoseconds: Int64 = 20_000_000
  /// Idle time between all-to-alls where the model declares less compute.
  public var minimumGapNanoseconds: Int64 = 1_000_000
  /// Time of the first iteration, nanoseconds since 1970.
  public var startNanoseconds: Int64 = 1_735_689_600_000_000_000

  public init() {}

  /// Nanoseconds since 1970 that a pcap record can name: its seconds have 32 bits.
  static let times: Range<Int64> = 0..<(1 << 32) * 1_000_000_000

  /// Throws when the parameters cannot be carried out.
  func validate() throws(SynthesisError) {
    let problems: [(Bool, String, String)] = [
      (
        !(1...1 << 40).contains(byteReduction), "byte reduction",
        "\(byteReduction) is outside 1 … 2^40"
      ),
      (
        !(1e6...1e15).contains(linkBitsPerSecond), "link rate",
        "\(linkBitsPerSecond) b/s is outside 1 Mb/s … 1 Pb/s"
      ),
      (
        ![256, 512, 1024, 2048, 4096].contains(pathMTU), "MTU",
        "\(pathMTU) is no RDMA MTU: 256, 512, 1024, 2048 or 4096"
      ),
      (snapLength < 74, "snap length", "\(snapLength) cuts the headers: 74 or more"),
      (
        messageBytes < 1 || messageBytes > Int64(UInt32.max), "message bytes",
        "\(messageBytes) is outside 1 … 2^32 − 1"
      ),
      (
        !Self.times.contains(iterationGapNanoseconds)
          || !Self.times.contains(minimumGapNanoseconds),
        "gap", "it must be positive and no longer than a pcap file can express"
      ),
      (!Self.times.contains(startNanoseconds), "start", "it must lie from 1970 to 2106"),
    ]
    for (isWrong, place, words) in problems where isWrong { throw SynthesisError(words, at: place) }
  }
}
