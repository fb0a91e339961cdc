import Foundation
import Testing
import TraceIngest

/// What is said of a file that no reader takes.
struct FileLikenessTests {
  private func words(_ bytes: [UInt8]) throws -> String {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("mixtrace-test-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    let error = #expect(throws: IngestError.self) { try TraceReaderCatalogue.identify(url.path) }
    return error?.description ?? ""
  }

  @Test(arguments: [
    ("# HELP nccl_bus_bw x\n# TYPE nccl_bus_bw gauge\n", "metrics of Prometheus"),
    (
      "{\"version\":\"2.4\",\"pg_config\":{},\"entries\":[{\"profiling_name\":\"nccl:all_to_all\"}]}",
      "flight recorder"
    ),
    ("[{\"comms\":\"all_to_allv\",\"in_msg_size\":10,\"in_split\":[1]}]", "PARAM's replay"),
    ("<algo name=\"x\" proto=\"Simple\"></algo>", "an algorithm of MSCCL"),
    ("# placement\n0,1,500\n0,2,600\n", "comma-separated text of 3 columns (0,1,500)"),
    ("{\n  \"alpha\": 1,\n  \"beta\": {\"gamma\": 2}\n}\n", "JSON with the keys alpha, beta"),
    ("[{\"name\": 5}]", "a JSON list of something other"),
  ])
  func itIsNamed(text: String, expected: String) throws {
    #expect(try words(Array(text.utf8)).contains(expected))
  }

  @Test func aPickleIsNamed() throws {
    #expect(try words([0x80, 0x02, 0x7D, 0x71, 0x00, 0x28, 0x58]).contains("a Python pickle"))
  }

  @Test func theNearestFormatSaysWhatItLacks() throws {
    let text = "{\n\"schema\": \"1.1\",\n\"nodes\": [{\"id\": 1}]}"
    let found = try words(Array(text.utf8))
    #expect(found.contains("nearest is a PyTorch execution trace"))
    #expect(found.contains("stands \"ctrl_deps\", which is not there"))
  }

  @Test func aFlowListSaysWhichColumnItLacks() throws {
    let found = try words(Array("ID\tparent_id\tsrc\tsize\n0\t-1\t0\t1KB\n".utf8))
    #expect(found.contains("nearest is a flow list of SimCCL"))
    #expect(found.contains("stands `dst`, which is not there"))
  }

  @Test func theReadersThatWereTriedAreNamed() throws {
    let found = try words(Array("hello".utf8))
    let count = TraceReaderCatalogue.readers.count
    #expect(found.contains("\(count) readers looked at its first 64 KiB, and none knows it"))
    for reader in TraceReaderCatalogue.readers { #expect(found.contains(reader.formatName)) }
  }
}
