internal import ByteStreams
internal import ArgumentParser
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

/// Bytes of a file; nil where there is none.
func fileSize(_ path: String) -> Int64? {
  var information = stat()
  return unsafe stat(path, &information) == 0 ? Int64(information.st_size) : nil
}

/// True when a path names anything.
func fileExists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// Refuses to write over what is read: a result never replaces a user's only copy of the input.
///
/// Names that no file can have are refused here too, before any work is done.
func refuse(outputs: [String], thatAreInputs inputs: [String]) throws {
  if outputs.contains("") { throw ValidationError("an output has an empty name: name a file.") }
  let read = inputs.compactMap { fileIdentity($0) }
  for output in outputs {
    guard let identity = fileIdentity(output), read.contains(identity) else { continue }
    throw ValidationError("\(output) is read and would be written over: name another file.")
  }
}

/// What a path names, whatever it is called; nil where there is nothing.
private func fileIdentity(_ path: String) -> [UInt64]? {
  var information = stat()
  guard unsafe stat(path, &information) == 0 else { return nil }
  return [UInt64(information.st_dev), UInt64(information.st_ino)]
}
