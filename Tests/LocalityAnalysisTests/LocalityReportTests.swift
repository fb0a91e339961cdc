import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

@Suite struct LocalityReportTests {
  private func lines(_ report: LocalityReport, _ topic: VerdictLine.Topic) -> String {
    report.verdict.filter { $0.topic == topic }.map(\.sentence).joined(separator: " ")
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func `MixNet's measured matrix: hot experts, no pair structure, no trend`() throws {
    let matrix = try Fixture.real("mixnet/mixnet_tokens_8x8_measured.txt")
    let report = analyseLocality(
      expertWorkload([(0, 0, matrix)], phases: Phase.allToAlls, bytesPerUnit: 8192))
    let profile = report.networkProfile
    #expect(report.total.betweenDomains == 228_839 * 8192 * 4)
    #expect(isClose(profile.receiveMaxOverMean.number, 2.371307373))
    #expect(isClose(profile.networkReceiveMaxOverMean.number, 2.373476515))
    #expect(profile.busiestReceiver == 0)
    #expect(isClose(profile.informationWithDiagonal.number, 0.011190214))
    #expect(isClose(profile.excessInformation.number, 0.010300955))
    #expect(profile.pairsForNinetyPercent == .value(39, .pairs))
    #expect(report.time.cosine == .tooFew(have: 1, need: 3, of: "iterations"))
    #expect(lines(report, .imbalance).hasPrefix("Hot experts: server 0 receives 2.37× the mean"))
    #expect(lines(report, .pairs).hasPrefix("No pair structure: 0.010 bit"))
    #expect(lines(report, .time).contains("too few: 1 of 3 iterations"))
    #expect(lines(report, .warning).isEmpty)
    #expect(report.notes == ["expert traffic only: the input says nothing about other roles"])
  }

  @Test func `inferred sources make pairs not identifiable and keep receipts`() {
    let demands = (0..<2).map { (Int32($0), Int32(0), Fixture.f8) }
    let report = analyseLocality(
      expertWorkload(
        demands,
        provenance: ["routing.sourceRank": Provenance(.inferred, method: "contiguous blocks")]))
    let reason = "source ranks are inferred (contiguous blocks)"
    #expect(report.networkProfile.excessInformation == .notIdentifiable(reason))
    #expect(report.networkProfile.pairGini == .notIdentifiable(reason))
    #expect(report.networkProfile.sendMaxOverMean == .notIdentifiable(reason))
    #expect(report.momentary.excessInformation == .notIdentifiable(reason))
    #expect(report.networkProfile.receiveMaxOverMean.number != nil)
    #expect(report.time.cosine == .tooFew(have: 2, need: 3, of: "iterations"))
    #expect(report.curve.isEmpty)
    #expect(report.curveAbsence == "not identifiable: " + reason)
    #expect(lines(report, .pairs).contains("not identifiable"))
    #expect(report.candidates.sizes.count > 1)
  }

  @Test func `measured and declared sources are believed`() {
    for origin in [Provenance.Origin.measured, .declared] {
      let report = analyseLocality(
        expertWorkload(
          [(0, 0, Fixture.f8)],
          provenance: [
            "transfers.source": Provenance(origin, method: "test"),
            "operations.layer": Provenance(.inferred, method: "gaps"),
          ]))
      #expect(report.networkProfile.excessInformation.number != nil)
    }
  }

  /// All four phases of a rank-one demand: as sent, W + Wᵀ would look like pairs.
  @Test func `hot experts are not taken for hot pairs when phases are added up`() {
    let hot = Fixture.matrix(8) { _, destination in 100 * (destination + 1) }
    let report = analyseLocality(expertWorkload([(0, 0, hot)], phases: Phase.allToAlls))
    #expect(report.networkProfile.excessInformation == .value(0, .bits))
    #expect(report.networkProfile.rankOneResidual == .value(0, .share))
    #expect(report.serverMatrix == report.serverMatrix.transposed)
  }

  @Test func `blocks of the layout are not pair structure`() {
    let layout = Layout(
      serverCount: 8, gpusPerServer: 1, parallelism: Parallelism(expert: 4, data: 8))
    let blocks = Fixture.matrix(8) { $0 / 4 == $1 / 4 ? 10 : 0 }
    let report = analyseLocality(expertWorkload([(0, 0, blocks)], layout: layout))
    #expect(report.networkProfile.blockCount == 2)
    #expect(report.networkProfile.pairCount == 24)
    #expect(report.networkProfile.excessInformation == .value(0, .bits))
    #expect(isClose(report.networkProfile.receiveMaxOverMean.number, 1, within: 1e-12))
    let closed = report.curve.first { $0.size == 4 }
    #expect(closed?.contiguous == 1)
    #expect(lines(report, .regions).contains("Regions of 4 servers can keep 100 %"))
    #expect(report.candidates.sizes.first { $0.size == 4 }?.reasons == [.divisor, .expertGroup])
  }

  @Test func `pairs that are hot only for a moment are told apart from lasting ones`() {
    let demands = (0..<14).map { iteration in
      (
        Int32(iteration), Int32(0),
        Fixture.matrix(8) { ($1 - $0 + 8) % 8 == iteration % 7 + 1 ? 90 : 10 }
      )
    }
    let report = analyseLocality(expertWorkload(demands))
    #expect(report.networkProfile.excessInformation == .value(0, .bits))
    #expect(report.momentary.excessInformation.number ?? 0 > 0.3)
    #expect(lines(report, .pairs).hasPrefix("Hot pairs for a moment"))
    let lasting = analyseLocality(expertWorkload([(0, 0, Fixture.p8), (1, 0, Fixture.p8)]))
    #expect(lines(lasting, .pairs).hasPrefix("Hot pairs: 1.407 bit"))
  }

  @Test func `experts inside each server leave no optical candidate`() {
    let layout = Layout(
      serverCount: 2, gpusPerServer: 4, parallelism: Parallelism(expert: 4, data: 8))
    let inside = Fixture.matrix(8) { $0 / 4 == $1 / 4 ? 10 : 0 }
    let report = analyseLocality(
      expertWorkload([(0, 0, inside)], layout: layout, grain: .rank))
    #expect(report.profiles.map(\.grain) == [.rank, .server])
    #expect(lines(report, .optics).contains("each expert group lies inside one server"))
    #expect(report.candidates.sizes.map(\.size) == [1])
    #expect(report.curveAbsence == "no bytes leave their server")
    #expect(report.networkProfile.excessInformation.number == nil)
  }

  @Test func `a trace without bytes or steps has an empty report`() {
    let empty = Workload(
      grain: .server, layout: Layout(serverCount: 2, gpusPerServer: 1), demands: DemandSet(),
      steps: [])
    let report = analyseLocality(empty)
    #expect(report.verdict.count == 1)
    #expect(report.verdict[0].sentence.contains("no bytes"))
    #expect(report.subject == "all traffic")
  }

  @Test func `traffic of unknown role is analysed and says so`() {
    var demands = DemandSet()
    let demand = demands.append(Fixture.f8)
    let step = Workload.Step(
      operation: 0, kind: .unknown, role: .other, phase: .unspecified, iteration: 0, layer: -1,
      demand: demand)
    let report = analyseLocality(
      Workload(
        grain: .server, layout: Layout(serverCount: 8, gpusPerServer: 1), demands: demands,
        steps: [step]))
    #expect(report.subject == "all traffic")
    #expect(isClose(report.networkProfile.excessInformation.number, 0.168907, within: 1e-6))
    #expect(report.layerProfiles.map(\.label) == ["layer unknown"])
    #expect(report.notes.contains { $0.contains("no operation is known to be expert traffic") })
  }

  @Test func `findings read well`() {
    #expect(Finding.value(0.0112, .bits).description == "0.011 bit")
    #expect(Finding.value(2.3713, .ratio).description == "2.37×")
    #expect(Finding.value(0.002, .share).description == "0.2 %")
    #expect(Finding.value(0.4058, .share).description == "41 %")
    #expect(Finding.value(39, .pairs).description == "39 pairs")
    #expect(Finding.tooFew(have: 2, need: 3, of: "iterations").number == nil)
    #expect(decimal(-0.001, places: 2) == "0.00")
    #expect(decimal(.nan, places: 2) == "undefined")
    #expect(decimal(1e300, places: 2) == "1e+300")
    #expect(decimal(3.996, places: 2) == "4.00")
  }
}

@Suite struct ScaleUpDomainTests {
  /// Domains of two servers; expert groups of four servers: {0 … 3} and {4 … 7}.
  private let layout = Layout(
    serverCount: 8, gpusPerServer: 1, serversPerScaleUpDomain: 2,
    parallelism: Parallelism(expert: 4, data: 8))
  private let matrix = Fixture.matrix(8) { $0 / 2 == $1 / 2 ? 1000 : $0 / 4 == $1 / 4 ? 10 : 1 }

