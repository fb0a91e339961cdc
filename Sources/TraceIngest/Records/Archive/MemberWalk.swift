internal import ByteStreams
internal import TraceModel

/// Calls `body` for each file of one format among the inputs, those inside tar archives included.
///
/// What else an archive holds is counted in a ledger of the archive; in its turn each file has a
/// ledger of its own, which `body` adds. Sources are the inputs, not the files in them.
func forEachMember(
  of paths: [String], format: String, summary: inout IngestSummary,
  recognises: (_ start: [UInt8], _ name: String) -> Bool,
  body: (MemberStream, inout IngestSummary) throws -> Void
) throws {
  for path in paths {
    let stream = try MemberStream(path: path)
    var files = Ledger(unit: "files", source: stream.source.name)
    while stream.nextMember() {
      countSkipped(of: stream, in: &files)
      guard stream.isArchive else {
        try body(stream, &summary)
        continue
      }
      files.read += 1
      if let reason = reasonToSkip(stream, format: format, recognises: recognises) {
        files.skip(
          reason, first: "\(stream.name), \(FileLikeness(start: stream.start()).description)")
        continue
      }
      try body(stream, &summary)
      files.used += 1
    }
    countSkipped(of: stream, in: &files)
    if stream.isArchive {
      files.truncation = stream.damage
      summary.ledgers.append(files)
    }
    summary.sources.append(
      describe(stream.source, format: stream.isArchive ? "\(format), tar" : format))
  }
}

/// Links, sparse files and what is not known are files that a user may miss.
private func countSkipped(of stream: MemberStream, in files: inout Ledger) {
  for entry in stream.takeSkipped() {
    files.read += 1
    files.skip(entry.reason, first: entry.name)
  }
}

private func reasonToSkip(
  _ stream: MemberStream, format: String, recognises: ([UInt8], String) -> Bool
) -> String? {
  let start = stream.start()
  if stream.name.hasPrefix("._") { return "attributes of a Macintosh file" }
  if start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
    return "compressed once more inside the archive: unpack it first"
  }
  return recognises(start, stream.name) ? nil : "not a \(format)"
}

/// The files in an archive whose own start is given, as far as that shows them: their names and what
/// is there of them; nil for what is no archive.
func startsOfMembers(inArchive start: [UInt8]) -> [(start: [UInt8], name: String)]? {
  let bytes = unsafe start.span.bytes
  guard TarHeader(bytes) != nil else { return nil }
  var members: [(start: [UInt8], name: String)] = []
  var place = 0
  while place + TarHeader.byteCount <= start.count,
    let header = TarHeader(bytes.extracting(place..<place + TarHeader.byteCount))
  {
    place += TarHeader.byteCount
    var hasMoreMap = header.hasMoreMap
    while hasMoreMap, place + TarHeader.byteCount <= start.count {
      hasMoreMap = TarHeader.hasMoreMap(
        after: bytes.extracting(place..<place + TarHeader.byteCount))
      place += TarHeader.byteCount
    }
    let name = fileName(of: header.name)
    if header.kind == .file, header.size > 0, !name.hasPrefix("._"), place < start.count {
      let end = Int(min(Int64(start.count), Int64(place) + header.size))
      members.append((Array(start[place..<end]), name))
    }
    let next = Int64(place) + header.size + TarHeader.padding(after: header.size)
    guard next < Int64(start.count) else { break }
    place = Int(next)
  }
  return members
}
