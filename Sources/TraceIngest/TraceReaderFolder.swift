internal import ByteStreams
public import TraceModel

/// The files of one folder that one reader reads; what else lies there is left out and counted, as
/// in an archive.
public struct TraceReaderFolder: Sendable {
  /// The reader of the first file that any reader knows.
  public let reader: any TraceReader.Type
  /// The files that are of that reader's format, in the order in which they were given.
  public let paths: [String]
  /// Every file of the folder: used, or left out with the reason and the first such name.
  public let ledger: Ledger

  /// Looks at the first bytes of each file.
  ///
  /// Throws what `TraceReaderCatalogue.identify` says of the first file when no reader knows any.
  ///
  /// - Parameters:
  ///   - path: the folder, for messages.
  ///   - files: paths of all that lies in it, one at least.
  public init(path: String, files: [String]) throws {
    var ledger = Ledger(unit: "files", source: fileName(of: path))
    ledger.read = Int64(files.count)
    var known: [(path: String, reader: any TraceReader.Type)] = []
    var firstError: (any Error)?
    for file in files {
      do {
        known.append((file, try TraceReaderCatalogue.identify(file)))
      } catch {
        firstError = firstError ?? error
        ledger.skip(
          "not a trace that can be read", first: Self.words(for: error, name: fileName(of: file)))
      }
    }
    guard let first = known.first else {
      throw firstError ?? IngestError("the folder holds no files", at: fileName(of: path))
    }
    var (reader, paths) = (first.reader, [String]())
    for (path, other) in known {
      if other.formatName == first.reader.formatName {
        paths.append(path)
      } else if ProfiledTraceReader.joins(first.reader, other) {
        reader = ProfiledTraceReader.self
        paths.append(path)
      } else {
        ledger.skip(
          "not a \(first.reader.formatName)",
          first: "\(fileName(of: path)), a \(other.formatName)")
      }
    }
    ledger.used = Int64(paths.count)
    (self.reader, self.paths, self.ledger) = (reader, paths, ledger)
  }

  /// The file's name and what it looks like.
  private static func words(for error: any Error, name: String) -> String {
    switch error {
    case let error as IngestError:
      "\(name), \(error.message.dropping(prefix: TraceReaderCatalogue.refusal))"
    case let error as ByteStreamError: "\(name), \(error.message)"
    default: name
    }
  }
}

extension String {
  fileprivate func dropping(prefix: String) -> Substring {
    hasPrefix(prefix) ? dropFirst(prefix.count) : self[...]
  }
}