  @Test func `bytes inside a domain count neither for structure nor for regions`() {
    let report = analyseLocality(expertWorkload([(0, 0, matrix)], layout: layout))
    #expect(report.profiles.map(\.label) == ["server", "scale-up domain"])
    #expect(report.networkProfile.endCount == 4)
    #expect(report.networkProfile.bytes == 16 * 10 + 32)
    #expect(report.total.insideDomain == 8000)
    #expect(report.curve.map(\.size) == [1, 4, 8])
    #expect(report.curve.first?.best.share == 0)
    #expect(isClose(report.curve[1].contiguous, 160.0 / 192, within: 1e-12))
    #expect(report.curve[1].best.grouping.regionOf == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(report.notes.contains { $0.contains("scale-up domains of 2 servers") })
  }

  @Test func `regions keep domains whole`() {
    let candidates = RegionCandidates(
      layout, limit: SwitchLimit(radix: 42, opticalNICsPerServer: 6))
    #expect(candidates.sizes.map(\.size) == [1, 4, 6])
    #expect(
      candidates.sizes.map(\.reasons) == [[.noCircuits], [.divisor, .expertGroup], [.switchLimit]])
    #expect(candidates.tooLarge == [8])
    #expect(declaredServerOrder(layout) == [0, 1, 2, 3, 4, 5, 6, 7])
  }

  /// Layers with hot pairs of their own, which their sum evens out.
  @Test func `the sentence on pairs has one basis, which the report has, too`() throws {
    let layers = (0..<2).map { layer in
      (Int32(0), Int32(layer), Fixture.matrix(8) { ($1 - $0 + 8) % 8 == 3 + 2 * layer ? 400 : 100 })
    }
    let report = analyseLocality(expertWorkload(layers))
    let bits = try #require(report.layerExcessInformation.number)
    let residual = try #require(report.layerRankOneResidual.number)
    #expect(isClose(report.layerProfiles[0].rankOneResidual.number, residual, within: 1e-12))
    #expect(residual > 1.1 * (try #require(report.networkProfile.rankOneResidual.number)))
    let sentence = try #require(report.verdict.first { $0.topic == .pairs }).sentence
    #expect(
      sentence.contains(
        "\(decimal(bits, places: 3)) bit beyond what totals per server explain, "
          + "\(percent(residual)) of the bytes off a rank-one matrix (each a mean over 2 layers)"))
  }
}
