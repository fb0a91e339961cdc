import Reporting
import Testing

@Suite struct HumanNumberTests {
  @Test(arguments: [
    (104_234_567.0, NumberKind.bytes, "104 MB"), (1_786_000, .nanoseconds, "1.79 ms"),
    (400e9, .bitsPerSecond, "400 Gb/s"), (10_779, .count, "10,779"), (0.023, .share, "2.3 %"),
    (5.08e6, .dollars, "$5.08 M"), (1.1789, .ratio, "1.18×"), (11_085.7, .plain, "11,086"),
    (6_400, .watts, "6.4 kW"), (8_486.6, .count, "8,487"),
  ])
  func writesThreeDigitsAndAUnit(value: Double, kind: NumberKind, expected: String) {
    #expect(HumanNumber.text(value, kind) == expected)
  }

  @Test func zerosAfterThePointSayThatANumberWasRounded() {
    #expect(HumanNumber.text(25_000_000, .nanoseconds) == "25 ms")
    #expect(HumanNumber.text(25_031_221, .nanoseconds) == "25.0 ms")
    #expect(HumanNumber.text(1.0, .ratio) == "1×")
    #expect(HumanNumber.text(1.0003, .ratio) == "1.00×")
  }

  @Test func roundingUpTakesTheNextUnit() {
    #expect(HumanNumber.text(999_999, .nanoseconds) == "1.00 ms")
    #expect(HumanNumber.text(999_600, .bytes) == "1.00 MB")
    #expect(HumanNumber.text(9.996, .plain) == "10.0")
    #expect(HumanNumber.text(999.4, .bytes) == "999 B")
    #expect(HumanNumber.text(0.99996, .share) == "100 %")
  }

  @Test func timeGrowsToMinutesHoursAndDays() {
    #expect(HumanNumber.text(90e9, .nanoseconds) == "90 s")
    #expect(HumanNumber.text(150e9, .nanoseconds) == "2.5 min")
    #expect(HumanNumber.text(3.0 * 3_600e9, .nanoseconds) == "3 h")
    #expect(HumanNumber.text(3.5 * 86_400e9, .nanoseconds) == "3.5 d")
  }

  @Test func endsOfTheScale() {
    for kind in NumberKind.allCases {
      #expect(HumanNumber.text(Double.nan, kind) == "–")
      #expect(HumanNumber.text(Double.infinity, kind) == "∞")
      #expect(HumanNumber.text(-Double.infinity, kind) == "−∞")
    }
    #expect(HumanNumber.text(0.0, .bytes) == "0 B")
    #expect(HumanNumber.text(0.0, .dollars) == "$0")
    #expect(HumanNumber.text(-0.0, .plain) == "0")
    #expect(HumanNumber.text(-1_500_000.0, .dollars) == "−$1.5 M")
    #expect(HumanNumber.text(-12_345, .count) == "−12,345")
    #expect(HumanNumber.text(Int64.min, .count) == "−9,223,372,036,854,775,808")
    #expect(HumanNumber.text(1e-7, .plain) == "<0.001")
    #expect(HumanNumber.text(-1e-7, .plain) == ">−0.001")
    #expect(HumanNumber.text(0.00123, .plain) == "0.00123")
  }

  @Test func neverWritesAnExponent() {
    var value = 1e-30
    while value < 1e30 {
      for kind in NumberKind.allCases {
        let text = HumanNumber.text(value * 1.2345, kind)
        #expect(!text.contains("e"), "\(text)")
      }
      value *= 7
    }
    #expect(HumanNumber.text(1.5e21, .plain) == "1,500,000,000,000,000,000,000")
  }

  @Test func readsBackWithinHalfADigit() throws {
    var value = 0.001
    while value < 900 {
      let text = HumanNumber.text(value, .plain)
      let back = try #require(Double(text))
      #expect(abs(back - value) <= value * 0.005_001, "\(value) became \(text)")
      value *= 1.0137
    }
  }

  @Test func exactTextRoundTrips() {
    for value in [0.1, 1e-5, 5e20, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
      #expect(ExactNumber.text(value).flatMap(Double.init) == value)
    }
    #expect(ExactNumber.text(.nan) == nil)
    #expect(ExactNumber.text(.infinity) == nil)
  }
}

@Suite struct ProgressLineTests {
  @Test func saysHowFarHowFastAndHowLongStill() {
    let line = ProgressLine(label: "ingest", kind: .bytes, total: 1_200_000_000)
    #expect(
      line.text(done: 104_000_000, elapsedNanoseconds: 1_000_000_000)
        == "ingest  104 MB of 1.2 GB  9 %  104 MB/s  11 s left")
    #expect(
      line.text(done: 1_200_000_000, elapsedNanoseconds: 2_000_000_000)
        == "ingest  1.2 GB of 1.2 GB  100 %  600 MB/s")
    #expect(line.text(done: 0, elapsedNanoseconds: 0) == "ingest  0 B of 1.2 GB  0 %")
  }

  @Test func leavesOutWhatNobodyKnows() {
    let line = ProgressLine(label: "ingest", kind: .count, noun: "packets", total: nil)
    #expect(
      line.text(done: 12_345_678, elapsedNanoseconds: 2_000_000_000)
        == "ingest  12.3 M packets  6.17 M packets/s")
  }

  @Test func fitsNarrowTerminalsAndSurvivesGrowingFiles() {
    let line = ProgressLine(label: "replay", kind: .count, total: 1_000)
    let elapsed: Int64 = 500_000_000_000
    #expect(line.text(done: 1, elapsedNanoseconds: elapsed, width: 24) == "replay  1 of 1,000  0 %")
    #expect(line.text(done: 2_000, elapsedNanoseconds: elapsed).contains("100 %"))
    #expect(line.text(done: 1, elapsedNanoseconds: elapsed).contains("138 h 45 min left"))
  }
}
