/// How wide a text is in the fonts of a plot, generously: nobody knows the reader's fonts.
package enum PlotText {
  /// Pixels of a text at a font size.
  package static func width(_ text: String, size: Double) -> Double {
    var ems = 0.0
    for character in text {
      switch character {
      case "i", "l", "j", ".", ",", ":", ";", "'", "|", "!", "(", ")", "[", "]", " ", "·", "I":
        ems += 0.36
      case "t", "f", "r", "-", "/", "–": ems += 0.44
      case "m", "w", "M", "W", "@", "%", "—": ems += 0.98
      case "0"..."9": ems += 0.64
      case "A"..."Z": ems += 0.7
      default: ems += character.displayWidth == 2 ? 1.1 : 0.62
      }
    }
    return ems * size
  }

  /// The text, cut with "…" where it is wider than `limit` pixels.
  package static func fitted(_ text: String, size: Double, limit: Double) -> String {
    guard width(text, size: size) > limit else { return text }
    var result = text
    while !result.isEmpty, width(result + "…", size: size) > limit { result.removeLast() }
    return result + "…"
  }
}
