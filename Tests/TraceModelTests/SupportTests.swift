import Foundation
import Testing
import TraceModel

@Suite struct SupportTests {
  @Test func keyTableNumbersKeysInOrderOfAppearance() {
    var table = KeyTable()
    var naive: [UInt64: Int] = [:]
    var random = RandomStream(seed: 1)
    for _ in 0..<20_000 {
      let key = random.next() % 3_000 &* 0x1_0000_0001
      let expected = naive[key] ?? naive.count
      naive[key] = expected
      #expect(table.number(of: key) == expected)
    }
    #expect(table.count == naive.count)
    #expect(table.existingNumber(of: .max) == nil)
    for (key, number) in naive { #expect(table.existingNumber(of: key) == number) }
  }

  @Test func randomStreamIsTheSameEverywhere() {
    // First words of SplitMix64 with seed 1234567, from the authors' reference code.
    var random = RandomStream(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
    #expect(random.permutation(100).sorted() == Array(0..<100))
  }

  @Test func parallelMapKeepsOrder() {
    #expect(parallelMap(count: 1_000) { $0 * $0 } == (0..<1_000).map { $0 * $0 })
  }

  @Test func parallelForEachHandsOverInOrderWhateverEndsFirst() {
    var random = RandomStream(seed: 3)
    let pauses = (0..<200).map { _ in random.below(300) }
    var found: [Int] = []
    parallelForEachInOrder(of: 10..<210) { index in
      usleep(UInt32(pauses[index - 10]))
      return index * index
    } _: { index, square in
      #expect(square == index * index)
      found.append(index)
    }
    #expect(found == Array(10..<210))
    parallelForEachInOrder(of: 5..<5) {
      $0
    } _: { _, _ in
      Issue.record("nothing to do")
    }
  }

  @Test func parallelForEachHandsOverWhileLaterOnesRun() {
    let firstIsThere = DispatchSemaphore(value: 0)
    parallelForEachInOrder(of: 0..<2) { index in
      index == 0 || firstIsThere.wait(timeout: .now() + 60) == .success
    } _: { index, isInTime in
      #expect(isInTime)
      if index == 0 { firstIsThere.signal() }
    }
  }

  @Test func parallelForEachStopsAtAnError() {
    struct Refusal: Error {}
    let begun = Locked(0)
    var found: [Int] = []
    #expect(throws: Refusal.self) {
      try parallelForEachInOrder(of: 0..<10_000) { index in
        begun.withLock { $0 += 1 }
        usleep(100)
        return index
      } _: { index, _ in
        if index == 3 { throw Refusal() }
        found.append(index)
      }
    }
    #expect(found == [0, 1, 2])
    let count = begun.withLock { $0 }
    #expect(count < 10_000)
    usleep(10_000)
    #expect(begun.withLock { $0 } == count)
  }
}
