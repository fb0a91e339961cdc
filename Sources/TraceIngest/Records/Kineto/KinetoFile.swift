internal import TraceModel

/// Reads the Kineto trace of one rank as it streams by.
///
/// Of the events of a file only those are kept that place communication: 24 bytes for each launch,
/// 48 for each range, and the calls themselves; some hundredths of the text. Kernels find what stood
/// around them through the correlation id of their launch, never by their own name.
struct KinetoFile {
  /// Launches that are remembered in one file: 100 MiB of them.
  private static let launchLimit = 1 << 22

  private struct Kernel {
    var start: Int64
    var end: Int64
    var correlation: Int64?
    var isExpert: Bool
    var arguments: KinetoArguments?
    var name: String
    var place: StreamPlace
  }

  private struct Launch {
    var thread: Int64
    var time: Int64
  }

  private var file: CommsFile
  private var kernels: [Kernel] = []
  private var numberOfLaunch = KeyTable()
  private var launches: [Launch] = []
  private var ranges = CallRanges()
  private var records: [KinetoArguments] = []
  private var groupOfName: [String: CommsGroup] = [:]
  private var texts = KinetoTexts()
  private var kindOfName: [String: CommsKind.Name] = [:]
  /// What is added to all times: nanoseconds since 1970 of the file's 0.
  private var base: Int64 = 0
  private var otherEvents: (count: Int64, first: String) = (0, "")
  private var lostLaunches: Int64 = 0

  /// - Parameter report: called now and then with the number of events read.
  static func read(_ stream: MemberStream, report: (Int64) -> Void) -> CommsFile {
    var reader = KinetoFile(file: CommsFile(name: stream.name, unit: "events"))
    var document = JSONDocument(stream, list: "traceEvents", recordKeys: KinetoEvent.keys)
    document.read { text, places, event in
      switch event {
      case .record: reader.take(text, places, stream)
      case .otherElement:
        reader.file.ledger.reject(
          JSONDefect.notAnObject.words, first: stream.location(at: places.start))
      case .member(let name, let value): reader.takeMember(name, value, text)
      case .malformed: break
      }
      if places.number % 16_384 == 0 { report(places.number) }
    }
    reader.file.folder = stream.folder
    reader.file.ledger.read = document.recordCount
    reader.file.ledger.truncation = document.damage ?? stream.damage
    return reader.finished()
  }

  private init(file: CommsFile) { self.file = file }

  // MARK: Events

  private mutating func take(_ text: RawSpan, _ places: JSONRecord, _ stream: MemberStream) {
    do throws(JSONDefect) {
      let kind = try KinetoEvent.kind(text, places)
      switch kind {
      case .libraryKernel, .expertKernel:
        try takeKernel(kind, text, places, at: stream.place(at: places.start))
        return
      case .launch: try takeLaunch(text, places)
      case .record: try takeRecord(text, places)
      case .range(let context, let iteration):
        var range = try Self.range(text, places)
        (range.context, range.iteration) = (context, iteration)
        ranges.append(range)
      case .other: break
      }
      if otherEvents.count == 0 { otherEvents.first = stream.location(at: places.start) }
      otherEvents.count += 1
    } catch {
      file.ledger.reject(error.words, first: stream.location(at: places.start))
    }
  }

  private mutating func takeKernel(
    _ kind: KinetoEvent, _ text: RawSpan, _ places: JSONRecord, at place: StreamPlace
  ) throws(JSONDefect) {
    let times = try Self.range(text, places)
    var arguments: KinetoArguments?
    if let cursor = places.cursor(at: KinetoEvent.arguments) {
      arguments = try self.arguments(text, cursor)
    }
    if file.device == nil { file.device = arguments?.device }
    var isExpert = false
    if case .expertKernel = kind { isExpert = true }
    let name = try places.string(KinetoEvent.name, text)
    kernels.append(
      Kernel(
        start: times.start, end: times.end, correlation: arguments?.correlation,
        isExpert: isExpert, arguments: arguments,
        name: name.map { texts.name(text, $0.prefix(96)) } ?? "", place: place))
  }

  private mutating func arguments(
    _ text: RawSpan, _ cursor: JSONCursor
  ) throws(JSONDefect) -> KinetoArguments {
    var arguments = try KinetoArguments(text, cursor, &texts)
    if arguments.hasInferredMembers { texts.share(&arguments.group.members) }
    return arguments
  }

