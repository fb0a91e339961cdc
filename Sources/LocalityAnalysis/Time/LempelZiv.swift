internal import Glibc
internal import TraceModel

/// The size in bits that a sequence of symbols has as LZ78 phrases (Ziv and Lempel 1978).
///
/// Phrase i names an earlier phrase (log₂ i bits) and a symbol (log₂ of the alphabet). No table of
/// another program, so the size is the same everywhere. Amortised O(1) per symbol.
///
/// - Parameters:
///   - symbols: numbers 0 ..< alphabet.
///   - alphabet: symbols that could occur; at least 2 are counted.
package func lempelZivBits(_ symbols: Span<Int32>, alphabet: Int) -> Double {
  // Key: phrase so far and next symbol; its number + 1 is the longer phrase.
  var phrases = KeyTable(minimumCapacity: symbols.count / 4)
  let symbolBits = log2(Double(max(2, alphabet)))
  var bits = 0.0
  var phrase: UInt64 = 0
  for index in symbols.indices {
    let key = phrase << 32 | UInt64(UInt32(bitPattern: symbols[index]))
    let known = phrases.count
    let number = phrases.number(of: key)
    if number == known {
      bits += log2(Double(known + 1)) + symbolBits
      phrase = 0
    } else {
      phrase = UInt64(number + 1)
    }
  }
  if phrase != 0 { bits += log2(Double(phrases.count + 1)) }
  return bits
}
