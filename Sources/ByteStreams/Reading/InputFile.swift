internal import Glibc

/// An open file descriptor with a small buffer in front: the compressed side of a stream.
@safe final class InputFile {
  let path: String
  /// Size on disk, or nil for a pipe or a terminal.
  let byteCount: Int64?
  /// Offset in the file of the first byte that was not consumed.
  private(set) var position: Int64 = 0

  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  private var lower = 0
  private var upper = 0

  init(path: String) throws(ByteStreamError) {
    self.path = path == "-" ? "standard input" : path
    descriptor = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ByteStreamError(
        .unavailable, file: self.path, message: "cannot be opened: \(lastSystemError())",
        advice: "Check the path and its permissions.")
    }
    var status = stat()
    let isKnown = unsafe fstat(descriptor, &status) == 0
    byteCount = isKnown && status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
    unsafe buffer = .allocate(byteCount: 256 << 10, alignment: 64)
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    if isKnown && status.st_mode & S_IFMT == S_IFDIR {
      throw ByteStreamError(
        .unavailable, file: self.path, message: "is a folder, not a file",
        advice: "Name the files in it.")
    }
  }

  deinit {
    unsafe buffer.deallocate()
    close(descriptor)
  }

  /// Bytes in the buffer that were not consumed; valid until the next `refill`.
  var unread: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: buffer[lower..<upper])
  }

  func consume(_ count: Int) {
    lower += count
    position += Int64(count)
  }

  /// Reads more behind what is unread; false at the end of the file.
  func refill() throws(ByteStreamError) -> Bool {
    if lower > 0 {
      unsafe buffer.copyMemory(from: unread)
      upper -= lower
      lower = 0
    }
    let count = unsafe try readDirectly(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[upper...]), at: position + Int64(upper))
    upper += count
    return count > 0
  }

  /// Takes bytes past the buffer when it is empty: plain files need no second copy.
  func readPlain(into target: UnsafeMutableRawBufferPointer) throws(ByteStreamError) -> Int {
    let buffered = min(upper - lower, target.count)
    if buffered > 0 {
      unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: unread[..<buffered]))
      consume(buffered)
      return buffered
    }
    let count = unsafe try readDirectly(into: target, at: position)
    position += Int64(count)
    return count
  }

  private func readDirectly(
    into target: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(ByteStreamError) -> Int {
    while true {
      let count = unsafe Glibc.read(descriptor, target.baseAddress, target.count)
      if count >= 0 { return count }
      if errno == EINTR { continue }
      throw ByteStreamError(
        .system, file: path, offset: offset, message: "cannot be read: \(lastSystemError())")
    }
  }
}
