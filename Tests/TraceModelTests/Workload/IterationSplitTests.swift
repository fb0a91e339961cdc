import Testing
import TraceModel

@Suite struct IterationSplitTests {
  @Test func `halves: the second has one more of an odd number, a single one is fitted`() {
    #expect(IterationSplit(firstHalfOf: [3, 4, 7, 9]).fitted == [3, 4])
    #expect(IterationSplit(firstHalfOf: [3, 4, 7]).scored == [4, 7])
    let single = IterationSplit(firstHalfOf: [5])
    #expect(single.fitted == [5])
    #expect(single.isScoredOnItself)
    #expect(IterationSplit(firstHalfOf: []).fitted.isEmpty)
  }

  @Test func `blocks divide the iterations and neighbours stay together`() {
    for count in [2, 3, 4, 9, 10, 17, 100] {
      let all = (0..<Int32(count)).map { 2 * $0 + 1 }
      let length = Int(Double(count).squareRoot())
      for seed in 1...UInt64(5) {
        let split = IterationSplit(blocksOf: all, seed: seed)
        #expect((split.fitted + split.scored).sorted() == all)
        #expect(split.fitted == split.fitted.sorted())
        #expect(!split.scored.isEmpty)
        #expect(split.fitted.count + length >= split.scored.count)
        let fitted = Set(split.fitted)
        for first in stride(from: 0, to: count, by: length) {
          let block = all[first..<min(count, first + length)]
          #expect(block.allSatisfy(fitted.contains) || !block.contains(where: fitted.contains))
        }
      }
    }
  }

  @Test func `the seed chooses the blocks, the same seed the same ones`() {
    let all = (0..<64).map { Int32($0) }
    let splits = (1...UInt64(8)).map { IterationSplit(blocksOf: all, seed: $0) }
    #expect(Set(splits.map(\.fitted)).count > 4)
    #expect(splits[0] == IterationSplit(blocksOf: all))
  }

  @Test func `sentences name the iterations in runs`() {
    let split = IterationSplit(firstHalfOf: [0, 1, 2, 5, 7, 8, 9, 11])
    #expect(
      split.sentence == "fitted to iterations 0-2, 5 and scored on 7-9, 11 (first half)")
    #expect(IterationSplit(fittingAll: [1, 2]).sentence.hasPrefix("fitted and scored on the same"))
  }
}
