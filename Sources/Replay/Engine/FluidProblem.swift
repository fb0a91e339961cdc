/// Flows that start together at time zero, and the links that they share.
///
/// A flow has one or more subflows, each with its own path of links. Rates are max-min fair over
/// subflows; a flow's rate is the sum of its subflows' rates, and it ends when its bytes are gone.
/// Flat columns (compressed sparse rows): an all-to-all of a thousand ends has a million flows.
public struct FluidProblem: Sendable {
  /// Bytes per nanosecond of each link.
  public private(set) var linkCapacity: [Double] = []
  /// Bytes of each flow.
  public private(set) var flowBytes: [Double] = []
  /// How many equal flows a row stands for.
  public private(set) var flowMultiplicity: [Int32] = []
  /// `flowCount + 1` offsets into the subflows.
  public private(set) var subflowOffsets: [Int32] = [0]
  /// `subflowCount + 1` offsets into `path`.
  public private(set) var pathOffsets: [Int32] = [0]
  /// Links of all subflows, one path after the other.
  public private(set) var path: [Int32] = []

  public init(linkCapacity: [Double] = []) {
    self.linkCapacity = linkCapacity
  }

  public var linkCount: Int { linkCapacity.count }
  public var flowCount: Int { flowBytes.count }
  public var subflowCount: Int { pathOffsets.count - 1 }

  /// The subflows of a flow.
  public func subflows(of flow: Int) -> Range<Int> {
    Int(subflowOffsets[flow])..<Int(subflowOffsets[flow + 1])
  }

  /// The places of a subflow's links in `path`.
  public func pathRange(of subflow: Int) -> Range<Int> {
    Int(pathOffsets[subflow])..<Int(pathOffsets[subflow + 1])
  }

  /// Adds a link and returns its number.
  @discardableResult
  public mutating func appendLink(capacity: Double) -> Int32 {
    linkCapacity.append(capacity)
    return Int32(linkCapacity.count - 1)
  }

  /// Adds a flow with one path.
  public mutating func appendFlow(bytes: Double, multiplicity: Int32 = 1, over links: [Int32]) {
    appendFlow(bytes: bytes, multiplicity: multiplicity, overEachOf: [links])
  }

  /// Adds a flow that uses several paths at once.
  public mutating func appendFlow(
    bytes: Double, multiplicity: Int32 = 1, overEachOf paths: [[Int32]]
  ) {
    for links in paths {
      for link in links { appendPathLink(link) }
      endPath()
    }
    endFlow(bytes: bytes, multiplicity: multiplicity)
  }

  /// Adds a link to the path that is being written.
  package mutating func appendPathLink(_ link: Int32) { path.append(link) }

  /// Ends the path that is being written; it becomes a subflow of the next flow.
  package mutating func endPath() { pathOffsets.append(Int32(path.count)) }

  /// Ends the flow whose paths were just written.
  package mutating func endFlow(bytes: Double, multiplicity: Int32 = 1) {
    flowBytes.append(bytes)
    flowMultiplicity.append(multiplicity)
    subflowOffsets.append(Int32(subflowCount))
  }
}

/// What the exact max-min replay of a `FluidProblem` answers.
public struct FluidSolution: Sendable, Hashable {
  /// Nanoseconds at which each flow (row) ends.
  public var finish: [Double]
  /// Bytes that crossed each link.
  public var linkBytes: [Double]
  /// Bytes that each subflow carried, multiplicity included.
  public var subflowBytes: [Double]
  /// Nanoseconds until the last flow ends.
  public var completion: Double
  /// Moments at which rates were worked out anew.
  public var eventCount: Int
}
