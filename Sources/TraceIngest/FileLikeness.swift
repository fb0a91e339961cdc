internal import TraceFormat

/// What a file that no reader accepts looks like, and what its owner can do.
struct FileLikeness {
  let description: String
  let advice: String?

  private init(_ description: String, _ advice: String? = nil) {
    self.description = description
    self.advice = advice
  }

  /// Looks at the first bytes, decompressed.
  init(start: [UInt8]) {
    if start.isEmpty {
      self.init("the file is empty", "Whatever writes it may not have finished or not started.")
    } else if let binary = Self.binary(start) {
      self = binary
    } else {
      self = Self.text(start)
    }
  }

  private static func binary(_ start: [UInt8]) -> FileLikeness? {
    if TraceFile.recognises(start: start) {
      return FileLikeness("a .mixt trace, which is ingested already", "Analyse or replay it.")
    }
    for (magic, likeness) in magics where start.starts(with: magic) { return likeness }
    // "Protocol N", and then an object or a frame.
    if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]) {
      return FileLikeness(
        "a Python pickle (PyTorch's flight recorder dumps such)",
        "What a pickle holds is a program and is not run. Record execution traces or Kineto profiles."
      )
    }
    if start.count > 262, start[257..<262].elementsEqual(Array("ustar".utf8)) {
      return FileLikeness(
        "a tar archive whose first file is no trace that is read inside archives",
        "Unpack it and name the files inside.")
    }
    if start.prefix(4096).contains(where: { $0 < 0x09 || ($0 > 0x0D && $0 < 0x20 && $0 != 0x1B) }) {
      let bytes = start.prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
      return FileLikeness("binary data of an unknown kind (first bytes \(bytes))")
    }
    return nil
  }

  private static let magics: [([UInt8], FileLikeness)] = [
    (Array("PAR1".utf8), FileLikeness("a Parquet file", "Export the rows as JSON lines.")),
    ([0x7F, 0x45, 0x4C, 0x46], FileLikeness("a program (ELF), not data")),
    (
      [0x50, 0x4B, 0x03, 0x04],
      FileLikeness(
        "a zip archive (PyTorch .pt and NumPy .npz files are too)",
        "Unpack it, or export the rows as JSON lines.")
    ),
    ([0x93] + Array("NUMPY".utf8), FileLikeness("a NumPy array")),
    (
      Array("SQLite format 3".utf8), FileLikeness("an SQLite database (Nsight Systems writes such)")
    ),
    ([0x89, 0x50, 0x4E, 0x47], FileLikeness("a PNG picture")),
    (Array("%PDF".utf8), FileLikeness("a PDF document")),
    ([0x89, 0x48, 0x44, 0x46], FileLikeness("an HDF5 file")),
    (
      [0x0A, 0x0D, 0x0D, 0x0A],
      FileLikeness("a packet capture (pcapng) that no reader took")
    ),
    ([0xD4, 0xC3, 0xB2, 0xA1], FileLikeness("a packet capture (pcap) that no reader took")),
    ([0xA1, 0xB2, 0xC3, 0xD4], FileLikeness("a packet capture (pcap) that no reader took")),
    ([0x4D, 0x3C, 0xB2, 0xA1], FileLikeness("a packet capture (pcap) that no reader took")),
    ([0xA1, 0xB2, 0x3C, 0x4D], FileLikeness("a packet capture (pcap) that no reader took")),
  ]

  private static func text(_ start: [UInt8]) -> FileLikeness {
    let line = firstLine(of: start)
    if line.starts(with: Array("version https://git-lfs".utf8)) {
      return FileLikeness(
        "a Git LFS pointer: the file itself was never downloaded",
        "Run `git lfs pull` in the repository that it comes from.")
    }
    let lower = line.prefix(64).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    if lower.starts(with: Array("<!doctype html".utf8)) || lower.starts(with: Array("<html".utf8)) {
      return FileLikeness(
        "an HTML page", "A download probably ended at a sign-in or an error page.")
    }
    if lower.starts(with: Array("<algo ".utf8)) {
      return FileLikeness(
        "an algorithm of MSCCL (XML)",
        "It says who sends to whom, not how much: ingest a log of a run that used it.")
    }
    if lower.starts(with: Array("<?xml".utf8)) { return FileLikeness("an XML document") }
    guard let first = line.first else { return FileLikeness("nothing but white space") }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return json(start) }
    if ["# HELP ", "# TYPE "].contains(where: { line.starts(with: Array($0.utf8)) }) {
      return FileLikeness(
        "metrics of Prometheus", "NCCL's Inspector writes JSON with NCCL_INSPECTOR_PROM_DUMP=0.")
    }
    if let simulator = simulatorText(line) { return simulator }
    let row = lines(of: start).first { !$0.isEmpty && $0.first != UInt8(ascii: "#") } ?? line
    for (separator, name) in [(UInt8(ascii: "\t"), "tab"), (UInt8(ascii: ","), "comma")] {
      let columns = row.count { $0 == separator } + 1
      if columns > 1 {
        let heading = String(decoding: row.prefix(60), as: UTF8.self)
        return FileLikeness(
          "\(name)-separated text of \(columns) columns (\(heading))",
          nearestList(row.split(separator: separator)))
      }
    }
    return FileLikeness(
      "text that begins with \"\(String(decoding: line.prefix(40), as: UTF8.self))\"")
  }

  /// What a heading lacks that has some of the columns of a flow list.
  private static func nearestList(_ columns: [ArraySlice<UInt8>]) -> String? {
    let names = columns.map { column in
      String(decoding: column, as: UTF8.self).filter { $0.isLetter || $0 == "_" }
    }
    let missing = SimCCLFlows.columnNames.filter { !names.contains($0) }
    guard missing.count + 1 < SimCCLFlows.columnNames.count else { return nil }
    return missing.isEmpty
      ? "The nearest is a flow list of SimCCL, whose columns are separated by tabs."
      : "The nearest is a flow list of SimCCL: among its columns stands "
        + missing.map { "`\($0)`" }.joined(separator: ", ") + ", which is not there."
  }

  /// Texts of simulators, and of NCCL, that lack what a trace needs.
  private static func simulatorText(_ line: ArraySlice<UInt8>) -> FileLikeness? {
    if line.starts(with: Array("Nodes ".utf8)) {
      return FileLikeness(
        "a text that begins like an htsim connection matrix and has no connections",
        "Behind `Nodes N` and `Connections M` it needs lines like `0->13 start 0 size 2000000`.")
    }
    if line.starts(with: Array("NCCL version".utf8)) {
      return FileLikeness(
        "a log of NCCL without its INFO lines",
        "Run the job with NCCL_DEBUG=INFO and NCCL_DEBUG_SUBSYS=INIT,COLL.")
    }
    if line.starts(with: Array("rank ".utf8)), line.contains(UInt8(ascii: "{")) {
      return FileLikeness(
        "a piece of a GOAL schedule: its first line, `num_ranks N`, is missing",
        "Put that line before the first rank's block.")
    }
    let policies =
      ["MICRO", "DATA", "MODEL", "HYBRID_DATA_MODEL", "HYBRID_MODEL_DATA", "HYBRID_DLRM"]
      + SimAIHeader.policies
    let word = String(decoding: line.prefix { $0 != 0x20 && $0 != 0x0D }, as: UTF8.self)
    guard policies.contains(word) else { return nil }
    return FileLikeness(
      "a workload of ASTRA-sim with the policy \(word) and without the sizes of its groups",
      "SimAI workloads are read whose first line is \(SimAIHeader.policies[0]) with "
        + "model_parallel_NPU_group, ep, pp and all_gpus.")
  }

  // MARK: JSON

  /// What the JSON formats are known by.
  private static let marks: [(format: String, marks: [String])] = [
    ("PyTorch execution trace", ["schema", "nodes", "ctrl_deps"]),
    ("Kineto trace of PyTorch's profiler", ["schemaVersion", "deviceProperties", "traceEvents"]),
    ("NCCL Inspector log", ["header", "metadata", "coll_perf"]),
    ("router trace of Megatron-Core", ["step", "top_indices"]),
    ("per-token routing log", ["layer", "experts", "token_idx"]),
    ("per-token routing log", ["layer", "experts", "token_pos"]),
  ]

  private static func json(_ start: [UInt8]) -> FileLikeness {
    let has = { (key: String) in contains(start[...], "\"\(key)\"") }
    if has("entries"), has("pg_config") || has("profiling_name") {
      return FileLikeness(
        "a dump of PyTorch's flight recorder",
        "It holds the last calls of a process alone. Record execution traces or Kineto profiles.")
    }
    if has("comms"), has("in_msg_size") {
      return FileLikeness(
        "a communication trace of PARAM's replay",
        "Ingest the execution traces or Kineto profiles that it was made from.")
    }
    let text = firstValue(of: start)
    let keys = topLevelKeys(text)
    let what =
      text.first == UInt8(ascii: "[")
      ? "a JSON list of something other than rows of integers"
      : keys.isEmpty
        ? "a JSON object of unknown meaning"
        : "JSON with the keys \(keys.joined(separator: ", "))"
    return FileLikeness(what, nearestFormat(where: has))
  }

  /// The format of which most marks are there, and what it lacks; nil when none has one.
  private static func nearestFormat(where has: (String) -> Bool) -> String? {
    var nearest: (count: Int, words: String)?
    for (format, marks) in marks {
      let missing = marks.filter { !has($0) }
      let count = marks.count - missing.count
      guard count > nearest?.count ?? 0, !missing.isEmpty else { continue }
      nearest = (
        count,
        "The nearest is a \(format): in the first 64 KiB of one stands "
          + missing.map { "\"\($0)\"" }.joined(separator: ", ") + ", which is not there."
      )
    }
    return nearest?.words
  }

  /// What stands behind leading white space, over all of its lines.
  private static func firstValue(of start: [UInt8]) -> ArraySlice<UInt8> {
    start[firstLine(of: start).startIndex...]
  }

  /// Up to eight keys of an object, which may be cut.
  private static func topLevelKeys(_ text: ArraySlice<UInt8>) -> [String] {
    let bytes = Array(text)
    let text = unsafe bytes.span.bytes
    var cursor = JSONCursor()
    var keys: [String] = []
    do throws(JSONDefect) {
      var hasMore = try cursor.beginObject(text)
      while hasMore && keys.count < 8 {
        let before = cursor
        let range = try cursor.rawString(text)
        cursor = before
        _ = try cursor.key(text, among: JSONWords([]))
        keys.append(String(decoding: bytes[range].prefix(40), as: UTF8.self))
        try cursor.skipValue(text)
        hasMore = try cursor.anotherMember(text)
      }
    } catch {
      return keys
    }
    return keys
  }
}
