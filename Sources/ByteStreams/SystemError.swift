internal import Glibc

/// The words of the last failed system call; to be asked for at once, before `errno` changes.
func lastSystemError() -> String {
  guard let words = unsafe strerror(errno) else { return "error \(errno)" }
  return unsafe String(cString: words)
}

/// The part of a path after its last slash.
func lastComponent(of path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}
