import FuzzedParsers
import Glibc

/// Whom libFuzzer feeds: the parser that MIXTRACE_FUZZ names, or nobody, and all are listed.
private let chosen: FuzzedParser = {
  let name = getenv("MIXTRACE_FUZZ").map { String(cString: $0) } ?? ""
  if let parser = FuzzedParser.all.first(where: { $0.name == name }) { return parser }
  for parser in FuzzedParser.all { print(parser.name, parser.isBinary ? "binary" : "text") }
  exit(0)
}()

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _: UnsafeMutablePointer<CInt>, _: UnsafeMutablePointer<UnsafeMutablePointer<CChar>>
) -> CInt {
  _ = chosen
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  _ = try? chosen.rows(of: UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
