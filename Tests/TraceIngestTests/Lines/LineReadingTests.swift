import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct MemberLinesTests {
  /// One list in a tar archive beside something else: lines are read from members too.
  @Test func listsInsideAnArchiveAreRead() throws {
    try withScratchFolder { folder in
      let list = "ID\tparent_id\tsrc\tdst\tsize\n0\t-1\t0\t1\t1KB\n1\t-1\t1\t0\t2KB"
      let url = folder.appendingPathComponent("lists.tar")
      try Data(
        tarArchive([("a/flows.tsv", Array(list.utf8)), ("a/readme", Array("hello".utf8))])
      ).write(to: url)
      #expect(try TraceReaderCatalogue.identify(url.path) == SimCCLFlowReader.self)
      let found = try IngestedFiles(SimCCLFlowReader.self, paths: [url.path])
      #expect(found.rows.transfers.bytes == [1_024, 2_048])
      #expect(found.summary.ledgers.map(\.unit).sorted() == ["files", "lines"])
      #expect(found.isBalanced)
      // Cut inside the second line: what is before it is read.
      try Data(tarArchive([("flows.tsv", Array(list.utf8))]).prefix(512 + 40)).write(to: url)
      let cut = try IngestedFiles(SimCCLFlowReader.self, paths: [url.path])
      #expect(cut.rows.transfers.bytes == [1_024])
      #expect(cut.malformed["the line is cut where the input became unreadable"] == 1)
      #expect(cut.isBalanced)
    }
  }
}
