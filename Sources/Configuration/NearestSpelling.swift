/// The word of `words` that `typed` was probably meant to be, or nil when none is close.
public func nearestSpelling(of typed: String, among words: [String]) -> String? {
  let scored = words.map { (word: $0, distance: editDistance(typed.lowercased(), $0.lowercased())) }
  guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance <= max(1, typed.count / 3) ? best.word : nil
}

/// "Did you mean mixnet?", or nil when none of the words is close to what was typed.
package func spellingAdvice(for typed: String, among words: [String]) -> String? {
  nearestSpelling(of: typed, among: words).map { "Did you mean \($0)?" }
}

/// Number of single-character insertions, deletions and replacements between two words.
func editDistance(_ first: String, _ second: String) -> Int {
  let target = Array(second)
  var row = Array(0...target.count)
  for (index, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for (column, other) in target.enumerated() {
      let replacement = diagonal + (character == other ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(replacement, min(row[column], row[column + 1]) + 1)
    }
  }
  return row[target.count]
}
