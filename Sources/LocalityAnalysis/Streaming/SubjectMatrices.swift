internal import TraceModel

/// The summed traffic of a subject, from token owner to expert, between ends of every grain that shows
/// more of them than a coarser one.
///
/// Memory is that of the ends, whatever is added.
struct SubjectMatrices: Sendable {
  private let frame: SubjectFrame
  private let selection: MatrixSelection
  /// Finer grains first; the ends of the network last.
  private let maps: [EndMap]
  private var sums: [Sums]

  private enum Sums: Sendable {
    case matrix(TrafficMatrix)
    case sketch(TrafficSketch)
  }

  /// - Parameter sketches: whether the workload's own ends and those of the network have a sketch where
  ///   they are more than `denseEndLimit`. Else the first are left out, and the others have a matrix.
  init(_ frame: SubjectFrame, sketches: Bool) {
    self.frame = frame
    selection = frame.part.selection
    let layout = frame.layout
    var finer: [EndMap] = []
    var sizes: Set<Int> = [frame.network.count]
    // The workload's own grain stands for those with as many ends.
    for grain in [frame.grain, .server, .nic, .rank] {
      guard
        layout.endpointCount(at: grain) <= denseEndLimit || sketches && grain == frame.grain,
        let map = EndMap(layout, from: frame.grain, to: grain), sizes.insert(map.count).inserted
      else { continue }
      finer.append(map)
    }
    maps = finer.sorted { $0.grain.rawValue < $1.grain.rawValue } + [frame.network]
    sums = maps.map {
      sketches && $0.count > denseEndLimit
        ? .sketch(TrafficSketch(endCount: $0.count)) : .matrix(TrafficMatrix(size: $0.count))
    }
  }

  /// Adds the subject's steps of a workload: O(maps · pairs of distinct demands).
  mutating func add(_ workload: Workload) {
    let uses = workload.demandUses(
      of: workload.steps.filter { selection.contains($0) }, selection: selection)
    for (place, map) in maps.enumerated() {
      switch sums[place] {
      case .matrix(var matrix):
        // Let go of the stored one, so that the cells are changed in place.
        sums[place] = .matrix(TrafficMatrix(size: 0))
        var cells = matrix.cells.mutableSpan
        for use in uses {
          scatter(workload.demands, use, map: map.target.span, size: map.count, into: &cells)
        }
        sums[place] = .matrix(matrix)
      case .sketch(var sketch):
        sums[place] = .matrix(TrafficMatrix(size: 0))
        for use in uses { sketch.add(workload.demands, use, map: map.target.span) }
        sums[place] = .sketch(sketch)
      }
    }
  }

  /// One profile of each grain, the ends of the network last.
  ///
  /// NICs are left out where most of them are idle, so that their matrix is that of the servers among
  /// zeros.
  func profiles() -> [MatrixProfile] {
    let serverEnds = maps.indices.last { maps[$0].count == frame.layout.serverCount }
    var result: [MatrixProfile] = []
    for (place, map) in maps.enumerated() {
      let isNetwork = place == maps.count - 1
      let blocks = isNetwork ? frame.networkBlocks : frame.blocks(at: map.grain)
      let label = isNetwork ? frame.networkEndName : map.grain.name
      switch sums[place] {
      case .matrix(let matrix):
        if map.grain == .nic, let serverEnds, case .matrix(let servers) = sums[serverEnds],
          matrix.activeEndCount == servers.activeEndCount
        {
          continue
        }
        result.append(
          MatrixProfile(
            matrix, label: label, grain: map.grain, blockOf: blocks.blockOf,
            absentSources: frame.absentSources))
      case .sketch(let sketch):
        result.append(
          MatrixProfile(
            sketch, label: label, grain: map.grain, blocks: blocks,
            absentSources: frame.absentSources))
      }
    }
    return result
  }

  /// The heaviest pairs of the workload's own ends, heaviest first, without own bytes.
  func heaviest(_ count: Int) -> [HeavyPairs.Pair] {
    switch ownSums {
    case .matrix(let matrix): matrix.heaviestPairs(count)
    case .sketch(let sketch): Array(sketch.heavyPairs.pairs.prefix(count))
    }
  }

  /// How much the bytes of one of them may be counted too low.
  var errorBytes: Int64 {
    if case .sketch(let sketch) = ownSums { sketch.heavyPairs.errorBytes } else { 0 }
  }

  private var ownSums: Sums {
    sums[maps.firstIndex { $0.count == frame.layout.endpointCount(at: frame.grain) } ?? 0]
  }
}

extension TrafficMatrix {
  /// Ends that send or receive anything, own bytes included.
  fileprivate var activeEndCount: Int {
    (0..<size).count { end in
      (0..<size).contains { self[end, $0] != 0 || self[$0, end] != 0 }
    }
  }

  /// The heaviest pairs off the diagonal, lowest numbers first among equals; O(n²) for few of them.
  fileprivate func heaviestPairs(_ count: Int) -> [HeavyPairs.Pair] {
    var heaviest: [Int] = []
    for cell in cells.indices where cells[cell] > 0 && cell / size != cell % size {
      if heaviest.count == count {
        guard let last = heaviest.last, cells[cell] > cells[last] else { continue }
        heaviest.removeLast()
      }
      let place = heaviest.lastIndex { cells[$0] >= cells[cell] }
      heaviest.insert(cell, at: place.map { $0 + 1 } ?? 0)
    }
    return heaviest.map { cell in
      HeavyPairs.Pair(
        source: cell / size, destination: cell % size, atLeast: cells[cell], atMost: cells[cell])
    }
  }
}
