/// Sentences with `code` and **strong** words.
enum Prose {
  static func markup(_ text: String) -> [Markup] {
    pieces(of: text, between: "`").flatMap { piece -> [Markup] in
      piece.isInside
        ? [.make("code", text: piece.text)]
        : pieces(of: piece.text, between: "**").map {
          $0.isInside ? .make("strong", text: $0.text) : .text($0.text)
        }
    }
  }

  /// The text cut at a mark; a mark without its partner stays in the text.
  private static func pieces(of text: String, between mark: String)
    -> [(text: String, isInside: Bool)]
  {
    var result: [(text: String, isInside: Bool)] = []
    var rest = Substring(text)
    while let open = rest.firstRange(of: mark),
      let close = rest[open.upperBound...].firstRange(of: mark),
      open.upperBound < close.lowerBound
    {
      if open.lowerBound > rest.startIndex {
        result.append((String(rest[..<open.lowerBound]), false))
      }
      result.append((String(rest[open.upperBound..<close.lowerBound]), true))
      rest = rest[close.upperBound...]
    }
    if !rest.isEmpty { result.append((String(rest), false)) }
    return result
  }
}
