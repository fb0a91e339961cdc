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
}
