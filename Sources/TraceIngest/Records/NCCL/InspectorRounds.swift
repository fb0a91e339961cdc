internal import TraceModel

/// The rounds of an all-to-all's messages.
///
/// NCCL runs an all-to-all as messages to and from every member, in the same order each time. A round
/// ends when a peer comes again, or one that in whole rounds comes earlier: then what was to stand
/// before is a message that was too small to be recorded.
struct InspectorRounds {
  private(set) var rounds: [[InspectorEnd.Entry]]

  private struct Way: Hashable {
    var kind: CommsKind
    var peer: Int32

    init(_ entry: InspectorEnd.Entry) { (kind, peer) = (entry.kind, entry.peer) }
  }

  /// - Parameter messages: in the order of their numbers.
  init(_ messages: [InspectorEnd.Entry]) {
    rounds = Self.rounds(messages, placeOf: [:])
    let longest = rounds.lazy.map(\.count).max()
    guard let whole = rounds.first(where: { $0.count == longest }) else { return }
    let places = Dictionary(
      uniqueKeysWithValues: whole.enumerated().map { (Way($0.element), $0.offset) })
    let ordered = Self.rounds(messages, placeOf: places)
    // More rounds than peers that come again demand: the order is another one each time.
    if ordered.count <= rounds.count { rounds = ordered }
  }

  private static func rounds(
    _ messages: [InspectorEnd.Entry], placeOf: [Way: Int]
  ) -> [[InspectorEnd.Entry]] {
    var rounds: [[InspectorEnd.Entry]] = []
    var seen: Set<Way> = []
    var last = -1
    for entry in messages {
      let place = placeOf[Way(entry)]
      if rounds.isEmpty || seen.contains(Way(entry)) || place.map({ $0 <= last }) ?? false {
        rounds.append([])
        seen.removeAll(keepingCapacity: true)
        last = -1
      }
      seen.insert(Way(entry))
      last = place ?? last
      rounds[rounds.count - 1].append(entry)
    }
    return rounds
  }
}
