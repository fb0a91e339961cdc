/// In which short stretches of some windows each of many channels was busy, one bit each.
///
/// Memory is limited to 32 MB.
struct BusyBins {
  private let windows: BusyWindows
  private let wordsPerRow: Int
  private var words: [UInt64]
  /// The words of each row that are not 0, those of all rows one after the other.
  private var occupied: [Int32] = []
  private var firstOccupied: [Int] = []

  private static let mostBins = 65_536
  private static let bitLimit = 1 << 28

  init(of channels: Channels) {
    let rows = channels.count
    let bins = max(256, min(Self.mostBins, Self.bitLimit / max(1, rows)))
    windows = BusyWindows(of: channels, binCount: bins)
    wordsPerRow = windows.count * BusyWindows.binCount / 64
    words = [UInt64](repeating: 0, count: rows * wordsPerRow)
  }

  /// Marks a message's time in a row, as far as it is in windows.
  mutating func add(start from: Int64, end to: Int64, row: Int) {
    let row = row * wordsPerRow
    windows.forEachRange(from: from, to: to) { bins in
      let (firstWord, lastWord) = (bins.lowerBound / 64, bins.upperBound / 64)
      let fromFirst = UInt64.max << UInt64(bins.lowerBound % 64)
      let toLast = UInt64.max >> UInt64(63 - bins.upperBound % 64)
      guard firstWord < lastWord else {
        words[row + firstWord] |= fromFirst & toLast
        return
      }
      words[row + firstWord] |= fromFirst
      for word in firstWord + 1..<lastWord { words[row + word] = .max }
      words[row + lastWord] |= toLast
    }
  }

  /// Ends the marking; rows can be compared now.
  mutating func settle() {
    occupied.removeAll(keepingCapacity: true)
    firstOccupied = [0]
    for row in stride(from: 0, to: words.count, by: wordsPerRow) {
      for word in 0..<wordsPerRow where words[row + word] != 0 { occupied.append(Int32(word)) }
      firstOccupied.append(occupied.count)
    }
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
    joined.settle()
    return joined
  }

  /// Whether in at least a share of each of two rows' bins the other is busy too, or was or will be
  /// within `tolerance` nanoseconds.
  func areAlike(_ first: Int, _ second: Int, least: Double, tolerance: Int64 = 0) -> Bool {
    let reach = min(63, max(1, Int((tolerance + windows.width - 1) / windows.width)))
    return share(of: first, in: second, reach: reach) >= least
      && share(of: second, in: first, reach: reach) >= least
  }

  /// The share of a row's bins in which another is busy too, or in one of `reach` bins beside it.
  ///
  /// O(words in which the row is busy).
  func share(of row: Int, in other: Int, reach: Int = 1) -> Double {
    let (mine, theirs) = (row * wordsPerRow, other * wordsPerRow)
    var (all, common) = (0, 0)
    for place in firstOccupied[row]..<firstOccupied[row + 1] {
      let word = Int(occupied[place])
      let own = words[mine + word]
      let here = words[theirs + word]
      let before = word > 0 ? words[theirs + word - 1] : 0
      let after = word + 1 < wordsPerRow ? words[theirs + word + 1] : 0
      all += own.nonzeroBitCount
      guard before | here | after != 0 else { continue }
      var wide = here
      for distance in 1...UInt64(reach) {
        wide |=
          here << distance | here >> distance | before >> (64 - distance)
          | after << (64 - distance)
      }
      common += (own & wide).nonzeroBitCount
    }
    return all > 0 ? Double(common) / Double(all) : 0
  }
}
