internal import Glibc

/// Tells other runs that a finished file is still needed: `AtomicFile.leftovers` passes over it.
package final class FileHold {
  private var descriptor: Int32

  /// Holds the file at `path` until `release()`; does nothing when it cannot be opened.
  package init(path: String) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    // Who looks for leftovers locks the file for a moment: waiting for that is short.
    if descriptor >= 0 { flock(descriptor, LOCK_SH) }
  }

  deinit { release() }

  package func release() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
  }
}
