internal import Glibc

/// Output that appears under its final name only when it is complete.
///
/// Bytes go to `path + ".partial"`, which `commit()` flushes to disk and renames. A run that fails
/// removes it, or keeps it where what was written can be salvaged. Two runs never write the same
/// partial file: the second gets an error. A symbolic link is followed: the file that it names is
/// written, whether it is there yet or not. A file that is replaced hands on its permissions.
public final class AtomicFile {
  /// The final name, as it was given.
  public let path: String
  /// Bytes written so far.
  public private(set) var position: Int64 = 0

  /// The final name where links are followed.
  private let target: String
  private let keepsPartialOnFailure: Bool
  private var descriptor: Int32

  /// Creates `path + ".partial"`.
  ///
  /// - Parameter keepContents: go on after what an earlier run left there instead of emptying it.
  public init(
    path: String, keepPartialOnFailure: Bool = false, keepContents: Bool = false
  ) throws(ByteStreamError) {
    try Self.refuseSpecialFile(path)
    self.path = path
    target = try Self.followLinks(path)
    keepsPartialOnFailure = keepPartialOnFailure
    descriptor = try Self.openLocked(target + ".partial")
    try takePermissions()
    if keepContents {
      position = Int64(lseek(descriptor, 0, SEEK_END))
    } else {
      try truncate(to: 0)
    }
  }

  deinit { discard() }

  /// The name while it is being written, beside the file that a symbolic link names.
  public var partialPath: String { target + ".partial" }

  /// Adds bytes at `position`.
  public func write(_ bytes: [UInt8]) throws(ByteStreamError) {
    try unsafe write(bytes.span.bytes)
  }

  /// Adds bytes at `position`.
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

  /// What is in the partial file.
  public func contents() throws(ByteStreamError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(position))
    var count = 0
    while count < bytes.count {
      let step = unsafe bytes.withUnsafeMutableBytes { all in
        unsafe pread(descriptor, all.baseAddress! + count, all.count - count, off_t(count))
      }
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else { throw failure("cannot be read") }
      count += step
    }
    return bytes
  }

  /// Forgets what was written after a position.
  public func truncate(to position: Int64) throws(ByteStreamError) {
    guard ftruncate(descriptor, off_t(position)) == 0,
      lseek(descriptor, off_t(position), SEEK_SET) == position
    else { throw failure("cannot be shortened") }
    self.position = position
  }

  /// Flushes to disk and gives the file its final name.
  public func commit() throws(ByteStreamError) {
    precondition(descriptor >= 0, "committed twice")
    guard fsync(descriptor) == 0 else { throw failure("cannot be flushed") }
    guard unsafe rename(partialPath, target) == 0 else { throw failure("cannot be renamed") }
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
    let folder = Self.folder(of: target)
    let handle = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { return }
    fsync(handle)
    close(handle)
  }

  /// The path up to and with its last slash, or "./".
  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
  }

  /// The file that a path names at the end of all symbolic links, which need not exist.
  private static func followLinks(_ path: String) throws(ByteStreamError) -> String {
    var name = path
    // As many as Linux follows.
    for _ in 0..<40 {
      var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = unsafe readlink(name, &bytes, bytes.count)
      guard count >= 0 else { return name }
      let next = String(
        decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      name = next.hasPrefix("/") ? next : folder(of: name) + next
    }
    throw ByteStreamError(
      .unavailable, file: path, message: "is a circle of symbolic links",
      advice: "Name a file to write.")
  }

  /// What only its owner could read stays so, from the first byte on.
  private func takePermissions() throws(ByteStreamError) {
    var old = stat()
    var new = stat()
    let permissions: mode_t = 0o7777
    guard unsafe stat(target, &old) == 0, unsafe fstat(descriptor, &new) == 0,
      old.st_mode & permissions != new.st_mode & permissions
    else { return }
    guard fchmod(descriptor, old.st_mode & permissions) == 0 else {
      throw failure("cannot be given the permissions of \(target)")
    }
  }

  /// Renaming would replace a device such as /dev/null by a file.
  private static func refuseSpecialFile(_ path: String) throws(ByteStreamError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
    throw ByteStreamError(
      .unavailable, file: path, message: "exists and is not a regular file",
      advice: "Name a file to write.")
  }

  /// Takes the lock, or waits a little: who looks for leftovers holds it for a moment.
  private static func lockSoon(_ descriptor: Int32) -> Bool {
    for _ in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      usleep(5_000)
    }
    return false
  }

  private static func openLocked(_ path: String) throws(ByteStreamError) -> Int32 {
    while true {
      let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else {
        throw ByteStreamError(
          .unavailable, file: path, message: "cannot be created: \(lastSystemError())",
          advice: "Check that the folder exists and can be written.")
      }
      guard lockSoon(descriptor) else {
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
        return descriptor
      }
      close(descriptor)
    }
  }
}
