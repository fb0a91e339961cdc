/// In which short stretches of a window each of many channels was busy, one bit each.
///
/// The window begins with the capture; a long capture is known by its beginning. Memory is limited
/// to 32 MB.
struct BusyBins {
  private let start: Int64
  /// Nanoseconds of one bin.
  let width: Int64
  private let wordsPerRow: Int
  private var words: [UInt64]

  private static let mostBins = 16_384
  private static let bitLimit = 1 << 28
  /// Bins are never longer: pauses between the operations of a layer must remain visible.
  private static let longestBin: Int64 = 2_000_000

  init(rows: Int, start: Int64, end: Int64) {
    self.start = start
    wordsPerRow = max(4, min(Self.mostBins, Self.bitLimit / max(1, rows)) / 64)
    let span = max(0, pause(from: start, to: end))
    let even = span / Int64(wordsPerRow * 64) + 1
    width = min(Self.longestBin, max(IdleGap.jitter, even))
    words = [UInt64](repeating: 0, count: rows * wordsPerRow)
  }

  /// Marks a message's time in a row.
  mutating func add(start from: Int64, end to: Int64, row: Int) {
    let first = max(0, pause(from: start, to: from)) / width
    let last = min(max(0, pause(from: start, to: to)) / width, Int64(wordsPerRow * 64 - 1))
    guard first <= last else { return }
    let (firstWord, lastWord) = (Int(first / 64), Int(last / 64))
    let fromFirst = UInt64.max << UInt64(first % 64)
    let toLast = UInt64.max >> UInt64(63 - last % 64)
    let row = row * wordsPerRow
    guard firstWord < lastWord else {
      words[row + firstWord] |= fromFirst & toLast
      return
    }
    words[row + firstWord] |= fromFirst
    for word in firstWord + 1..<lastWord { words[row + word] = .max }
    words[row + lastWord] |= toLast
  }

  /// The place of each row in some lists of rows, or −1.
  func rows(of lists: [[Int]]) -> [Int] {
    var places = [Int](repeating: -1, count: words.count / wordsPerRow)
    for (place, list) in lists.enumerated() {
      for row in list { places[row] = place }
    }
    return places
  }

  /// Rows joined into fewer: `target[row]` is the new row of each, negative ones are left out.
  func joined(into count: Int, _ target: [Int]) -> BusyBins {
    var joined = self
    joined.words = [UInt64](repeating: 0, count: count * wordsPerRow)
    for (row, new) in target.enumerated() where new >= 0 {
      for word in 0..<wordsPerRow {
        joined.words[new * wordsPerRow + word] |= words[row * wordsPerRow + word]
      }
    }
    return joined
  }

  /// The smaller of the shares of each row's bins in which the other is busy too, or in a bin next
  /// to it.
  func likeness(_ first: Int, _ second: Int) -> Double {
    min(share(of: first, in: second), share(of: second, in: first))
  }

  /// The share of a row's bins in which another is busy too, or in a bin next to it.
  func share(of row: Int, in other: Int) -> Double { share(of: row, in: other, reach: true) }

  /// The larger of the shares of each row's bins in which the other is busy too.
  func overlap(_ first: Int, _ second: Int) -> Double {
    max(share(of: first, in: second, reach: false), share(of: second, in: first, reach: false))
  }

  private func share(of row: Int, in other: Int, reach: Bool) -> Double {
    let (mine, theirs) = (row * wordsPerRow, other * wordsPerRow)
    var (all, common) = (0, 0)
    var before: UInt64 = 0
    for word in 0..<wordsPerRow {
      let here = words[theirs + word]
      let after = word + 1 < wordsPerRow ? words[theirs + word + 1] : 0
      let wide = reach ? here | here << 1 | here >> 1 | before >> 63 | after << 63 : here
      all += words[mine + word].nonzeroBitCount
      common += (words[mine + word] & wide).nonzeroBitCount
      before = here
    }
    return all > 0 ? Double(common) / Double(all) : 0
  }
}
