import LocalityAnalysis
import Testing
import TraceModel

@Suite struct RegionCandidatesTests {
  private func layout(_ servers: Int, gpus: Int = 8, domain: Int = 1, expert: Int, tensor: Int = 1)
    -> Layout
  {
    let ranks = servers * gpus
    return Layout(
      serverCount: servers, gpusPerServer: gpus, serversPerScaleUpDomain: domain,
      parallelism: Parallelism(tensor: tensor, expert: expert, data: ranks / tensor))
  }

  @Test func `divisors, the expert group and the switch limit`() {
    // EP 8 × TP 4 = 32 GPUs: 4 of 12 servers per group.
    let limit = SwitchLimit(radix: 64, opticalNICsPerServer: 6)
    let candidates = RegionCandidates(layout(12, expert: 8, tensor: 4), limit: limit)
    #expect(candidates.noOptics == nil)
    #expect(candidates.sizes.map(\.size) == [1, 2, 3, 4, 6, 10])
    #expect(candidates.tooLarge == [12])
    #expect(candidates.sizes[3].reasons == [.divisor, .expertGroup])
    #expect(candidates.sizes[5].reasons == [.switchLimit])
    #expect(candidates.sizes[5].lastRegionSize == 2)
  }

  /// MixNet: about 500 ports and 6 … 2 optical NICs give 83 … 250 servers.
  @Test func `radix over optical NICs`() {
    #expect(SwitchLimit(radix: 500, opticalNICsPerServer: 6).serversPerRegion == 83)
    #expect(SwitchLimit(radix: 500, opticalNICsPerServer: 2).serversPerRegion == 250)
    #expect(SwitchLimit(radix: 64, planes: 6, opticalNICsPerServer: 6).serversPerRegion == 64)
    #expect(SwitchLimit(radix: .max, planes: 2, opticalNICsPerServer: 1).serversPerRegion == .max)
    #expect(SwitchLimit(radix: 5, opticalNICsPerServer: 0).serversPerRegion == 5)
  }

  @Test func `experts inside a server or a scale-up domain leave nothing to circuits`() {
    let inServer = RegionCandidates(layout(4, expert: 8))
    #expect(inServer.noOptics == "each expert group lies inside one server")
    #expect(inServer.sizes.map(\.size) == [1])
    let inDomain = RegionCandidates(layout(18, gpus: 4, domain: 18, expert: 72))
    #expect(inDomain.noOptics == "each expert group lies inside one scale-up domain of 18 servers")
    #expect(RegionCandidates(layout(4, expert: 16)).noOptics == nil)
    #expect(RegionCandidates(layout(4, expert: 16), expertNetworkBytes: 0).noOptics != nil)
    #expect(RegionCandidates(layout(1, expert: 8)).noOptics == "there is one server")
  }

  @Test func `plans leave out groupings that divide alike`() throws {
    let lanes = Layout(
      serverCount: 4, gpusPerServer: 1, parallelism: Parallelism(tensor: 2, expert: 2, data: 2))
    let plans = RegionCandidates(lanes).plans(declaredOrder: declaredServerOrder(lanes))
    #expect(plans.map(\.size) == [1, 2, 2, 4])
    #expect(plans[1].grouping.regionOf == [0, 0, 1, 1])
    #expect(plans[2].grouping.regionOf == [0, 1, 0, 1])
    #expect(!plans[0].hasCircuits)
  }
}
