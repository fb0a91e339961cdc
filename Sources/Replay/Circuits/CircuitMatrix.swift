/// How many circuits lead from each server of one region to each other.
///
/// Cell (i, j) counts circuits that carry bytes from i to j. Under paired duplex every circuit
/// carries both directions, so the matrix is symmetric; a directed crossbar may hold any matrix
/// whose rows and columns fit the transmitters and receivers of their servers.
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

  /// Adds full-duplex circuits between two servers.
  public mutating func addPair(_ left: Int, _ right: Int, count: Int = 1) {
    cells[left * size + right] += Int32(count)
    cells[right * size + left] += Int32(count)
  }

  /// Adds circuits that carry bytes one way only.
  public mutating func addDirected(from source: Int, to destination: Int, count: Int = 1) {
    cells[source * size + destination] += Int32(count)
  }

  /// Whether every circuit has its like in the other direction, as paired hardware demands.
  public var isPaired: Bool {
    for left in 0..<size {
      for right in 0..<left where cells[left * size + right] != cells[right * size + left] {
        return false
      }
    }
    return true
  }

  /// Full-duplex circuits in all; half of the directions that carry bytes.
  public var circuitCount: Int { directionCount / 2 }

  /// Directed circuits in all: a full-duplex circuit counts twice.
  public var directionCount: Int { cells.reduce(0) { $0 + Int($1) } }

  /// Ports of one server that hold a circuit: its transmitters or its receivers, whichever are more.
  public func usedPorts(of server: Int) -> Int {
    max(usedTransmitters(of: server), usedReceivers(of: server))
  }

  /// Ports of one server that send into a circuit.
  public func usedTransmitters(of server: Int) -> Int {
    cells[server * size..<(server + 1) * size].reduce(0) { $0 + Int($1) }
  }

  /// Ports of one server that receive from a circuit.
  public func usedReceivers(of server: Int) -> Int {
    (0..<size).reduce(0) { $0 + Int(cells[$1 * size + server]) }
  }

  /// Full-duplex circuits that must be set up when this matrix takes over from `old`.
  public func newCircuits(since old: CircuitMatrix) -> Int {
    zip(cells, old.cells).reduce(0) { $0 + Int(max(0, $1.0 - $1.1)) } / 2
  }
}
