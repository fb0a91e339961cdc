import Testing
import TraceIngest
import TraceModel

@Suite struct LedgerPlaceTests {
  @Test func thePlaceIsWorkedOutForANewReasonAlone() {
    var ledger = Ledger(unit: "events", source: "rank0.json")
    var asked = 0
    func place() -> String {
      asked += 1
      return "event \(asked)"
    }
    for _ in 0..<5 { ledger.skip("a wait", first: place()) }
    ledger.reject("cut", count: 0, first: place())
    #expect(asked == 1)
    #expect(ledger.skipped == [.init(reason: "a wait", count: 5, first: "event 1")])
    ledger.reject("cut", first: place())
    #expect(asked == 2)
  }
}
