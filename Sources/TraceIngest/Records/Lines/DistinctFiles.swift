internal import Glibc

/// The inputs without those that are the same file once more.
struct DistinctFiles {
  private(set) var paths: [String] = []
  /// One for each path that was left out.
  private(set) var notes: [String] = []

  init(_ given: [String]) {
    var seen: Set<Identity> = []
    for path in given {
      if let identity = Identity(path), !seen.insert(identity).inserted {
        notes.append("\(fileName(of: path)) was named more than once and read once")
      } else {
        paths.append(path)
      }
    }
  }

  private struct Identity: Hashable {
    var device: UInt
    var file: UInt

    /// Nil for what is no file: opening it will say why.
    init?(_ path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      device = UInt(status.st_dev)
      file = UInt(status.st_ino)
    }
  }
}
