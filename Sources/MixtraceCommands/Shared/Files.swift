internal import ByteStreams
internal import FoundationEssentials
internal import Glibc

/// Writes a text file that appears under its name only when it is whole.
func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

/// Writes a file that appears under its name only when it is whole.
func write(_ bytes: [UInt8], to path: String) throws {
  let file = try AtomicFile(path: path)
  try file.write(bytes)
  try file.commit()
}

/// Gives a finished file its final name.
func rename(_ path: String, to newPath: String) throws {
  guard unsafe Glibc.rename(path, newPath) == 0 else {
    let reason = unsafe String(cString: strerror(errno))
    throw VerbError("\(newPath) cannot be written: \(reason)")
  }
}

/// Removes a file if it is there.
func remove(_ path: String) { unsafe unlink(path) }

/// Inputs with each folder replaced by the files in it, by name.
func files(of inputs: [String]) throws -> [String] {
  try inputs.flatMap { input -> [String] in
    var isFolder = false
    guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder), isFolder else {
      return [input]
    }
    return try FileManager.default.contentsOfDirectory(atPath: input)
      .filter { !$0.hasPrefix(".") }.sorted().map { "\(input)/\($0)" }
  }
}
