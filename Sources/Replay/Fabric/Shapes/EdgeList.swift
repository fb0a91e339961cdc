internal import TraceModel

/// Direct links read from a plain text file: one link per line, "a b" or "a b rate".
///
/// a and b are server numbers from 0; "a > b" is one-way, "a b" goes both ways. A rate has its unit,
/// per direction: "0 1 400 Gb/s"; without one the NICs that are left are shared evenly. Text after
/// "#" and empty lines are ignored.
public struct EdgeList: DirectShape {
  /// One line of the list.
  public struct Link: Sendable, Hashable {
    public var source: Int
    public var destination: Int
    public var isOneWay: Bool
    /// Per direction; nil for an even share of what is left.
    public var bitsPerSecond: Double?
    /// The line that says so.
    public var line: Int
  }

  /// The name that errors and parameters give.
  public var file: String
  public private(set) var links: [Link] = []

  /// Reads an edge list.
  /// - Parameter file: the name that errors give.
  /// - Throws: a `ReplayError` that names the line.
  public init(text: String, file: String) throws(ReplayError) {
    self.file = file
    for (index, line) in text.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      let content = String(line.prefix { $0 != "#" })
      if content.allSatisfy(\.isWhitespace) { continue }
      links.append(try Self.link(content, at: "\(file):\(index + 1)", line: index + 1))
    }
  }

  private static func link(
    _ text: String, at location: String, line: Int
  ) throws(ReplayError) -> Link {
    var words = text.replacingOneWaySign.split(whereSeparator: \.isWhitespace).map(String.init)
    let isOneWay = words.count > 1 && words[1] == ">"
    if isOneWay { words.remove(at: 1) }
    guard words.count >= 2, let source = Int(words[0]), let destination = Int(words[1]),
      source >= 0, destination >= 0
    else {
      throw ReplayError(
        "\"\(text)\" is not a link", at: location,
        advice: "Write \"a b\" or \"a > b\" with server numbers from 0, and a rate if you like.")
    }
    if source == destination {
      throw ReplayError("server \(source) is joined to itself", at: location)
    }
    var rate: Double?
    if words.count > 2 {
      rate = Self.bitsPerSecond(words[2...].joined())
      guard rate != nil else {
        throw ReplayError(
          "\"\(words[2...].joined(separator: " "))\" is not a rate per direction", at: location,
          advice:
            "Write a rate such as \"400 Gb/s\"; units: \(units.map(\.unit).joined(separator: ", "))."
        )
      }
    }
    return Link(
      source: source, destination: destination, isOneWay: isOneWay, bitsPerSecond: rate, line: line)
  }

  private static let units: [(unit: String, factor: Double)] = [
    ("Mb/s", 1e6), ("Gb/s", 1e9), ("Tb/s", 1e12), ("MB/s", 8e6), ("GB/s", 8e9), ("TB/s", 8e12),
  ]

  private static func bitsPerSecond(_ text: String) -> Double? {
    guard let unit = units.first(where: { text.hasSuffix($0.unit) }),
      let number = Double(text.dropLast(unit.unit.count)), number > 0, number < 1e9
    else { return nil }
    return number * unit.factor
  }

  public var name: String { "edge-list" }
  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("edge list", file), EffectiveParameter("declared links", links.count),
      EffectiveParameter("digest of the links", digest),
    ]
  }

  /// Tells lists apart that have the same name.
  private var digest: String {
    var digest = LinkDigest()
    for link in links {
      digest.add(UInt64(link.source))
      digest.add(UInt64(link.destination))
      digest.add(link.isOneWay ? 1 : 0)
      digest.add((link.bitsPerSecond ?? 0).bitPattern)
    }
    return digest.description
  }

  public func defect(serverCount: Int) -> String? {
    var arcs = KeyTable(minimumCapacity: 2 * links.count)
    var lines: [Int] = []
    for link in links {
      if link.source >= serverCount || link.destination >= serverCount {
        let server = link.source >= serverCount ? link.source : link.destination
        return
          "\(file):\(link.line): server \(server) is not one of \(serverCount), numbered from 0"
      }
      for isBack in link.isOneWay ? [false] : [false, true] {
        let (from, to) =
          isBack ? (link.destination, link.source) : (link.source, link.destination)
        let number = arcs.number(of: UInt64(from) << 32 | UInt64(to))
        if number < lines.count {
          return "\(file):\(link.line): \(from) → \(to) stands in line \(lines[number]) already"
        }
        lines.append(link.line)
      }
    }
    return nil
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    for link in links {
      let rate = link.bitsPerSecond.map { DirectGraph.Rate.bitsPerSecond($0) } ?? .evenShare
      if link.isOneWay {
        graph.addEdge(from: link.source, to: link.destination, rate: rate)
      } else {
        graph.join(link.source, link.destination, rate: rate)
      }
    }
    return graph
  }
}

extension String {
  /// With spaces around ">", so that "0>1" and "0 > 1" are the same.
  fileprivate var replacingOneWaySign: String {
    reduce(into: "") { $0 += $1 == ">" ? " > " : String($1) }
  }
}
