/// One event of a Kineto trace; times in microseconds as written.
func kinetoEvent(
  _ category: String, _ name: String, thread: String = "1", at start: String, for duration: String,
  _ arguments: [(String, String)] = []
) -> String {
  let words = arguments.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ")
  return """
    {"ph": "X", "cat": "\(category)", "name": "\(name)", "pid": 0, "tid": \(thread),
     "ts": \(start), "dur": \(duration), "args": {\(words)}}
    """
}

/// What PyTorch writes about a collective since the middle of 2024.
func kinetoCollective(
  _ name: String, elements: Int, sent: String = "[]", received: String = "[]", size: Int,
  ranks: String? = nil, words: String = "default_pg", more: [(String, String)] = []
) -> [(String, String)] {
  [
    ("Collective name", "\"\(name)\""), ("In msg nelems", "\(elements)"),
    ("Out msg nelems", "\(elements)"), ("In split size", "\"\(sent)\""),
    ("Out split size", "\"\(received)\""), ("Group size", "\(size)"), ("dtype", "\"BFloat16\""),
    ("Process Group Name", "\"0\""), ("Process Group Description", "\"\(words)\""),
    ("Process Group Ranks", "\"\(ranks ?? "\(Array(0..<size))")\""),
  ] + more
}

func kinetoTrace(_ events: [String], rank: Int, size: Int, after: String = "") -> String {
  """
  {"schemaVersion": 1, "distributedInfo": {"backend": "nccl", "rank": \(rank),
   "world_size": \(size)}, "traceEvents": [
  \(events.joined(separator: ",\n"))
  ], "traceName": "x"\(after)}
  """
}
