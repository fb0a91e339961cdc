internal import TraceModel

/// Reads the execution trace of one rank as it streams by.
struct ExecutionTraceFile {
  private var file: CommsFile
  private var ancestors = AncestorTable()
  /// Node of each call, and the rank that its record names where that is its own.
  private var nodes: [Int64] = []
  private var localRanks: [Int32?] = []
  private var numberOfPointer: [String: Int] = [:]
  private var otherNodes: (count: Int64, first: String) = (0, "")

  /// - Parameter report: called now and then with the number of nodes read.
  static func read(_ stream: MemberStream, report: (Int64) -> Void) -> CommsFile {
    var reader = ExecutionTraceFile(file: CommsFile(name: stream.name, unit: "nodes"))
    var document = JSONDocument(stream, list: "nodes", recordKeys: ExecutionTraceNode.keys)
    document.read { text, places, event in
      switch event {
      case .record: reader.take(text, places, stream)
      case .otherElement:
        reader.file.ledger.reject(
          JSONDefect.notAnObject.words, first: stream.location(at: places.start))
      case .member, .malformed: break
      }
      if places.number % 4096 == 0 { report(places.number) }
    }
    reader.file.folder = stream.folder
    reader.file.ledger.read = document.recordCount
    reader.file.ledger.truncation = document.damage ?? stream.damage
    return reader.finished()
  }

  private init(file: CommsFile) { self.file = file }

  // MARK: Nodes

  private mutating func take(_ text: RawSpan, _ places: JSONRecord, _ stream: MemberStream) {
    do throws(JSONDefect) {
      guard let id = try places.integer(ExecutionTraceNode.id, text),
        let name = try places.string(ExecutionTraceNode.name, text)
      else {
        file.ledger.reject("a node without name or id", first: stream.location(at: places.start))
        return
      }
      var parent = try places.integer(ExecutionTraceNode.parent, text)
      if parent == nil { parent = try places.integer(ExecutionTraceNode.controlParent, text) }
      let words = text.extracting(name)
      guard !words.equals("record_param_comms") else {
        ancestors.add(node: id, parent: parent ?? id, context: [])
        take(
          try ExecutionTraceNode.read(text, places), id: id, at: stream.location(at: places.start))
        return
      }
      ancestors.add(
        node: id, parent: parent ?? id, context: CommsContext(nameBytes: words),
        iteration: profilerStep(named: words) ?? Operation.unknown)
      if otherNodes.count == 0 { otherNodes.first = stream.location(at: places.start) }
      otherNodes.count += 1
    } catch {
      file.ledger.reject(error.words, first: stream.location(at: places.start))
    }
  }

  private mutating func take(
    _ node: ExecutionTraceNode, id: Int64, at location: @autoclosure () -> String
  ) {
    if file.device == nil { file.device = node.device }
    switch CommsKind.named(node.collective) {
    case .movesNothing: file.ledger.skip("a wait or barrier: moves no payload", first: location())
    case .unknown where node.collective.isEmpty:
      file.ledger.reject("a communication without a collective's name", first: location())
    case .unknown:
      file.unknownName = file.unknownName ?? node.collective
      file.ledger.skip("a collective that is not known here", first: location())
    case .kind(let kind):
      var call = node.call
      call.kind = kind
      call.root = kind.namesAnotherRank ? node.rank ?? -1 : -1
      call.group = file.number(of: named(node.group))
      file.calls.append(call)
      nodes.append(id)
      let own = kind.namesAnotherRank ? nil : node.rank
      localRanks.append(own)
      if let own { file.note(place: own, inGroup: call.group) }
    }
  }

  /// Pointers differ between processes; the k-th group of a file may be the k-th of the others.
  private mutating func named(_ group: CommsGroup) -> CommsGroup {
    guard group.name.hasPrefix("@") else { return group }
    var group = group
    let number = numberOfPointer[group.name] ?? numberOfPointer.count
    numberOfPointer[group.name] = number
    group.name = "group \(number)"
    group.scope = .process
    return group
  }

  // MARK: Closing

  private mutating func finished() -> CommsFile {
    let others = otherNodes
    file.ledger.skip("a node that is no communication", count: others.count, first: others.first)
    for index in file.calls.indices {
      let around = ancestors.surroundings(of: nodes[index])
      file.calls[index].context = around.context
      file.calls[index].iteration = around.iteration
    }
    file.rank = recordedRank()
    // Ids are given as functions begin; the file has them as they end.
    let order = file.calls.indices.sorted { (nodes[$0], $0) < (nodes[$1], $1) }
    file.calls = order.map { file.calls[$0] }
    return file
  }

  /// The rank that the records name; nil when they name none, or several.
  private func recordedRank() -> Int32? {
    var found: Int32?
    for (call, local) in zip(file.calls, localRanks) {
      guard let local, local >= 0 else { continue }
      let members = file.groups[Int(call.group)].members
      guard members.isEmpty || Int(local) < members.count else { continue }
      let rank = members.isEmpty ? local : members[Int(local)]
      if let found, found != rank { return nil }
      found = rank
    }
    return found
  }
}

extension RawSpan {
  /// True when the bytes are those of a word.
  func equals(_ word: StaticString) -> Bool {
    guard byteCount == word.utf8CodeUnitCount else { return false }
    for offset in 0..<byteCount {
      let expected = unsafe word.utf8Start[offset]
      guard byte(at: offset) == expected else { return false }
    }
    return true
  }
}
