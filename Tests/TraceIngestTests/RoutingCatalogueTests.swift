import Foundation
import TestSupport
import Testing
import TraceIngest

@Suite struct RoutingCatalogueTests {
  private func failure(for bytes: [UInt8], named name: String = "x.jsonl") throws -> String {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent(name)
      try Data(bytes).write(to: url)
      let error = #expect(throws: IngestError.self) { try TraceReaderCatalogue.identify(url.path) }
      return error?.description ?? ""
    }
  }

  @Test func formatsAreRecognisedByContent() throws {
    try withScratchFolder { folder in
      let router = try write(
        [routerLine(step: 0, layer: 0, rank: 0, [[1, 2]])], to: "wrong-name.csv", in: folder)
      #expect(try TraceReaderCatalogue.identify(router) == RouterTraceReader.self)
      let matrix = try write([" [ [1, 2],[3,4] ]"], to: "m", in: folder)
      #expect(try TraceReaderCatalogue.identify(matrix) == TokenMatrixReader.self)
    }
  }

  @Test(arguments: ["\u{FEFF}", "some noise\n", "p\": 0, \"rank\": 0}\n", "\n\n  "])
  func aBadFirstLineDoesNotHideTheFormat(before: String) throws {
    try withScratchFolder { folder in
      let router = try write(
        [before + routerLine(step: 0, layer: 0, rank: 0, [[1, 2]])], to: "a", in: folder)
      #expect(try TraceReaderCatalogue.identify(router) == RouterTraceReader.self)
      let tokens = try write(
        [before + "{\"problem_id\": 1, \"layer\": 0, \"experts\": [0], \"token_idx\": 0}"],
        to: "b", in: folder)
      #expect(try TraceReaderCatalogue.identify(tokens) == TokenRoutingReader.self)
    }
  }

  @Test(arguments: [
    ("", "empty"), (" \n\n", "white space"), ("<!DOCTYPE html><html>", "HTML"),
    ("a,b,c\n1,2,3\n", "comma-separated text of 3 columns"),
    ("a\tb\n1\t2\n", "tab-separated"), ("PAR1....", "Parquet"),
    ("\u{7F}ELF.", "program"),
    ("{\"foo\": 1, \"bar\": {\"x\": 2}}", "keys foo, bar"), ("[1, 2]", "list"),
    ("hello", "text that begins with"), ("PK\u{3}\u{4}..", "zip"),
  ])
  func otherFilesAreNamed(content: String, expected: String) throws {
    let message = try failure(for: Array(content.utf8))
    #expect(message.contains(expected), "\(message)")
    #expect(message.contains("Accepted"))
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func aGitLargeFilePointerIsCalledWhatItIs() throws {
    let error = #expect(throws: IngestError.self) {
      try TraceReaderCatalogue.identify(RealInputs.path("routing/git-lfs-pointer-decoy.jsonl"))
    }
    #expect(error?.description.contains("Git LFS pointer") == true)
    #expect(error?.description.contains("git lfs pull") == true)
  }
}
