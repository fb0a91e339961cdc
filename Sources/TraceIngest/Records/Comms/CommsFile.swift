internal import TraceModel

/// What one rank's file holds of communication, gathered while it is read.
struct CommsFile {
  /// File name, for messages.
  var name: String
  /// The folder that it lies in, without those above.
  var folder = ""
  /// The rank by the file's content, or nil.
  var rank: Int32?
  /// False where the name says something else than a rank, as a process's number.
  var isNamedByRank = true
  /// Size of the job by the file's content, or nil.
  var worldSize: Int32?
  /// GPU inside its server, or nil.
  var device: Int32?
  /// Name of the server, or nil.
  var host: String?
  var calls: [CommsCall] = []
  /// Groups by the numbers that `calls` have.
  var groups: [CommsGroup] = []
  /// The file's rank inside its groups, by their numbers, where the records say it.
  private(set) var places: [Int32: Int32] = [:]
  var ledger: Ledger
  /// Collectives of unknown name: the first and how many.
  var unknownName: String?
  /// What a reader of the trace must know about this file.
  var notes: [String] = []
  private var numberOfGroup: [CommsGroup: Int32] = [:]
  /// The group that was asked for last: calls of one group come in rows.
  private var lastGroup: (group: CommsGroup, number: Int32)?

  init(name: String, unit: String) {
    self.name = name
    ledger = Ledger(unit: unit, source: name)
  }

  /// The number of a group in this file.
  mutating func number(of group: CommsGroup) -> Int32 {
    if let lastGroup, lastGroup.group == group { return lastGroup.number }
    let number = numberOfGroup[group] ?? Int32(groups.count)
    if Int(number) == groups.count {
      groups.append(group)
      numberOfGroup[group] = number
    }
    lastGroup = (group, number)
    return number
  }

  /// Takes the file's rank inside a group from a record; the first counts.
  mutating func note(place: Int32, inGroup number: Int32) {
    if place >= 0, places[number] == nil { places[number] = place }
  }

  /// The records' own ranks are not right.
  mutating func forgetPlaces() { places = [:] }

  /// Puts equal groups of other files in the place of this one's; to be called when it has all.
  mutating func shareGroups(_ shared: (CommsGroup) -> CommsGroup) {
    (numberOfGroup, lastGroup) = ([:], nil)
    for index in groups.indices { groups[index] = shared(groups[index]) }
  }

  /// The rank that the file's name speaks of, or else its folder's ("rank0/trace.json").
  var namedRank: Int32? {
    guard isNamedByRank else { return nil }
    return Self.rank(inName: name) ?? Self.rank(inName: folder)
  }

  /// The number after "rank" or "worker" in a name; other numbers may be dates or steps.
  static func rank(inName name: String) -> Int32? {
    let lower = name.lowercased()
    for word in ["rank", "worker"] {
      var rest = lower[...]
      while let first = rest.firstIndex(of: word.first ?? "r") {
        rest = rest[first...]
        if rest.hasPrefix(word) {
          let number = rest.dropFirst(word.count).drop { "_-[".contains($0) }
          if let rank = Int32(String(number.prefix { $0.isASCII && $0.isNumber })) { return rank }
        }
        rest = rest.dropFirst()
      }
    }
    return nil
  }

  /// The last number before a name's extension ("dlrm_eg_3.json"): a rank when those of all files
  /// are 0, 1, ….
  static func lastNumber(inName name: String) -> Int32? {
    let stem = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? name
    let last = stem.split { !($0.isASCII && $0.isNumber) }.last
    return last.flatMap { Int32(String($0)) }
  }
}
