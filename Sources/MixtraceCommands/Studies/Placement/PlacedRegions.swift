internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// The choice of the region before and after experts are re-placed, on the scored iterations.
struct PlacedRegions {
  var sentences: [String] = []
  var tables: [(key: String, table: Table)] = []

  init(_ candidates: [PlacementCandidate], parameters: FabricParameters) throws {
    for candidate in candidates {
      let answer = try Self.answer(for: candidate.scored, parameters: parameters)
      sentences += answer.sentences.map { "Region, experts \(candidate.name): \($0)" }
      var table = answer.table
      table.title += ", experts \(candidate.name)"
      tables.append(("choice_\(candidate.name)", table))
    }
  }

  /// The one place where the choice of a region is asked for.
  private static func answer(
    for workload: Workload, parameters: FabricParameters
  ) throws -> (sentences: [String], table: Table) {
    let optical = try parameters.regionalFabric(for: workload.layout)
    let locality = analyseLocality(
      workload, options: LocalityOptions(switchLimit: optical.switchLimit))
    let study = try RegionStudy(
      workload: workload, locality: locality, fabric: optical, parameters: parameters)
    return (study.sentences, study.table)
  }
}
