public import TraceModel

/// Token-expert assignments of a trace by layer, source rank and expert, as its routing has them.
public struct ExpertLoads: Sendable, Hashable {
  public let expertCount: Int
  /// The iterations that were counted, ascending.
  public let iterations: [Int32]
  /// The layers that kept routing, ascending.
  public let layers: [LayerLoads]
  /// Row per (iteration, layer), column per expert.
  private let totals: [Int64]

  /// Assignments of one layer over all counted iterations.
  public struct LayerLoads: Sendable, Hashable {
    public let layer: Int32
    /// The ranks that send, ascending.
    public let sources: [Int32]
    /// Row per source, column per expert: `sources.count` × experts.
    public let tokens: [Int64]

    public init(layer: Int32, sources: [Int32], tokens: [Int64]) {
      self.layer = layer
      self.sources = sources
      self.tokens = tokens
    }

    /// Assignments of each expert.
    public var totals: [Int64] {
      let width = sources.isEmpty ? 0 : tokens.count / sources.count
      var sums = [Int64](repeating: 0, count: width)
      for (cell, count) in tokens.enumerated() { sums[cell % width] += count }
      return sums
    }
  }

  /// Counts the routing of some iterations, or of all.
  ///
  /// - Throws: `WorkloadError` where a row names an operation, rank or expert that does not exist.
  /// - Complexity: O(assignments) time; memory for layers × sources × experts.
  public init(
    of trace: Trace, iterations wanted: Set<Int32>? = nil
  ) throws(WorkloadError) {
    expertCount = trace.expertCount
    let rows = try RoutedRows(of: trace, iterations: wanted)
    iterations = Set(rows.iteration).sorted()
    let layerNumbers = Set(rows.layer).sorted()
    let places = Places(of: iterations)
    let layerPlaces = Places(of: layerNumbers)
    var totals = [Int64](
      repeating: 0, count: iterations.count * layerNumbers.count * trace.expertCount)
    var layers: [LayerLoads] = []
    // Rows by layer, so that one dense table at a time is filled.
    var ofLayer = [[Int]](repeating: [], count: layerNumbers.count)
    for index in rows.row.indices { ofLayer[layerPlaces[rows.layer[index]]].append(index) }
    for (place, layer) in layerNumbers.enumerated() {
      var table = SourceTable(
        sources: Set(ofLayer[place].map { trace.routing.sourceRank[rows.row[$0]] }).sorted(),
        expertCount: trace.expertCount)
      for index in ofLayer[place] {
        let row = rows.row[index]
        let cell = places[rows.iteration[index]] * layerNumbers.count + place
        let tokens = trace.routing.tokens[row]
        for entry in trace.routing.expertOffsets[row]..<trace.routing.expertOffsets[row + 1] {
          let expert = Int(trace.routing.experts[entry])
          table.add(tokens, from: trace.routing.sourceRank[row], to: expert)
          totals[cell * trace.expertCount + expert] &+= tokens
        }
      }
      layers.append(LayerLoads(layer: layer, sources: table.sources, tokens: table.tokens))
    }
    self.layers = layers
    self.totals = totals
  }

  /// Assignments of each expert in one iteration of one layer, both as places in their lists.
  public func totals(iteration: Int, layer: Int) -> ArraySlice<Int64> {
    let row = iteration * layers.count + layer
    return totals[row * expertCount..<(row + 1) * expertCount]
  }
}

/// The routing rows that are asked for, with their iteration and layer, checked.
private struct RoutedRows {
  var row: [Int] = []
  var iteration: [Int32] = []
  var layer: [Int32] = []

  init(of trace: Trace, iterations wanted: Set<Int32>?) throws(WorkloadError) {
    var numbers = KeyTable()
    for operation in trace.operations.rows {
      _ = numbers.number(of: UInt64(UInt32(bitPattern: operation.id)))
    }
    let experts = Int32(clamping: trace.expertCount)
    let ranks = Int32(clamping: trace.metadata.layout.rankCount)
    for index in 0..<trace.routing.count {
      let id = UInt64(UInt32(bitPattern: trace.routing.operation[index]))
      guard let number = numbers.existingNumber(of: id), number < trace.operations.rows.count else {
        throw WorkloadError(
          "operation \(trace.routing.operation[index]) does not exist", at: "routing row \(index)")
      }
      let operation = trace.operations.rows[number]
      if let wanted, !wanted.contains(operation.iteration) { continue }
      let chosen = trace.routing.experts[
        trace.routing.expertOffsets[index]..<trace.routing.expertOffsets[index + 1]]
      guard (0..<ranks).contains(trace.routing.sourceRank[index]),
        chosen.allSatisfy({ (0..<experts).contains($0) })
      else {
        throw WorkloadError(
          "its rank or an expert is outside the declared layout or model",
          at: "routing row \(index)",
          advice: "Declare the layout and model that the log was recorded with.")
      }
      row.append(index)
      iteration.append(operation.iteration)
      layer.append(operation.layer)
    }
  }
}

/// Ascending numbers and their places.
private struct Places {
  private var table = KeyTable()

  init(of numbers: [Int32]) {
    for number in numbers { _ = table.number(of: UInt64(UInt32(bitPattern: number))) }
  }

  subscript(number: Int32) -> Int {
    table.existingNumber(of: UInt64(UInt32(bitPattern: number))) ?? 0
  }
}

/// A dense table of one layer while it is filled.
private struct SourceTable {
  let sources: [Int32]
  let expertCount: Int
  var tokens: [Int64]
  private let places: Places

  init(sources: [Int32], expertCount: Int) {
    self.sources = sources
    self.expertCount = expertCount
    places = Places(of: sources)
    tokens = [Int64](repeating: 0, count: sources.count * expertCount)
  }

  mutating func add(_ count: Int64, from source: Int32, to expert: Int) {
    tokens[places[source] * expertCount + expert] &+= count
  }
}
