internal import Glibc

/// Output that appears under its final name only when it is complete.
///
/// Bytes go to `path + ".partial"`, which `commit()` flushes to disk and renames. A run that fails
/// removes it, or keeps it where what was written can be salvaged. Two runs never write the same
/// partial file: the second gets an error.
public final class AtomicFile {
  /// The final name.
  public let path: String
  /// Bytes written so far.
  public private(set) var position: Int64 = 0

  private let keepsPartialOnFailure: Bool
  private var descriptor: Int32

  /// Creates `path + ".partial"`, or empties it when an earlier run left one.
  public init(path: String, keepPartialOnFailure: Bool = false) throws(ByteStreamError) {
    try Self.refuseSpecialFile(path)
    self.path = path
    keepsPartialOnFailure = keepPartialOnFailure
    descriptor = try Self.openLocked(path + ".partial")
  }

  deinit { discard() }

  /// The name while it is being written.
  public var partialPath: String { path + ".partial" }

  public func write(_ bytes: [UInt8]) throws(ByteStreamError) {
    try unsafe write(bytes.span.bytes)
  }

  public func write(_ bytes: RawSpan) throws(ByteStreamError) {
    precondition(descriptor >= 0, "written after commit or discard")
    var written = 0
    while written < bytes.byteCount {
      let count = unsafe bytes.withUnsafeBytes { all in
        unsafe Glibc.write(
          descriptor, all.baseAddress.map { unsafe $0 + written }, all.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw ByteStreamError(
          .system, file: partialPath, offset: position,
          message: "cannot be written: \(lastSystemError())",
          advice: errno == ENOSPC ? "Free some space, or write elsewhere." : nil)
      }
      written += count
      position += Int64(count)
    }
  }

  /// Flushes to disk and gives the file its final name.
  public func commit() throws(ByteStreamError) {
    precondition(descriptor >= 0, "committed twice")
    guard fsync(descriptor) == 0 else { throw failure("cannot be flushed") }
    guard unsafe rename(partialPath, path) == 0 else { throw failure("cannot be renamed") }
    close(descriptor)
    descriptor = -1
    flushFolder()
  }

  /// Gives up: the partial file is removed, or kept when that was asked for.
  public func discard() {
    guard descriptor >= 0 else { return }
    // Removed before it is closed, while the lock keeps others off the name.
    if !keepsPartialOnFailure { unsafe unlink(partialPath) }
    close(descriptor)
    descriptor = -1
  }

  private func failure(_ words: String) -> ByteStreamError {
    ByteStreamError(.system, file: partialPath, message: "\(words): \(lastSystemError())")
  }

  /// The new name is on disk only when the folder is.
  private func flushFolder() {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { path[...$0] }.map(String.init) ?? "."
    let handle = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { return }
    fsync(handle)
    close(handle)
  }

  /// Renaming would replace a device such as /dev/null by a file.
  private static func refuseSpecialFile(_ path: String) throws(ByteStreamError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
    throw ByteStreamError(
      .unavailable, file: path, message: "exists and is not a regular file",
      advice: "Name a file to write.")
  }

  private static func openLocked(_ path: String) throws(ByteStreamError) -> Int32 {
    while true {
      let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else {
        throw ByteStreamError(
          .unavailable, file: path, message: "cannot be created: \(lastSystemError())",
          advice: "Check that the folder exists and can be written.")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw ByteStreamError(
          .unavailable, file: path, message: "is being written by another run",
          advice: "Wait for it, or write elsewhere.")
      }
      // Between open and lock the other run may have renamed this very file.
      var opened = stat()
      var named = stat()
      if unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &named) == 0,
        opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
      {
        ftruncate(descriptor, 0)
        return descriptor
      }
      close(descriptor)
    }
  }
}
