import Replay
import Testing
import TraceModel

@Suite struct PaperCostTests {
  /// Totals for 128 servers of 8 NICs at 100, 200, 400 and 800 Gb/s that reproduce the paper's
  /// ratios 1.52, 1.79, 2.29, 2.33.
  @Test(arguments: [
    (0, 2_701_312.0, 1_772_032.0, 1_032_192.0), (1, 4_948_992, 2_764_032, 1_605_632),
    (2, 11_625_472, 5_078_272, 2_465_792), (3, 18_526_208, 7_947_008, 3_990_528),
  ])
  func totalsAreThePapers(rate: Int, fatTree: Double, mixNet: Double, topoOpt: Double) {
    let prices = PriceList.published[rate]
    #expect(PaperCost.fatTree(nicCount: 1_024, prices: prices).totalUSD == fatTree)
    #expect(
      PaperCost.mixNet(opticalNICCount: 768, electricalNICCount: 256, prices: prices).totalUSD
        == mixNet)
    #expect(PaperCost.topoOpt(nicCount: 1_024, prices: prices).totalUSD == topoOpt)
  }
}

@Suite struct BillOfMaterialsTests {
  /// Servers with six optical and two electrical NICs.
  static func split(
    _ regionSizes: [Int], opticalRadix: Int, planes: Int = 1, wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    let prices = PriceList.published[2]
    return BillOfMaterials.electrical(
      nicCount: 2 * regionSizes.reduce(0, +), radix: 64, prices: prices, wholeBoxes: wholeBoxes
    ).adding(
      .optical(
        regionSizes: regionSizes, nicsPerServer: 6, switchRadix: opticalRadix, prices: prices,
        planes: planes, wholeBoxes: wholeBoxes))
  }

  @Test(arguments: [
    (64, 1, 64, 64), (2_048, 2, 3 * 2_048, 2 * 2_048), (65_536, 3, 5 * 65_536, 3 * 65_536),
  ])
  func aNonBlockingTreeOfRadix64HasTheTextbookTiers(ends: Int, tiers: Int, ports: Int, links: Int) {
    let tree = FatTreeTiers(endCount: ends, radix: 64)
    #expect(tree.tierCount == tiers)
    #expect(tree.portCount == ports)
    #expect(tree.linkCount == links)
    #expect(tree.boxCount == ports / 64)
  }

  @Test func aThreeTierTreeCostsWhatThePaperSays() {
    // Radix 16 reaches 1,024 ends with three tiers, the tree that the paper's formula counts.
    let prices = PriceList.published[2]
    let built = BillOfMaterials.electrical(nicCount: 1_024, radix: 16, prices: prices)
    #expect(built.totalUSD == PaperCost.fatTree(nicCount: 1_024, prices: prices).totalUSD)
  }

  @Test func oversubscriptionOnlySavesAboveTheLeaves() {
    let full = FatTreeTiers(endCount: 1_024, radix: 16)
    let third = FatTreeTiers(endCount: 1_024, radix: 16, oversubscription: 3)
    #expect(third.portCount < full.portCount)
    #expect(third.portCount >= 1_024 + 342)
  }

  @Test func oversubscribedLeavesReachFurther() {
    // 48 ends on each of 64 leaves below one layer of spines; three tiers of pods of 32 leaves.
    for (ends, tiers) in [(3_072, 2), (3_073, 3), (98_304, 3), (98_305, 4)] {
      #expect(FatTreeTiers(endCount: ends, radix: 64, oversubscription: 3).tierCount == tiers)
    }
    #expect(FatTreeTiers(endCount: 2_049, radix: 64).tierCount == 3)
  }

  @Test func moreThanEightTiersAreBuiltAndSwitchesOfThreePortsAreADefect() {
    // Radix 4 reaches 4 · 2ⁿ⁻¹ ends with n tiers.
    #expect(FatTreeTiers(endCount: 1_024, radix: 4).tierCount == 9)
    #expect(FatTreeTiers.defect(endCount: 1_024, radix: 4) == nil)
    #expect(FatTreeTiers.defect(endCount: 4, radix: 3)?.contains("3 ports") == true)
    let fabric = FabricSpecification(
      name: "x", summary: "", nicsPerServer: 1, switchRadix: 2)
    #expect(fabric.defect(for: Layout(serverCount: 2, gpusPerServer: 1)) == nil)
    #expect(fabric.defect(for: Layout(serverCount: 3, gpusPerServer: 1)) != nil)
  }

  @Test func regionsDoNotShareAnOpticalBox() {
    let bill = Self.split([4, 4, 4, 4], opticalRadix: 320)
    #expect(bill.boxes.last?.count == 4)
    #expect(bill.lines.first { $0.item == "optical switch port" }?.count == 96)
  }

  @Test func aRegionOfOneServerHasNoOpticalSwitch() {
    let bill = Self.split([4, 1], opticalRadix: 320)
    #expect(bill.lines.first { $0.item == "optical switch port" }?.count == 24)
    #expect(bill.lines.first { $0.item == "NIC" }?.count == 40)
    #expect(bill.boxes.last?.count == 1)
  }

