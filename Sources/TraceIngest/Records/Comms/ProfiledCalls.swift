internal import TraceModel

/// Gives the calls of execution traces the times that Kineto profiles of the same ranks have.
///
/// Calls of one group and kind come in one order on a rank, in both recordings: they are matched by
/// their sequence numbers where both have those, else one by one where there are as many of them.
/// Others are left out of both and counted: a wrong neighbour would lend a wrong time.
struct ProfiledCalls {
  /// Ranks that have a profile and an execution trace.
  private(set) var ranks = 0
  private(set) var matched: Int64 = 0
  /// Calls whose size the profile gives, and gives as another.
  private(set) var contradictions: Int64 = 0

  private struct Key: Hashable {
    /// Empty where the two recordings do not share their names of groups.
    var group: String
    var kind: CommsKind
  }

  /// - Parameters:
  ///   - trace: the calls of one rank; those that the profile lacks are taken away.
  ///   - profile: of the same rank; its ledger then says what became of its calls.
  mutating func match(_ trace: inout CommsFile, with profile: inout CommsFile) {
    ranks += 1
    let usesNames = Self.shareNames(trace, profile)
    let recorded = Self.callsByKey(of: trace, usesNames)
    let timed = Self.callsByKey(of: profile, usesNames)
    var isKept = [Bool](repeating: false, count: trace.calls.count)
    var found: Int64 = 0
    for (key, places) in recorded {
      for (place, other) in Self.pairs(places, in: trace, timed[key] ?? [], in: profile) {
        take(profile.calls[other], for: &trace.calls[place])
        isKept[place] = true
        found += 1
      }
    }
    matched += found
    Self.leaveOut(
      Int64(trace.calls.count) - found, "a call that the rank's profile does not show", of: &trace)
    Self.leaveOut(
      Int64(profile.calls.count) - found, "a call that the rank's execution trace does not show",
      of: &profile)
    trace.calls = zip(trace.calls, isKept).filter(\.1).map(\.0)
    if trace.device == nil { trace.device = profile.device }
    if trace.worldSize == nil { trace.worldSize = profile.worldSize }
  }

  /// Counts the calls of a profile whose rank has no execution trace.
  func leaveOut(_ profile: inout CommsFile) {
    Self.leaveOut(
      Int64(profile.calls.count), "of a rank that has no execution trace", of: &profile)
  }

  private mutating func take(_ timed: CommsCall, for call: inout CommsCall) {
    (call.start, call.end) = (timed.start, timed.end)
    if call.iteration == Operation.unknown { call.iteration = timed.iteration }
    if call.context.isEmpty { call.context = timed.context }
    if let size = call.inputBytes, let other = timed.inputBytes, size != other {
      contradictions += 1
    }
  }

  /// True when the profile names no group that the execution trace does not.
  private static func shareNames(_ trace: CommsFile, _ profile: CommsFile) -> Bool {
    let names = Set(trace.groups.lazy.filter { $0.scope == .job }.map(\.name))
    return !profile.groups.isEmpty
      && profile.groups.allSatisfy { $0.scope == .job && names.contains($0.name) }
  }

  /// Places of a file's calls by group and kind, in their order.
  private static func callsByKey(of file: CommsFile, _ usesNames: Bool) -> [Key: [Int]] {
    var places: [Key: [Int]] = [:]
    for (place, call) in file.calls.enumerated() {
      let group = usesNames ? file.groups[Int(call.group)].name : ""
      places[Key(group: group, kind: call.kind), default: []].append(place)
    }
    return places
  }

  private static func pairs(
    _ places: [Int], in trace: CommsFile, _ others: [Int], in profile: CommsFile
  ) -> [(Int, Int)] {
    let numbers = places.map { trace.calls[$0].sequence }
    let otherNumbers = others.map { profile.calls[$0].sequence }
    if let known = distinct(numbers), let otherKnown = distinct(otherNumbers),
      !known.isDisjoint(with: otherKnown)
    {
      let place = Dictionary(uniqueKeysWithValues: zip(otherNumbers, others))
      return zip(numbers, places).compactMap { number, own in place[number].map { (own, $0) } }
    }
    return places.count == others.count ? Array(zip(places, others)) : []
  }

  /// The numbers when all have one and none has another's.
  private static func distinct(_ numbers: [Int64?]) -> Set<Int64>? {
    let known = Set(numbers.compactMap { $0 })
    return known.count == numbers.count ? known : nil
  }

  private static func leaveOut(_ count: Int64, _ reason: String, of file: inout CommsFile) {
    let source = file.ledger.source
    file.ledger.used -= count
    file.ledger.skip(reason, count: count, first: source)
  }
}
