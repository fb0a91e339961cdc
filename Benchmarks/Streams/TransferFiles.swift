import TraceFormat
import TraceModel

/// Writes transfer rows as the attribution of a long capture gives them: 64 NICs, 500 all-to-alls.
func writeTransfers(path: String) throws {
  var random = RandomStream(seed: 1)
  var operations = OperationTable()
  var transfers = TransferTable()
  for number in 0..<Int32(500) {
    let start: Int64 = 1_735_689_600_000_000_000 + Int64(number) * 5_000_000
    operations.append(
      Operation(
        id: number, kind: .allToAll, role: .expert, grain: .nic, iteration: number / 64,
        group: 0, start: start, end: start + 1_000_000))
    for source in 0..<Int32(64) {
      for destination in 0..<Int32(64) where destination != source {
        // Tokens of 8 KiB, as many as the gate chose.
        let tokens = Int64(20 + random.below(400))
        let begin = start + Int64(random.below(5_000))
        transfers.append(
          operation: number, source: source, destination: destination, bytes: tokens * 8_192,
          start: begin, end: begin + 900_000 + Int64(random.below(100_000)))
      }
    }
  }
  let layout = Layout(serverCount: 8, gpusPerServer: 8)
  let writer = try TraceWriter(path: path, metadata: TraceMetadata(layout: layout))
  try writer.append(operations: operations)
  try writer.append(transfers: transfers)
  try writer.finish()
}

/// Prints the median seconds of reading all transfer rows of a file into columns.
func timeReadingTransfers(path: String) throws {
  var rows = 0
  let seconds = try secondsOfRuns(7) { rows = try TraceFile(path: path).transfers().count }
  print("\(rows) \(seconds[3])")
}
