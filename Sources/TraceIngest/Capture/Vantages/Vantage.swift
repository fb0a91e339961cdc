internal import PacketFormats
internal import TraceModel

/// One place at which packets were captured: its files, read as one, and the messages made of them.
struct Vantage {
  private static let packetsBetweenProgress: Int64 = 1 << 20
  /// Stretches of files, a quarter of a megabyte each, after which a batch is handed on however few
  /// messages it has: the others wait to hear how far this vantage is.
  private static let stretchesPerBatch = 4

  /// What is handed on at a time.
  struct Batch: Sendable {
    var messages: AssembledMessages
    /// Addresses that the messages name for the first time, to be numbered on from those before.
    var addresses: ArraySlice<NetworkAddress>
    /// Nanoseconds since 1970 by this vantage's clock, up to which its packets were read.
    var time: Int64
    var progress: IngestProgress?
    /// Set in the last batch.
    var end: End?
  }

  /// What is left of a vantage that was read to its end.
  struct End: Sendable {
    var files: [CaptureMerge.Result]
    var counts: AssemblyCounts
    var addressesInSeveralNetworks: [NetworkAddress]
  }

  var pipeline: CapturePipeline
  private let batchCount: Int
  private var merge: CaptureMerge
  private var progress: IngestProgress?
  private var reportedPackets: Int64 = 0
  private var time = Int64.min
  private var handedAddressCount = 0
  private var isFinished = false

  init(
    files: [CaptureSurvey], options: IngestOptions, batchCount: Int, keepsPlaces: Bool
  ) throws(IngestError) {
    pipeline = try CapturePipeline(options: options, keepsPlaces: keepsPlaces)
    merge = CaptureMerge(files: files)
    self.batchCount = batchCount
  }

  /// Reads on a little; false when all is read and what was open is closed.
  mutating func advance() throws(IngestError) -> Bool {
    guard let file = try merge.advance(into: &pipeline) else {
      if !isFinished { pipeline.finish() }
      isFinished = true
      return false
    }
    time = max(time, file.lastTime ?? .min)
    if merge.packetsRead - reportedPackets >= Self.packetsBetweenProgress {
      reportedPackets = merge.packetsRead
      progress = IngestProgress(
        file: file.name, bytesRead: file.bytesReadOnDisk, byteCount: file.byteCountOnDisk,
        units: merge.packetsRead, unitName: "packets")
    }
    return true
  }

  /// How far it is, when there is something new to tell.
  mutating func takeProgress() -> IngestProgress? {
    defer { progress = nil }
    return progress
  }

  /// The next messages; nil behind the last batch, which is the one with `end`.
  mutating func nextBatch() throws(IngestError) -> Batch? {
    if isFinished { return nil }
    var stretches = 0
    while try advance() {
      stretches += 1
      if pipeline.messages.count >= batchCount || stretches >= Self.stretchesPerBatch { break }
    }
    defer {
      pipeline.messages = AssembledMessages(keepsPlaces: true)
      handedAddressCount = pipeline.assembler.addresses.addresses.count
    }
    return Batch(
      messages: pipeline.messages,
      addresses: pipeline.assembler.addresses.addresses[handedAddressCount...], time: time,
      progress: takeProgress(), end: isFinished ? end : nil)
  }

  private var end: End {
    End(
      files: merge.results.sorted { $0.number < $1.number }, counts: pipeline.assembler.counts,
      addressesInSeveralNetworks: pipeline.assembler.addressesInSeveralNetworks)
  }

  /// What was found, when it is the only one.
  func findings(_ plan: CapturePlan) -> CaptureFindings {
    let end = end
    var findings = CaptureFindings(addresses: pipeline.assembler.addresses)
    findings.add(end)
    findings.sentences = plan.sentences
    return findings
  }
}

/// What reading captures found besides messages.
struct CaptureFindings {
  var addresses: AddressTable
  var files: [CaptureMerge.Result] = []
  var counts = AssemblyCounts()
  /// Addresses that were seen in several virtual networks.
  var addressesInSeveralNetworks: Set<NetworkAddress> = []
  /// How the files belong together, and their clocks.
  var sentences: [String] = []

  init(addresses: AddressTable) { self.addresses = addresses }

  mutating func add(_ end: Vantage.End) {
    files += end.files
    counts += end.counts
    addressesInSeveralNetworks.formUnion(end.addressesInSeveralNetworks)
  }
}
