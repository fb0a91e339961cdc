extension Unicode.Scalar {
  /// C0 and C1 controls and delete.
  package var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

  /// True for what can change how its surroundings look: controls, and the marks that turn the
  /// direction of text.
  package var isHarmful: Bool {
    isControl || (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
      || (value & 0xFFFE) == 0xFFFE
  }
}

extension String {
  /// The text with every harmful character replaced by "�" (line ends and tabs by
  /// a space); labels come from other people's files.
  package var visible: String {
    guard unicodeScalars.contains(where: \.isHarmful) else { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar {
      case "\n", "\t": result.append(" ")
      default: result.append(scalar.isHarmful ? "\u{FFFD}" : scalar)
      }
    }
    return String(result)
  }
}
