internal import Glibc
internal import TraceModel

/// What single operations show that their sum may hide: pairs that are hot for a moment.
///
/// Persistent pair structure can be served by static circuits; momentary structure beyond it only by
/// circuits set anew for each operation.
public struct MomentaryStructure: Sendable, Hashable {
  /// Distinct demands of the selection.
  public var demandCount: Int
  /// Those examined, evenly spread when there are more than the limit.
  public var examinedCount: Int
  /// Largest receipt ÷ mean of a single demand, byte-weighted mean over demands.
  public var receiveMaxOverMean: Finding
  /// Excess pair information of a single demand, byte-weighted mean over demands.
  public var excessInformation: Finding
  /// The excess that independent tokens would show by chance in demands of this size; not
  /// identifiable when the demands do not count tokens.
  public var samplingFloor: Finding

  /// Of a trace whose operations were not kept, and why.
  init(absence: Finding) {
    (demandCount, examinedCount) = (0, 0)
    (receiveMaxOverMean, excessInformation, samplingFloor) = (absence, absence, absence)
  }

  /// Reads up to `limit` distinct demands: O(limit · ends²).
  init(_ subject: AnalysisSubject, limit: Int) {
    let workload = subject.workload
    let selection = subject.selection
    let blocks = subject.endBlocks
    var steps: [Int: Workload.Step] = [:]
    for step in workload.steps where selection.contains(step) && steps[step.demand] == nil {
      steps[step.demand] = step
    }
    let chosen = evenlySpread(steps.keys.sorted(), limit: limit).compactMap { steps[$0] }
    demandCount = steps.count
    examinedCount = chosen.count
    let none = Finding.notIdentifiable("no bytes leave their end")
    receiveMaxOverMean = none
    excessInformation = none
    samplingFloor = .notIdentifiable("the demands do not count tokens")
    var sums = Sums()
    for step in chosen {
      let matrix = workload.matrix(of: [step], selection: selection, map: subject.ends)
      sums.add(matrix, blocks: blocks, bytesPerToken: step.bytesPerUnit)
    }
    guard sums.bytes > 0 else { return }
    receiveMaxOverMean = .value(sums.maxOverMean / sums.bytes, .ratio)
    excessInformation = .value(sums.excess / sums.bytes, .bits)
    if sums.countsTokens { samplingFloor = .value(sums.floor / sums.bytes, .bits) }
    if let absentSources = subject.absentSources {
      excessInformation = .notIdentifiable(absentSources)
      samplingFloor = excessInformation
    }
  }

  private struct Sums {
    var bytes = 0.0
    var maxOverMean = 0.0
    var excess = 0.0
    var floor = 0.0
    var countsTokens = true

    mutating func add(_ matrix: TrafficMatrix, blocks: ExpertBlocks, bytesPerToken: Int64) {
      // A unit of one byte means that bytes were recorded, and how many tokens they are is unknown.
      countsTokens = countsTokens && bytesPerToken > 1
      for ends in blocks.joined(by: matrix).members where ends.count > 1 {
        let part = matrix.restricted(to: ends)
        guard let structure = PairStructure(part),
          let load = Imbalance(loads: part.saturatingColumnSums)
        else { continue }
        let moved = structure.bytes
        bytes += moved
        maxOverMean += load.maxOverMean * moved
        excess += structure.excessBits * moved
        let tokens = moved / Double(max(1, bytesPerToken))
        floor += PairStructure.samplingFloorBits(ends: ends.count, tokens: tokens) * moved
      }
    }
  }
}
