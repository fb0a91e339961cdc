import Foundation
import TraceIngest
import TraceModel

/// Text of PyTorch's profiler and of execution traces, with the mix of events of real ones: one in
/// a thousand is communication.
let pyTorchBenchmarks = [
  Benchmark(
    name: "trace-ingest/kineto", unit: "bytes", workCount: KinetoText.byteCount, isCounted: false
  ) {
    let folder = try InputFolder()
    try KinetoText.write(to: folder.path("rank0.json"))
    return { try ingest(KinetoReader.self, folder, "rank0.json") }
  },
  Benchmark(
    name: "trace-ingest/execution-trace", unit: "bytes",
    workCount: ExecutionTraceText.byteCount, isCounted: false
  ) {
    let folder = try InputFolder()
    try ExecutionTraceText.write(to: folder.path("rank0.json"))
    return { try ingest(ExecutionTraceReader.self, folder, "rank0.json") }
  },
]

private func ingest<Reader: TraceReader>(
  _ reader: Reader.Type, _ folder: InputFolder, _ name: String
) throws -> Int {
  var sink = ByteTotal()
  let summary = try reader.read(
    paths: [folder.path(name)], options: IngestOptions(), into: &sink)
  return withExtendedLifetime(folder) {
    Int(sink.bytes) + Int(summary.ledgers.reduce(0) { $0 + $1.read })
  }
}

/// Repeats some records until a text has its size.
private func text(of head: String, records: (Int) -> [String], tail: String, bytes: Int) -> [UInt8]
{
  var text = Array(head.utf8)
  var number = 0
  while text.count < bytes - 4_096 {
    for record in records(number) {
      if number > 0 || text.count > head.utf8.count { text += Array(",\n".utf8) }
      text += Array(record.utf8)
    }
    number += 1
  }
  text += Array(tail.utf8)
  return text + [UInt8](repeating: 0x20, count: bytes - text.count)
}

private enum KinetoText {
  static let byteCount = 64 << 20

  static func write(to path: String) throws {
    let head = """
      {
        "schemaVersion": 1,
        "distributedInfo": {"backend": "nccl", "rank": 0, "world_size": 8},
        "traceEvents": [

      """
    let bytes = text(of: head, records: records, tail: "\n]}", bytes: byteCount)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// A function, a launch, its kernel and the arrows between them; at times a collective.
  private static func records(_ number: Int) -> [String] {
    let time = 4_458_676_524_648 + number * 40
    let id = 12_000 + number
    var records = [
      """
        {
          "ph": "X", "cat": "cpu_op", "name": "aten::convolution", "pid": 2910249, "tid": 2910249,
          "ts": \(time).797, "dur": 18.626,
          "args": {
            "External id": \(id),"Record function id": 0, "Sequence number": 440, "Fwd thread id": 0, "Ev Idx": \(number)
          }
        }
      """,
      """
        {
          "ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 2910249, "tid": 2910249,
          "ts": \(time + 4).120, "dur": 6.001,
          "args": {
            "External id": \(id), "cbid": 211, "correlation": \(id)
          }
        }
      """,
      """
        {
          "ph": "s", "id": \(id), "pid": 2910249, "tid": 2910249, "ts": \(time + 4).120,
          "cat": "ac2g", "name": "ac2g"
        }
      """,
      """
        {
          "ph": "X", "cat": "kernel", "name": "void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, at::detail::Array<char*, 3> >(int, at::native::CUDAFunctor_add<float>, at::detail::Array<char*, 3>)", "pid": 0, "tid": 7,
          "ts": \(time + 20).422, "dur": 12.669,
          "args": {
            "External id": \(id), "queued": 0, "device": 0, "context": 1, "stream": 7,
            "correlation": \(id), "registers per thread": 16, "shared memory": 0,
            "blocks per SM": 29.037037, "warps per SM": 58.074074, "grid": [3136, 1, 1],
            "block": [64, 1, 1], "est. achieved occupancy %": 91
          }
        }
      """,
      """
        {
          "ph": "f", "id": \(id), "pid": 0, "tid": 7, "ts": \(time + 20).422,
          "cat": "ac2g", "name": "ac2g", "bp": "e"
        }
      """,
    ]
    if number % 200 == 0 {
      records.append(
        """
          {
            "ph": "X", "cat": "kernel", "name": "ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevComm*, unsigned long, ncclWork*)", "pid": 0, "tid": 40,
            "ts": \(time + 30).422, "dur": 26.669,
            "args": {
              "External id": \(id), "device": 0, "stream": 40, "correlation": \(id),
              "Collective name": "allreduce", "In msg nelems": 6637568, "Out msg nelems": 6637568,
              "Group size": 8, "dtype": "Float", "In split size": "[]", "Out split size": "[]",
              "Process Group Name": "0", "Process Group Description": "default_pg",
              "Process Group Ranks": "[0, 1, 2, 3, 4, 5, 6, 7]"
            }
          }
        """)
    }
    return records
  }
}

private enum ExecutionTraceText {
  static let byteCount = 64 << 20

  static func write(to path: String) throws {
    let head = """
      {
        "schema": "1.1.0-chakra.0.0.4", "pid": 2254958, "time": "2024-04-29 16:23:47", "start_ts": 4071903410,
        "nodes": [

      """
    let bytes = text(of: head, records: records, tail: "\n]}", bytes: byteCount)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// Functions around tensors; at times a collective.
  private static func records(_ number: Int) -> [String] {
    let id = number * 3 + 10
    let attributes =
      """
      "attrs": [{"name": "rf_id", "type": "uint64", "value": \(id)},{"name": "fw_parent", "type": "uint64", "value": 0},{"name": "seq_id", "type": "int64", "value": -1},{"name": "scope", "type": "uint64", "value": 0},{"name": "tid", "type": "uint64", "value": 1},{"name": "fw_tid", "type": "uint64", "value": 0},{"name": "op_schema", "type": "string", "value": "aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)"}]
      """
    var records = [
      """
          {
            "id": \(id), "name": "aten::view", "ctrl_deps": \(id - 1),
            "inputs": {"values": [[12,13,0,\(number),4,"cuda:1"],[-1]], "shapes": [[64],[[]]], "types": ["Tensor(float)","GenericList[Int]"]},
            "outputs": {"values": [[226,13,0,64,4,"cuda:1"]], "shapes": [[64]], "types": ["Tensor(float)"]},
            \(attributes)
          }
      """
    ]
    if number % 1_000 == 0 {
      records.append(
        """
            {
              "id": \(id + 1), "name": "record_param_comms", "ctrl_deps": \(id),
              "inputs": {"values": [[[3235,3218,0,2049000,4,"cuda:1"]],\(number),["0","default_pg"],1,"allreduce",[],[],0,1,2], "shapes": [], "types": []},
              "outputs": {"values": [], "shapes": [], "types": []},
              \(attributes)
            }
        """)
    }
    return records
  }
}
