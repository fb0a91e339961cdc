/// One record of an Inspector log; ranks are those in the communicator `id`.
func inspectorLine(
  _ kind: String, _ name: String, number: Int, bytes: Int64, rank: Int, size: Int = 3,
  peer: Int? = nil, id: String = "0xa", words: String = "world", process: Int? = nil,
  host: String = "h"
) -> String {
  let peer = peer.map { "\"p2p_peer\": \($0), " } ?? ""
  return """
    {"header": {"id": "\(id)", "comm_name": "\(words)", "rank": \(rank), "n_ranks": \(size)}, \
    "metadata": {"hostname": "\(host)", "pid": \(process ?? 100 + rank), "dump_timestamp_us": 5}, \
    "\(kind)_perf": {"\(kind)": "\(name)", "\(kind)_sn": \(number), \(peer)\
    "\(kind)_msg_size_bytes": \(bytes), "\(kind)_exec_time_us": 56.5}}
    """
}
