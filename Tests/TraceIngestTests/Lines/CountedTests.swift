import Testing
import TraceIngest

@Suite struct CountedTests {
  @Test(arguments: [
    (0, "files", "0 files"), (1, "files", "1 file"), (2, "files", "2 files"),
    (1, "entries", "1 entry"), (1, "messages", "1 message"), (-1, "lines", "-1 lines"),
  ])
  func oneIsNoPlural(count: Int, plural: String, expected: String) {
    #expect(counted(count, plural) == expected)
  }

  @Test func verbsFollowTheNumber() {
    #expect(counted(1, one: "file was read", many: "files were read") == "1 file was read")
    #expect(counted(3, one: "file was read", many: "files were read") == "3 files were read")
  }
}
