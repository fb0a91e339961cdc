import LocalityAnalysis
import Testing
import TraceModel

@Suite struct MatrixSelectionTests {
  /// Two servers of two GPUs with one NIC each pair of GPUs shares; 3 bytes to a neighbour, 5 across.
  private let workload = {
    let layout = Layout(serverCount: 2, gpusPerServer: 2, nicsPerServer: 1)
    let dispatch = TrafficMatrix(rows: [[7, 3, 5, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
    return expertWorkload(
      [(0, 0, dispatch), (0, 1, dispatch), (1, 0, dispatch)], layout: layout, grain: .rank,
      phases: Phase.allToAlls, bytesPerUnit: 10)
  }()

  @Test func `bytes are told apart by tier`() {
    let bytes = workload.trafficBytes(by: [])
    #expect(bytes.count == 1)
    #expect(bytes[0].operationCount == 12)
    #expect(
      bytes[0].bytes == TierBytes(sameEnd: 840, insideServer: 360, betweenDomains: 720))
    #expect(bytes[0].bytes.moved == 1080)
  }

  @Test func `servers of one scale-up domain do not use the network`() {
    let layout = Layout(serverCount: 4, gpusPerServer: 1, serversPerScaleUpDomain: 2)
    let matrix = Fixture.matrix(4) { _, _ in 1 }
    let bytes = expertWorkload([(0, 0, matrix)], layout: layout).trafficBytes(by: [])[0].bytes
    #expect(bytes == TierBytes(insideDomain: 4, betweenDomains: 8))
    #expect(bytes.betweenServers == 12)
  }

  @Test func `slices come by role, phase, layer and iteration`() {
    let phases = workload.trafficBytes(by: [.phase])
    #expect(phases.map(\.key.phase) == Phase.allToAlls)
    let cells = workload.trafficBytes(by: [.iteration, .layer])
    #expect(cells.map(\.key.layer) == [0, 0, 1])
    #expect(cells.map(\.key.iteration) == [0, 1, 0])
    #expect(cells.allSatisfy { $0.key.role == nil && $0.bytes.betweenDomains == 240 })
    let some = MatrixSelection(phases: [.dispatchForward], layers: 1...1)
    #expect(workload.trafficBytes(some, by: [])[0].bytes.insideServer == 30)
  }

  @Test func `matrices at every grain, never finer than recorded`() throws {
    let dispatch = MatrixSelection(phases: [.dispatchForward], layers: 1...1)
    let ranks = try #require(workload.trafficMatrix(dispatch))
    #expect(ranks[0, 2] == 50)
    let servers = try #require(workload.trafficMatrix(dispatch, at: .server))
    #expect(servers.cells == [100, 50, 10, 0])
    #expect(workload.trafficMatrix(dispatch, at: .nic)?.cells == servers.cells)
    let recorded = expertWorkload(
      [(0, 0, TrafficMatrix(size: 2))], layout: workload.layout, grain: .nic)
    #expect(recorded.trafficMatrix(at: .rank) == nil)
    #expect(recorded.trafficMatrix(at: .server)?.size == 2)
  }

  @Test func `pinned NICs follow their GPUs`() throws {
    let layout = Layout(serverCount: 2, gpusPerServer: 4, nicsPerServer: 2)
    let map = try #require(EndMap(layout, from: .rank, to: .nic))
    #expect(map.target == [0, 0, 1, 1, 2, 2, 3, 3])
    let wide = Layout(serverCount: 2, gpusPerServer: 2, nicsPerServer: 4)
    #expect(try #require(EndMap(wide, from: .rank, to: .nic)).target == [0, 2, 4, 6])
  }

  @Test func `sent and dispatch orientation differ by the combining phases`() throws {
    let sent = try #require(workload.trafficMatrix())
    #expect(sent[0, 2] == 300 && sent[2, 0] == 300)
    let dispatch = try #require(workload.trafficMatrix(MatrixSelection(orientation: .dispatch)))
    #expect(dispatch[0, 2] == 600 && dispatch[2, 0] == 0)
  }

  @Test func `agrees with adding up step by step`() throws {
    var random = RandomStream(seed: 31)
    let layout = Layout(serverCount: 3, gpusPerServer: 2)
    let workload = expertWorkload(
      (0..<6).map { (Int32($0 / 3), Int32($0 % 3), Fixture.random(6, &random)) },
      layout: layout, grain: .rank, phases: Phase.allToAlls, bytesPerUnit: 3)
    for grain in [Grain.rank, .server] {
      #expect(workload.trafficMatrix(at: grain) == workload.matrix(of: workload.steps, at: grain))
      workload.forEachTrafficMatrix(by: [.layer, .phase], at: grain) { key, matrix in
        let steps = workload.steps.filter { $0.layer == key.layer && $0.phase == key.phase }
        #expect(matrix == workload.matrix(of: steps, at: grain))
      }
    }
  }

  @Test func `amounts beyond the largest integer stop there`() {
    let huge = TrafficMatrix(rows: [[0, Int64.max], [1, 0]])
    let workload = expertWorkload([(0, 0, huge), (1, 0, huge)], bytesPerUnit: 1 << 40)
    #expect(workload.trafficMatrix()?[0, 1] == Int64.max)
    #expect(workload.trafficBytes(by: [])[0].bytes.total == Int64.max)
    #expect(analyseLocality(workload).total.betweenDomains == Int64.max)
    let full = TrafficMatrix(
      rows: [[Int64]](repeating: [Int64](repeating: .max, count: 8), count: 8))
    let domains = Layout(serverCount: 8, gpusPerServer: 1, serversPerScaleUpDomain: 2)
    let report = analyseLocality(expertWorkload([(0, 0, full), (1, 0, full)], layout: domains))
    #expect(report.networkProfile.bytes >= 0)
    #expect(report.curve.last?.best.share == 1)
  }
}
