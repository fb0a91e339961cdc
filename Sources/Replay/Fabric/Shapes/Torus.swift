/// A grid of servers whose rows close to rings in every dimension; the first dimension counts fastest.
public struct Torus: DirectShape {
  public var dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// The torus of so many dimensions that is nearest to a cube, or nil when every one with these
  /// servers has a dimension of one server.
  public init?(serverCount: Int, dimensionCount: Int) {
    guard let sizes = Torus.sizes(serverCount, dimensionCount, atLeast: 2) else { return nil }
    dimensions = sizes
  }

  /// Ascending factors with the least sum, the smallest as large as possible among equals.
  private static func sizes(_ product: Int, _ count: Int, atLeast least: Int) -> [Int]? {
    if count == 1 { return product >= least ? [product] : nil }
    var best: [Int]?
    var size = least
    while power(size, count) <= product {
      if product % size == 0, let rest = sizes(product / size, count - 1, atLeast: size) {
        let candidate = [size] + rest
        if best.map({ candidate.reduce(0, +) <= $0.reduce(0, +) }) ?? true { best = candidate }
      }
      size += 1
    }
    return best
  }

  private static func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { power, _ in power.multipliedReportingOverflow(by: base).0 }
  }

  public var name: String { dimensions.count <= 3 ? "torus-\(dimensions.count)d" : "torus" }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter(
        "torus dimensions", dimensions.map(String.init).joined(separator: " × "), unit: "servers")
    ]
  }

  public func defect(serverCount: Int) -> String? {
    let product = dimensions.reduce(1) { $0.multipliedReportingOverflow(by: max(0, $1)).0 }
    guard !dimensions.isEmpty, dimensions.allSatisfy({ $0 >= 1 }), product == serverCount else {
      return "a torus of \(dimensions.map(String.init).joined(separator: " × ")) servers does not "
        + "hold \(serverCount)"
    }
    return nil
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    var stride = 1
    for size in dimensions {
      for server in 0..<serverCount where size > 1 {
        let place = server / stride % size
        // Two servers in a row are neighbours once, not twice.
        if size == 2 && place == 1 { continue }
        graph.join(server, server + ((place + 1) % size - place) * stride)
      }
      stride *= size
    }
    return graph
  }
}
