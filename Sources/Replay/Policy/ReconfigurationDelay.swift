/// What it takes until changed circuits carry bytes, in nanoseconds.
///
/// delay = control + per pair × circuits set up + switching + link-up. Data sheets name only the
/// switching; MixNet's prototype needed 41 to 47 ms of control and 5.67 s of NIC link-up on top, which
/// its authors leave out of their results (SIGCOMM'25, section 6 and appendix).
public struct ReconfigurationDelay: Sendable, Hashable {
  public var name: String
  /// Command to the switch and back.
  public var controlNanoseconds: Double
  /// For each circuit that is set up.
  public var perPairNanoseconds: Double
  /// Mirrors, pistons or whatever moves.
  public var switchingNanoseconds: Double
  /// Until transceiver and NIC send again.
  public var linkUpNanoseconds: Double

  public init(
    name: String = "custom", controlNanoseconds: Double = 0, perPairNanoseconds: Double = 0,
    switchingNanoseconds: Double = 0, linkUpNanoseconds: Double = 0
  ) {
    self.name = name
    self.controlNanoseconds = controlNanoseconds
    self.perPairNanoseconds = perPairNanoseconds
    self.switchingNanoseconds = switchingNanoseconds
    self.linkUpNanoseconds = linkUpNanoseconds
  }

  /// The delay of setting up some circuits at once.
  public func nanoseconds(forPairs pairs: Int) -> Double {
    controlNanoseconds + perPairNanoseconds * Double(pairs) + switchingNanoseconds
      + linkUpNanoseconds
  }

  /// What MixNet's simulations assume: 25 ms in all.
  public static let mixNetPaper = ReconfigurationDelay(
    name: "mixnet-paper", switchingNanoseconds: 25e6)
  /// MixNet's prototype without link-up: 41.4, 42.4 and 46.8 ms for 1, 4 and 16 pairs.
  public static let mixNetPrototype = ReconfigurationDelay(
    name: "mixnet-prototype", controlNanoseconds: 41.1e6, perPairNanoseconds: 0.35e6)
  /// The prototype with the link-up of a commodity NIC of 2025: 42 ms and 5.67 s.
  public static let commodityNIC = ReconfigurationDelay(
    name: "commodity-nic", controlNanoseconds: 42e6, linkUpNanoseconds: 5.67e9)
  /// No delay at all.
  public static let instant = ReconfigurationDelay(name: "instant")

  /// A 24-port prototype of a fast switch: 68.5 µs to program, 2.8 µs to switch and 8.7 µs until its
  /// receivers lock (published figures, read as a summary).
  public static let fastPrototype = ReconfigurationDelay(
    name: "fast-prototype", controlNanoseconds: 68_500, switchingNanoseconds: 2_800,
    linkUpNanoseconds: 8_700)

  /// The switching of a technology alone: no control, no link-up; nil where no time is published.
  public init?(_ technology: OpticalTechnology) {
    guard let switching = technology.switchingNanoseconds else { return nil }
    self.init(name: technology.name, switchingNanoseconds: switching)
  }

  public static let presets =
    [mixNetPaper, mixNetPrototype, commodityNIC, fastPrototype, instant]
    + OpticalTechnology.all.compactMap { ReconfigurationDelay($0) }
}

/// What stops in a region while its circuits change; other regions never notice.
public enum ReconfigurationScope: String, Sendable, Hashable, CaseIterable {
  /// Every circuit, also when the new ones are the same.
  case allStop = "all-stop"
  /// Changed ports only; unchanged circuits cost nothing.
  case changedPortsOnly = "changed-ports-only"
}
