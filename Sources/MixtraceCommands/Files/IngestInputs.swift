internal import Foundation
internal import TraceIngest
internal import TraceModel

/// The files that an ingest reads, and the one reader that understands them all.
struct IngestInputs {
  private(set) var paths: [String] = []
  let reader: any TraceReader.Type
  /// What was left out of folders; none for folders of which everything is read.
  private(set) var folders: [Ledger] = []

  /// - Parameter inputs: files, folders of files, or `-`.
  init(_ inputs: [String]) throws {
    var found: (any TraceReader.Type)?
    func agree(on reader: any TraceReader.Type, for input: String) throws {
      if let known = found, ProfiledTraceReader.joins(known, reader) {
        found = ProfiledTraceReader.self
        return
      }
      if let found, found.formatName != reader.formatName {
        throw VerbError(
          "\(input) is a \(reader.formatName), the inputs before it are \(found.formatName). "
            + "Ingest them one after the other.")
      }
      found = reader
    }
    var empty: [String] = []
    for input in inputs {
      guard isFolder(input) else {
        paths.append(input)
        if inputs.count > 1, fileSize(input) == 0 {
          empty.append(input)
        } else {
          // A pipe cannot be looked at before it is read, and only captures come through pipes.
          try agree(
            on: input == "-" ? CaptureReader.self : TraceReaderCatalogue.identify(input),
            for: input)
        }
        continue
      }
      let files = try files(of: [input])
      guard !files.isEmpty else { continue }
      let folder = try TraceReaderFolder(path: input, files: files)
      try agree(on: folder.reader, for: input)
      // Recordings that were stopped leave empty captures.
      let isCapture = folder.reader.formatName == CaptureReader.formatName
      let stopped = isCapture ? files.filter { fileSize($0) == 0 } : []
      paths += files.filter { Set(folder.paths + stopped).contains($0) }
      if folder.ledger.skippedCount > Int64(stopped.count) { folders.append(folder.ledger) }
    }
    // Any other empty file that was named is refused here.
    if let first = empty.first, found?.formatName != CaptureReader.formatName {
      _ = try TraceReaderCatalogue.identify(first)
    }
    guard let found else { throw VerbError("the folders hold no files.") }
    reader = found
  }
}

/// True when a path names a folder.
private func isFolder(_ path: String) -> Bool {
  var isFolder = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
}
