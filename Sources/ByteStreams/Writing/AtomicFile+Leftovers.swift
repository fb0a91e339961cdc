internal import Glibc

/// A file that a run which ended early has left.
public struct LeftoverFile: Sendable, Hashable {
  /// Where it is, beside the output that was asked about.
  public var path: String
  /// Its size on disk.
  public var byteCount: Int64
}

extension AtomicFile {
  /// Files beside `path` whose names end in one of `suffixes` and that no run is writing or holding,
  /// by name.
  ///
  /// O(files in the folder).
  ///
  /// - Parameter isOurs: told the first bytes of a file, up to 64, whether it is to be reported.
  public static func leftovers(
    beside path: String, suffixes: [String], where isOurs: ([UInt8]) -> Bool = { _ in true }
  ) -> [LeftoverFile] {
    let folder = folder(of: path)
    return names(in: folder).filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted()
      .compactMap { name in
        let file = path.contains("/") ? folder + name : name
        return abandonedByteCount(file, isOurs).map { LeftoverFile(path: file, byteCount: $0) }
      }
  }

  private static func names(in folder: String) -> [String] {
    guard let handle = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while let entry = unsafe readdir(handle) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
        unsafe start.withMemoryRebound(
          to: CChar.self, capacity: MemoryLayout.size(ofValue: start.pointee)
        ) { unsafe String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }

  /// Nil for what is no regular file, and while a run holds its lock.
  private static func abandonedByteCount(
    _ path: String, _ isOurs: ([UInt8]) -> Bool
  ) -> Int64? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
    var start = [UInt8](repeating: 0, count: 64)
    let count = unsafe pread(descriptor, &start, start.count, 0)
    guard count >= 0, isOurs(Array(start.prefix(count))) else { return nil }
    return Int64(status.st_size)
  }
}