  @Test func circuitsThatNeverChangeAreBilledAsPatchPanels() {
    let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)
    let fixed = unitFabric(Circulant()).billOfMaterials(for: layout)
    #expect(fixed.lines.first { $0.item == "patch-panel port" }?.count == 48)
    #expect(!fixed.lines.contains { $0.item == "optical switch port" })
    #expect(!fixed.boxes.contains { $0.kind.hasPrefix("optical") })
    let switched = unitFabric(MixNetGreedy(.continue)).billOfMaterials(for: layout)
    #expect(switched.totalUSD - fixed.totalUSD == 48 * (520 - 100))
  }

  @Test func wholeBoxesBillEveryPort() {
    let prices = PriceList.published[2]
    let bill = Self.split([4, 4, 1], opticalRadix: 320, wholeBoxes: true)
    #expect(bill.lines.first { $0.item == "optical switch port" }?.count == 640)
    #expect(bill.lines.first { $0.item == "electrical switch port" }?.count == 64)
    // 96 ends and as many uplinks fill three leaves; two boxes above join the uplinks.
    let tree = BillOfMaterials.electrical(
      nicCount: 96, radix: 64, prices: prices, wholeBoxes: true)
    #expect(tree.lines.first { $0.item == "electrical switch port" }?.count == 5 * 64)
    let fabric = unitFabric(nil)
    let layout = Layout(serverCount: 4, gpusPerServer: 1, nicsPerServer: 8)
    #expect(
      fabric.billOfMaterials(for: layout, wholeBoxes: true).totalUSD
        > fabric.billOfMaterials(for: layout).totalUSD)
  }

  @Test func aPatchedClusterCostsWhatThePaperSaysOfTopoOpt() throws {
    let layout = Layout(serverCount: 128, gpusPerServer: 8)
    for prices in PriceList.published {
      let fabric = try #require(
        FabricCatalogue.preset(
          named: "topoopt", layout: layout, nicBitsPerSecond: prices.bitsPerSecond))
      #expect(
        fabric.billOfMaterials(for: layout).totalUSD
          == PaperCost.topoOpt(nicCount: 1_024, prices: prices).totalUSD)
    }
  }

  @Test func aStaticSplitCostsAsItsPatchedLayerDoes() throws {
    let layout = Layout(serverCount: 8, gpusPerServer: 8)
    let layer = try #require(FabricCatalogue.preset(named: "static-circulant", layout: layout))
    let network = try #require(
      FabricCatalogue.preset(named: "static-circulant-forwarding", layout: layout))
    #expect(
      network.billOfMaterials(for: layout).totalUSD == layer.billOfMaterials(for: layout).totalUSD)
  }

  @Test func cablesNeedNoPanel() {
    let prices = PriceList.published[2]
    let bill = BillOfMaterials.direct(
      nicCount: 16, litNICCount: 12, isPatched: false, prices: prices)
    let total: Double = 23_984 + 7_908 + 900
    #expect(bill.totalUSD == total)
    // A ring of four servers with eight NICs each lights all of them.
    let ring = DirectFixtures.fabric(Ring(), nics: 8)
      .billOfMaterials(for: Layout(serverCount: 4, gpusPerServer: 1), prices: prices)
    #expect(ring.lines.first { $0.item == "transceiver" }?.count == 32)
  }

  @Test func planesHaveBoxesOfTheirOwn() {
    func boxes(_ planes: Int) -> Int? {
      Self.split([8, 8], opticalRadix: 32, planes: planes).boxes.last?.count
    }
    #expect(boxes(1) == 4)
    #expect(boxes(6) == 12)
  }

  @Test func powerCountsWhatIsKnownAndNamesTheRest() {
    let prices = PriceList.published[2]
    let list = PowerList(bitsPerSecond: 400e9)
    let bill = BillOfMaterials.electrical(nicCount: 64, radix: 64, prices: prices)
    let power = bill.power(list)
    // 128 transceivers of 8.4 W, 64 ports of 3.9 W.
    let watts: Double = 128 * 8.4 + 64 * 3.90625
    #expect(abs(power.watts - watts) < 1e-6)
    #expect(power.itemsLeftOut == ["NIC"])
    // An 800 Gb/s module is between 14 and 20 W.
    #expect((14...20).contains(PowerList(bitsPerSecond: 800e9).transceiverWatts))
    let optical = PaperCost.mixNet(opticalNICCount: 6, electricalNICCount: 2, prices: prices)
    #expect(optical.power(list).itemsLeftOut == ["NIC", "optical switch port"])
  }

  @Test func unlistedRatesUseTheNearestPrices() {
    #expect(PriceList.nearest(toBitsPerSecond: 400e9).bitsPerSecond == 400e9)
    #expect(PriceList.nearest(toBitsPerSecond: 1.6e12).bitsPerSecond == 800e9)
  }
}
