import Replay
import Testing
import TraceModel

/// Which fabrics are optical ones.
@Suite("Use of circuits")
struct CircuitUseTests {
  @Test("fabrics of the catalogue use circuits where their summaries say so")
  func catalogue() {
    let layout = Layout(serverCount: 8, gpusPerServer: 8, nicsPerServer: 8)
    let optical = FabricCatalogue.offers(layout: layout).compactMap(\.fabric)
      .filter(\.usesCircuits).map(\.name)
    #expect(
      optical == [
        "static-circulant", "mixnet", "mixnet-literal", "mixnet-eps-aware", "random-regular",
        "topoopt", "static-circulant-forwarding", "static-random-regular", "ocs-planes",
        "global-ocs", "rotor", "rotor-valiant",
      ])
  }

  @Test("circuits without NICs are none; fixed ones follow no demand")
  func edges() throws {
    let layout = Layout(serverCount: 8, gpusPerServer: 8, nicsPerServer: 8)
    var mixnet = try #require(FabricCatalogue.preset(named: "mixnet", layout: layout))
    #expect(mixnet.followsDemand)
    mixnet.optical?.nicsPerServer = 0
    #expect(!mixnet.usesCircuits)
    for name in ["static-circulant", "topoopt", "fat-tree"] {
      #expect(try !#require(FabricCatalogue.preset(named: name, layout: layout)).followsDemand)
    }
  }
}
