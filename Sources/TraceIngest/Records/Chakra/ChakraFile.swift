internal import ChakraSchema
internal import SwiftProtobuf
internal import TraceModel

/// Reads the trace of one rank as it streams by.
struct ChakraFile {
  private(set) var comms: CommsFile
  /// The highest rank that a message names.
  private(set) var highestPeer: Int32 = -1
  private(set) var computeMicroseconds: Int64 = 0
  /// Dependencies that were not waited for.
  private(set) var unknownDependencies = 0
  private(set) var ringDependencies = 0
  /// Dependencies beyond as many as are kept.
  private(set) var lostDependencies = 0

  /// Dependencies of one file that are kept: 128 MiB of them.
  private static let dependencyLimit = 1 << 23

  private var numberOfNode = KeyTable()
  /// By node: its call, or −1.
  private var callOfNode: [Int32] = []
  /// (node, id of a node that it waits for).
  private var dependencies: [(node: Int32, id: UInt64)] = []
  private var options = BinaryDecodingOptions()

  /// - Parameter report: called now and then with the number of nodes read.
  static func read(_ stream: MemberStream, report: (Int64) -> Void) -> ChakraFile {
    var file = ChakraFile(stream)
    var message: Int64 = 0
    while let bytes = file.nextMessage(
      stream, limit: message == 0 ? ChakraShape.metadataLimit : ChakraShape.nodeLimit)
    {
      // The first is the metadata: what begins with a node is not recognised.
      if message > 0 { file.take(bytes, at: "node \(message)") }
      message += 1
      if message % 4096 == 0 { report(message) }
    }
    file.comms.ledger.truncation = file.comms.ledger.truncation ?? stream.damage
    file.order()
    return file
  }

  private init(_ stream: MemberStream) {
    comms = CommsFile(name: stream.name, unit: "nodes")
    comms.folder = stream.folder
    comms.isNamedByRank = false
    comms.rank = Self.rank(inName: stream.name)
    options.discardUnknownFields = true
  }

  /// The number before ".et": "all_to_all.12.et", "all_to_all.12.et.gz".
  static func rank(inName name: String) -> Int32? {
    var parts = name.split(separator: ".")
    while let last = parts.last, ["gz", "zst", "et"].contains(last.lowercased()) {
      parts.removeLast()
    }
    return parts.count > 1 ? parts.last.flatMap { Int32(String($0)) } : nil
  }

  // MARK: Messages

  /// The bytes of the next message; nil at the end, and where the file cannot be read on.
  private mutating func nextMessage(_ stream: MemberStream, limit: Int) -> [UInt8]? {
    guard stream.fill(atLeast: 1) else { return nil }
    _ = stream.fill(atLeast: 10)
    let prefix = stream.withBytes { ChakraShape.length($0, at: 0) }
    guard let prefix else {
      comms.ledger.truncation = "\(stream.location): no length of a message stands there"
      return nil
    }
    guard prefix.length <= limit else {
      comms.ledger.truncation =
        "\(stream.location): a message claims \(prefix.length) bytes, above the limit of "
        + "\(limit)"
      return nil
    }
    stream.consume(prefix.start)
    var bytes: [UInt8] = []
    while bytes.count < prefix.length {
      guard stream.fill(atLeast: 1) else {
        comms.ledger.truncation = "\(stream.location): the file ends inside a message"
        return nil
      }
      let count = min(stream.available, prefix.length - bytes.count)
      stream.withBytes { span in
        for offset in 0..<count { bytes.append(span.byte(at: offset)) }
      }
      stream.consume(count)
    }
    return bytes
  }

  private mutating func take(_ bytes: [UInt8], at location: String) {
    comms.ledger.read += 1
    guard let node = try? SchemaNode(serializedBytes: bytes, partial: true, options: options) else {
      comms.ledger.reject("bytes that are no node", first: location)
      return
    }
    let number = numberOfNode.number(of: node.id)
    guard number == callOfNode.count else {
      comms.ledger.reject("a node whose number another one has", first: location)
      return
    }
    callOfNode.append(-1)
    for id in node.ctrlDeps { addDependency(of: number, on: id) }
    for id in node.dataDeps { addDependency(of: number, on: id) }
    switch ChakraNode(node) {
    case .skipped(let reason): comms.ledger.skip(reason, first: location)
    case .rejected(let reason): comms.ledger.reject(reason, first: location)
    case .compute(let microseconds):
      computeMicroseconds &+= microseconds
      comms.ledger.skip("a compute or memory node: kept as order", first: location)
    case .call(var call, let group):
      call.group = comms.number(of: group)
      highestPeer = max(highestPeer, call.globalPeer)
      callOfNode[number] = Int32(comms.calls.count)
      comms.calls.append(call)
    }
  }

  private mutating func addDependency(of node: Int, on id: UInt64) {
    if let last = dependencies.last, last == (Int32(node), id) { return }
    guard dependencies.count < Self.dependencyLimit else {
      lostDependencies += 1
      return
    }
    dependencies.append((Int32(node), id))
  }

  // MARK: Order

  /// Puts the calls in an order that keeps all dependencies, and says which wait for which.
  private mutating func order() {
    var known: [GOALSchedule.Dependency] = []
    for dependency in dependencies {
      guard let other = numberOfNode.existingNumber(of: dependency.id), other < callOfNode.count
      else {
        unknownDependencies += 1
        continue
      }
      known.append(
        .init(node: dependency.node, predecessor: Int32(other), isOnStart: false))
    }
    dependencies = []
    let sorted = ChakraOrder(nodeCount: callOfNode.count, known, callOfNode: callOfNode)
    ringDependencies = sorted.ringDependencies
    comms.calls = sorted.calls.map { call in
      var moved = comms.calls[Int(call.call)]
      moved.predecessors = call.predecessors
      return moved
    }
  }
}
