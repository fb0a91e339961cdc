internal import TraceModel

/// Which capture files go on where others end, and which were recorded side by side.
///
/// Files of the same interfaces of which one begins when the other has ended are *segments* of one
/// capture and share the state of its queue pairs. Files that overlap in time are *vantages*: other
/// NICs, other mirror ports. Neither depends on the order in which files are named.
struct CapturePlan {
  /// The files of each vantage in the order of their times; vantages by the time of their first.
  private(set) var vantages: [[CaptureSurvey]] = []
  /// Files that a recording which was stopped had not begun to write.
  private var skipped: [String] = []
  /// True when the files cannot be looked into beforehand and are merged packet by packet.
  private(set) var isMergedByTime = false

  /// Times of the last packets of one segment and the first of the next may be out of order by this.
  private static let maximumOverlapNanoseconds: Int64 = 1_000_000

  /// - Throws: when a file cannot be opened, and when nothing can be read from any of them.
  init(paths: [String]) throws(IngestError) {
    guard paths.count > 1, paths.allSatisfy(CaptureSurvey.isRegularFile) else {
      try self.init(streams: paths)
      return
    }
    // The beginnings first: they say how much of a compressed file has to be read to know that it
    // overlaps all others.
    let begun = try Self.survey(paths) { _ in .min }
    // Then the file itself says what is wrong with it.
    if begun.allSatisfy({ $0.headerDefect != nil }) { _ = try CaptureFile(path: paths[0]) }
    let latestStart = begun.compactMap(\.firstTime).max() ?? .min
    let limit = latestStart &+ Self.maximumOverlapNanoseconds
    let surveys = try Self.survey(paths) { _ in limit }
    self.init(surveys: surveys.filter { !$0.isUnbegun })
    skipped = surveys.filter(\.isUnbegun).map(\.name)
  }

  private static func survey(
    _ paths: [String], until limit: @Sendable (Int) -> Int64
  ) throws(IngestError) -> [CaptureSurvey] {
    let found = parallelMap(count: paths.count) { index in
      Result { () throws(IngestError) in
        try CaptureSurvey(path: paths[index], until: limit(index))
      }
    }
    var surveys: [CaptureSurvey] = []
    for result in found { surveys.append(try result.get()) }
    return surveys
  }

  /// Inputs of which some can be read only once.
  private init(streams paths: [String]) throws(IngestError) {
    var files: [CaptureSurvey] = []
    for path in paths {
      let isSeen = paths.count > 1 && CaptureSurvey.isRegularFile(path)
      files.append(
        isSeen ? try CaptureSurvey(path: path, until: .min) : CaptureSurvey(unseen: path))
    }
    vantages = [files]
    isMergedByTime = paths.count > 1
  }

  init(surveys: [CaptureSurvey]) {
    // Files without packets come last: they go with whatever there is.
    let ordered = surveys.sorted {
      ($0.firstTime ?? .max, $0.lastTime ?? .max, $0.name, $0.path)
        < ($1.firstTime ?? .max, $1.lastTime ?? .max, $1.name, $1.path)
    }
    for file in ordered {
      if let vantage = vantage(before: file) {
        vantages[vantage].append(file)
      } else {
        vantages.append([file])
      }
    }
    if vantages.isEmpty { vantages = [[]] }
  }

  /// The vantage that a file continues: of those with its interfaces that have ended, the one whose
  /// last file is named most alike, then the one that ended last.
  private func vantage(before file: CaptureSurvey) -> Int? {
    let candidates = vantages.indices.filter { continues(vantages[$0], file) }
    return candidates.max { left, right in
      let names = (likeness(left, file), likeness(right, file))
      if names.0 != names.1 { return names.0 < names.1 }
      let ends = (end(of: vantages[left]), end(of: vantages[right]))
      return ends.0 == ends.1 ? left > right : ends.0 < ends.1
    }
  }

  private func continues(_ files: [CaptureSurvey], _ next: CaptureSurvey) -> Bool {
    guard let start = next.firstTime, let first = files.lazy.compactMap(\.firstTime).first else {
      return true
    }
    guard files[0].interfaces == next.interfaces else { return false }
    let end = end(of: files)
    let shorter = min((next.lastTime ?? start) &- start, end &- first)
    return end &- start <= min(Self.maximumOverlapNanoseconds, max(0, shorter) / 100)
  }

  private func end(of files: [CaptureSurvey]) -> Int64 {
    files.compactMap(\.lastTime).max() ?? .min
  }

  /// How much a file's name is like that of a vantage's last file.
  private func likeness(_ vantage: Int, _ file: CaptureSurvey) -> NameLikeness {
    NameLikeness(vantages[vantage].last?.path ?? "", file.path)
  }

  /// What was decided, in words.
  var sentences: [String] {
    var sentences = sentence.map { [$0] } ?? []
    if !skipped.isEmpty {
      let named = skipped.prefix(Self.namedCount).joined(separator: ", ")
      let rest = skipped.count - min(skipped.count, Self.namedCount)
      sentences.append(
        "\(named)\(rest > 0 ? " and \(rest) more" : "") \(skipped.count == 1 ? "is" : "are") empty: "
          + "a recording was stopped before it wrote anything")
    }
    return sentences
  }

  /// How the files belong together; nil for a single one.
  private var sentence: String? {
    let count = vantages.reduce(0) { $0 + $1.count }
    guard count > 1 else { return nil }
    if isMergedByTime { return "\(count) captures were merged by the times of their packets" }
    if vantages.count == 1 {
      return "\(count) captures are segments of one: \(Self.names(vantages[0]))"
    }
    let named = vantages.prefix(Self.namedCount).enumerated().map {
      "(\($0 + 1)) \(Self.names($1))"
    }
    let rest = vantages.count - named.count
    return "\(count) captures overlap in time and are \(vantages.count) vantages: "
      + named.joined(separator: "; ") + (rest > 0 ? " and \(rest) more" : "")
  }

  private static let namedCount = 16

  private static func names(_ files: [CaptureSurvey]) -> String {
    let named = files.prefix(namedCount).map(\.name).joined(separator: ", ")
    return named + (files.count > namedCount ? " and \(files.count - namedCount) more" : "")
      + (files.count > 1 ? " in this order" : "")
  }
}

extension CaptureSurvey {
  /// A file that is not looked into.
  init(unseen path: String) {
    self.path = path
    name = path
  }
}
