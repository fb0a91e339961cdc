internal import TraceModel

/// What the texts of Kineto's events mean: a file repeats few of them in thousands of events.
struct KinetoTexts {
  private var names = RecentTexts<String>()
  private var sizes = RecentTexts<Int64>()
  private var lists = RecentTexts<[Int32]>()
  /// Members of one group are held once.
  private var memberLists: Set<[Int32]> = []

  /// A name of a group, collective or kernel.
  mutating func name(_ text: RawSpan, _ range: Range<Int>) -> String {
    names.meaning(of: range, in: text) { text.string(in: range) }
  }

  /// Bytes of an element type, or 0 when it is not known.
  mutating func elementBytes(_ text: RawSpan, _ range: Range<Int>) -> Int64 {
    sizes.meaning(of: range, in: text) {
      TraceIngest.elementBytes(ofType: text.string(in: range)) ?? 0
    }
  }

  /// The members that a list names; empty when it was cut or holds what are no ranks.
  mutating func members(_ text: RawSpan, _ range: Range<Int>) -> [Int32] {
    lists.meaning(of: range, in: text) {
      guard let list = IntegerListText(text, range), !list.isCut,
        list.values.allSatisfy({ $0 >= 0 && Int($0) < Parallelism.rankLimit }),
        Set(list.values).count == list.values.count
      else { return [] }
      return memberLists.insert(list.values).memberAfterInsert
    }
  }

  /// Holds the members of a group once that a first rank, a stride and a count stand for.
  mutating func share(_ members: inout [Int32]) {
    members = memberLists.insert(members).memberAfterInsert
  }
}
