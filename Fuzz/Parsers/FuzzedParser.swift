internal import ByteStreams
internal import Glibc
internal import TraceIngest
internal import TraceModel

/// One way for foreign bytes to get in, as the fuzzer and the tests feed it.
///
/// A defect of the input is thrown, and that is fine. What must never happen, whatever the bytes, is
/// a crash, a hang, much memory, or a ledger that does not account for all that was read.
public struct FuzzedParser: Sendable {
  /// Folder of its seeds and finds.
  public let name: String
  /// Binary formats hide more; they are fuzzed longer.
  public let isBinary: Bool
  /// Some formats hold the rank in the name.
  private let fileName: String
  private let parse: @Sendable (_ path: String) throws -> Int

  init(
    _ name: String, isBinary: Bool = false, fileName: String = "input",
    parse: @escaping @Sendable (String) throws -> Int
  ) {
    self.name = name
    self.isBinary = isBinary
    self.fileName = fileName
    self.parse = parse
  }

  /// A reader of traces.
  init(
    _ name: String, isBinary: Bool = false, fileName: String = "input",
    _ reader: any TraceReader.Type
  ) {
    self.init(name, isBinary: isBinary, fileName: fileName) { path in
      _ = reader.recognises(start: try ByteSource.sniff(path: path), fileName: fileName)
      return try countRows(of: reader, path: path)
    }
  }

  /// Parses a file of these bytes and returns how many rows came of it.
  ///
  /// - Throws: what the parser says of a defect.
  public func rows(of bytes: UnsafeRawBufferPointer) throws -> Int {
    var template = Array("/dev/shm/mixtrace-fuzz-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template).map({ String(cString: $0) }) else {
      fatalError("no folder can be made in /dev/shm")
    }
    let path = "\(folder)/\(fileName)"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer {
      unlink(path)
      rmdir(folder)
    }
    guard file >= 0, write(file, bytes.baseAddress, bytes.count) == bytes.count else {
      fatalError("cannot write \(path)")
    }
    close(file)
    return try parse(path)
  }
}

private func countRows(of reader: any TraceReader.Type, path: String) throws -> Int {
  var buffer = TraceBuffer()
  let summary = try reader.read(paths: [path], options: IngestOptions(), into: &buffer)
  for ledger in summary.ledgers {
    if let imbalance = ledger.imbalance { fatalError(imbalance) }
  }
  return buffer.messages.count + buffer.operations.count + buffer.transfers.count
    + buffer.routing.count
}