  private mutating func takeLaunch(_ text: RawSpan, _ places: JSONRecord) throws(JSONDefect) {
    guard var cursor = places.cursor(at: KinetoEvent.arguments) else { return }
    var correlation: Int64?
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      if try cursor.key(text, among: Self.correlationKey) == 0 {
        correlation = try cursor.integer(text)
      } else {
        try cursor.skipValue(text)
      }
      hasMore = try cursor.anotherMember(text)
    }
    guard let correlation else { return }
    guard launches.count < Self.launchLimit else {
      lostLaunches += 1
      return
    }
    let times = try Self.range(text, places)
    let number = numberOfLaunch.number(of: UInt64(bitPattern: correlation))
    if number == launches.count {
      launches.append(Launch(thread: times.thread, time: times.start))
    }
  }

  private static let correlationKey = JSONWords(["correlation"])

  private mutating func takeRecord(_ text: RawSpan, _ places: JSONRecord) throws(JSONDefect) {
    guard let cursor = places.cursor(at: KinetoEvent.arguments),
      let name = try places.string(KinetoEvent.name, text)
    else { return }
    var arguments = try self.arguments(text, cursor)
    let words = text.extracting(name)
    if words.begins(with: "nccl:") {
      // Its sizes stand for those of the record around it, which had none in 2023.
      guard arguments.collective == nil else { return }
      arguments.collective = text.string(in: name.dropFirst(5))
      arguments.isRange = true
    } else if arguments.collective == nil {
      return
    }
    var range = try Self.range(text, places)
    range.call = Int32(records.count)
    ranges.append(range)
    records.append(arguments)
  }

  /// Thread and times of an event.
  private static func range(
    _ text: RawSpan, _ places: JSONRecord
  ) throws(JSONDefect) -> CallRanges.Range {
    guard var start = places.cursor(at: KinetoEvent.start) else { throw .notANumber }
    let begun = try start.nanosecondsOfMicroseconds(text)
    var length: Int64 = 0
    if var duration = places.cursor(at: KinetoEvent.duration) {
      length = try duration.nanosecondsOfMicroseconds(text)
    }
    // Threads of the GPU are named by texts; no launch comes from those.
    var thread: Int64 = -1
    if var cursor = places.cursor(at: KinetoEvent.thread),
      cursor.firstByte(text) != UInt8(ascii: "\"")
    {
      thread = try cursor.integer(text)
    }
    let (end, overflows) = begun.addingReportingOverflow(max(0, length))
    if overflows { throw .integerTooLarge }
    return CallRanges.Range(thread: thread, start: begun, end: end)
  }

  // MARK: The document's other members

  private mutating func takeMember(_ name: String, _ value: JSONCursor, _ text: RawSpan) {
    do throws(JSONDefect) {
      var cursor = value
      switch name {
      case "baseTimeNanoseconds": base = try cursor.integer(text)
      case "distributedInfo": try takeJob(text, cursor)
      default: break
      }
    } catch {
      file.notes.append("\(file.name): \(name) was not understood: \(error.words)")
    }
  }

  private mutating func takeJob(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) {
    var cursor = place
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = text.string(in: try cursor.memberName(text))
      var value = cursor
      try cursor.skipValue(text)
      switch key {
      case "rank": file.rank = Int32(exactly: try value.integer(text))
      case "world_size":
        let size = try value.integer(text)
        if (1...CommsGroup.sizeLimit).contains(size) { file.worldSize = Int32(size) }
      case "pg_config" where value.firstByte(text) == UInt8(ascii: "["):
        for group in try value.elements(text) { try takeGroup(text, group) }
      default: break
      }
      hasMore = try cursor.anotherMember(text)
    }
  }

  private mutating func takeGroup(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) {
    var cursor = place
    var group = CommsGroup(name: "")
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = text.string(in: try cursor.memberName(text))
      var value = cursor
      try cursor.skipValue(text)
      switch key {
      case "pg_name": group.name = text.string(in: try value.rawString(text))
      case "pg_desc": group.description = text.string(in: try value.rawString(text))
      case "ranks" where value.firstByte(text) == UInt8(ascii: "["):
        group.members = try value.integers(text)
      default: break
      }
      hasMore = try cursor.anotherMember(text)
    }
    guard group.members.allSatisfy({ $0 >= 0 && Int($0) < Parallelism.rankLimit }),
      Set(group.members).count == group.members.count
    else { return }
    groupOfName[group.name] = group
  }

  // MARK: Closing

  private mutating func finished() -> CommsFile {
    ranges.close()
    let others = otherEvents
    file.ledger.skip(
      "an event that is no kernel of communication", count: others.count, first: others.first)
    // Kernels of one stream stand together in a file; calls follow one another in time.
    let order = kernels.indices.sorted { (kernels[$0].start, $0) < (kernels[$1].start, $1) }
    for index in order { place(kernels[index]) }
    if lostLaunches > 0 {
      file.notes.append(
        "\(file.name): \(lostLaunches) launches beyond the first \(Self.launchLimit) were not kept")
    }
    return file
  }

  private mutating func place(_ kernel: Kernel) {
    var around = CallRanges.Surroundings()
    if let correlation = kernel.correlation,
      let number = numberOfLaunch.existingNumber(of: UInt64(bitPattern: correlation))
    {
      let launch = launches[number]
      around = ranges.surroundings(thread: launch.thread, at: launch.time)
    }
    let (start, startOverflows) = kernel.start.addingReportingOverflow(base)
    let (end, endOverflows) = kernel.end.addingReportingOverflow(base)
    guard !startOverflows, !endOverflows else {
      file.ledger.reject(JSONDefect.integerTooLarge.words, first: kernel.place.words)
      return
    }
    guard var call = call(of: kernel, around) else { return }
    call.context = around.context
    call.iteration = around.iteration
    (call.start, call.end) = (start, end)
    file.calls.append(call)
  }

  /// The call that a kernel belongs to; nil, after it was counted, when none can be named.
  private mutating func call(
    of kernel: Kernel, _ around: CallRanges.Surroundings
  ) -> CommsCall? {
    if kernel.isExpert {
      guard around.context.phase != .unspecified else {
        file.ledger.skip(
          "a dispatch or combine kernel that no range around its launch explains",
          first: kernel.place.words)
        return nil
      }
      var call = CommsCall(kind: .allToAll)
      call.group = file.number(of: CommsGroup.expertKernels)
      return call
    }
    // The kernel's own arguments, then a record around its launch, then a range of that name.
    let calls = around.calls.map { records[Int($0)] }
    var own = kernel.arguments.flatMap { $0.collective == nil ? nil : $0 }
    if let record = calls.first(where: { !$0.isRange }) { own?.fill(from: record) }
    let known = own ?? calls.first { !$0.isRange } ?? calls.first
    let name = known?.collective ?? Self.collective(ofKernel: kernel.name)
    switch name.map({ kind(named: $0) }) ?? .unknown {
    case .kind(let kind): return call(kind, known)
    case .movesNothing:
      file.ledger.skip("a wait or barrier: moves no payload", first: kernel.place.words)
    case .unknown:
      if let name, known != nil { file.unknownName = file.unknownName ?? name }
      file.ledger.skip(
        known == nil
          ? "a kernel of communication without a record of its call"
          : "a collective that is not known here", first: kernel.place.words)
    }
    return nil
  }

  private mutating func kind(named name: String) -> CommsKind.Name {
    if let known = kindOfName[name] { return known }
    let kind = CommsKind.named(name)
    kindOfName[name] = kind
    return kind
  }

  private mutating func call(_ kind: CommsKind, _ known: KinetoArguments?) -> CommsCall {
    var call = known?.call ?? CommsCall(kind: kind)
    call.kind = kind
    call.root = kind.namesAnotherRank ? known?.rank ?? -1 : -1
    call.globalPeer = known?.globalPeer(of: kind) ?? -1
    var group = known?.group ?? CommsGroup(name: "")
    if let configured = groupOfName[group.name] {
      if group.members.isEmpty { group.members = configured.members }
      if group.description.isEmpty { group.description = configured.description }
    }
    if group.name.isEmpty { (group.name, group.scope) = ("group 0", .process) }
    call.group = file.number(of: group)
    return call
  }

  /// "ncclDevKernel_AllReduce_Sum_bf16_RING_LL(…)" → "AllReduce"; nil for sends and receives, which
  /// many kinds of calls are made of.
  private static func collective(ofKernel name: String) -> String? {
    let words = name.prefix { $0 != "(" }.split(separator: "_")
    guard words.count > 1, words[1] != "SendRecv", words[1] != "Generic" else { return nil }
    return String(words[1])
  }
}
