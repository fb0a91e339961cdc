/// The fabrics of the published table, in its order.
enum PaperFabric: String, CaseIterable, Sendable {
  case fatTree = "fattree"
  case mixNet = "mixnet"
  case rail = "rail-optimized"
  case topoOpt = "topoopt"
}

/// One cell of the published table: a model on a fabric at a NIC rate.
struct PaperCell: Hashable, Sendable {
  var model: String
  var fabric: PaperFabric
  /// Of one NIC and direction.
  var gigabitsPerSecond: Int
}

/// Iteration times as MixNet's project page publishes them: each model's best cell is 1.
///
/// The numbers are read from the user's copy of the file; none of them is in this program.
struct PublishedTable: Sendable {
  /// In the order of the file.
  private(set) var models: [String] = []
  /// Ascending.
  private(set) var rates: [Int] = []
  private var values: [PaperCell: Double] = [:]

  subscript(cell: PaperCell) -> Double? { values[cell] }

  /// Reads the CSV: `Model,Bandwidth,fattree,mixnet,rail-optimized,topoopt`, bandwidth in Gb/s.
  init(csv: String, file: String) throws {
    let lines = csv.split(whereSeparator: \.isNewline)
    guard let header = lines.first.map(Self.fields) else { throw VerbError("\(file): it is empty") }
    guard header.prefix(2) == ["Model", "Bandwidth"] else {
      throw VerbError("\(file): line 1: the columns Model and Bandwidth come first")
    }
    let columns = try PaperFabric.allCases.map { fabric in
      guard let column = header.firstIndex(of: fabric.rawValue) else {
        throw VerbError("\(file): line 1: there is no column \(fabric.rawValue)")
      }
      return (fabric, column)
    }
    for (number, line) in lines.enumerated().dropFirst() {
      let place = "\(file): line \(number + 1)"
      let fields = Self.fields(line)
      guard fields.count == header.count else {
        throw VerbError("\(place): \(fields.count) fields, the header has \(header.count)")
      }
      guard let rate = Double(fields[1]).flatMap(Int.init(exactly:)), (1...100_000).contains(rate)
      else { throw VerbError("\(place): \"\(fields[1])\" is no bandwidth in whole Gb/s") }
      let first = PaperCell(model: fields[0], fabric: .fatTree, gigabitsPerSecond: rate)
      guard values[first] == nil else {
        throw VerbError("\(place): \(fields[0]) at \(rate) Gb/s stands above already")
      }
      if !models.contains(fields[0]) { models.append(fields[0]) }
      if !rates.contains(rate) { rates.append(rate) }
      for (fabric, column) in columns {
        guard let value = Double(fields[column]), value > 0, value.isFinite else {
          throw VerbError("\(place): \"\(fields[column])\" is no normalised time")
        }
        values[PaperCell(model: fields[0], fabric: fabric, gigabitsPerSecond: rate)] = value
      }
    }
    rates.sort()
    let cells = models.count * rates.count * PaperFabric.allCases.count
    guard cells > 0, values.count == cells else {
      throw VerbError("\(file): every model needs one row for each of \(rates.count) bandwidths")
    }
  }

  private static func fields(_ line: Substring) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false).map { field in
      var field = field
      while field.first == " " { field.removeFirst() }
      while field.last == " " { field.removeLast() }
      return String(field)
    }
  }
}
