/// How many circuits join each pair of servers of one region.
///
/// Cell (i, j) counts circuits that carry bytes from i to j. Under paired duplex every circuit
/// carries both directions, so the matrix is symmetric.
public struct CircuitMatrix: Sendable, Hashable {
  public let size: Int
  /// `size * size` counts, row = source.
  public private(set) var cells: [Int32]

  /// No circuits.
  public init(size: Int) {
    self.size = size
    cells = [Int32](repeating: 0, count: size * size)
  }

  public subscript(source: Int, destination: Int) -> Int { Int(cells[source * size + destination]) }

  /// Adds a full-duplex circuit between two servers.
  public mutating func addPair(_ left: Int, _ right: Int) {
    cells[left * size + right] += 1
    cells[right * size + left] += 1
  }

  /// Full-duplex circuits in all.
  public var circuitCount: Int { cells.reduce(0) { $0 + Int($1) } / 2 }

  /// Ports of one server that hold a circuit.
  public func usedPorts(of server: Int) -> Int {
    cells[server * size..<(server + 1) * size].reduce(0) { $0 + Int($1) }
  }

  /// Circuits that must be set up when this matrix takes over from `old`.
  public func newCircuits(since old: CircuitMatrix) -> Int {
    zip(cells, old.cells).reduce(0) { $0 + Int(max(0, $1.0 - $1.1)) } / 2
  }
}
