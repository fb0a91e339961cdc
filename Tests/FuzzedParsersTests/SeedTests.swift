import Foundation
import FuzzedParsers
import Testing

/// What the fuzzer starts from is read, and what it once found stays harmless.
@Suite struct SeedTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Fuzz").standardizedFileURL

  private static func files(_ kind: String, of parser: FuzzedParser) -> [URL] {
    let folder = folder.appending(path: "\(kind)/\(parser.name)")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0) }
  }

  @Test(arguments: FuzzedParser.all.map(\.name))
  func everySeedIsReadAndEveryFindIsHarmless(name: String) throws {
    let parser = try #require(FuzzedParser.all.first { $0.name == name })
    let seeds = Self.files("Seeds", of: parser)
    #expect(!seeds.isEmpty)
    for seed in seeds {
      let rows = try Data(contentsOf: seed).withUnsafeBytes { try parser.rows(of: $0) }
      #expect(rows > 0, "\(seed.lastPathComponent) says nothing")
    }
    for find in Self.files("Finds", of: parser) {
      _ = try? Data(contentsOf: find).withUnsafeBytes { try parser.rows(of: $0) }
    }
  }
}
