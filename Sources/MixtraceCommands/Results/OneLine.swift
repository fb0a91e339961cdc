extension String {
  /// The lines of an error, joined: "what happened; what to do".
  var onOneLine: String {
    split(whereSeparator: \.isNewline).map { String($0.drop { $0 == " " }) }
      .joined(separator: "; ")
  }
}
