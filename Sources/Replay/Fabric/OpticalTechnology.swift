/// What optical switches of one kind offer, as published; nil where no figure could be checked.
///
/// Radix and switching time: MixNet (SIGCOMM'25), Table 2; prices: the component table published with
/// its cost calculator, where one price stands for any optical switch port. Switching is the slow
/// end of a published range, without control and link-up. Light loses less than 2 dB in Palomar (Google,
/// as MixNet cites it); no other loss could be checked.
///
/// | name | radix | switching | $/port | source |
/// |---|---|---|---|---|
/// | robotic-patch-panel | 1008 | "minutes", here one | 100 | Telescent, as MixNet lists it |
/// | piezo | 576 | 10 to 25 ms | 520 | Polatis, as MixNet lists it |
/// | mems-3d | 320 | 10 to 15 ms | 520 | Calient, as MixNet lists it |
/// | palomar | 136 | not reported | – | Google |
/// | rotor | 128 | 10 µs | – | InFocus, as MixNet lists it |
/// | silicon-photonics | 32 | 7 µs | – | Lightmatter, as MixNet lists it |
/// | transceiver-switch | – | 60 to 80 µs | – | InfiniteHBD, abstract |
/// | plzt | 16 | 10 ns | – | EpiPhotonics, as MixNet lists it |
public struct OpticalTechnology: Sendable, Hashable {
  /// The word used in files and tables.
  public var name: String
  /// Ports of one switch.
  public var radix: Int?
  /// Nanoseconds until the light takes its new way.
  public var switchingNanoseconds: Double?
  /// US dollars for one port.
  public var portPriceUSD: Double?
  /// Decibels that light loses at most on one pass.
  public var insertionLossDecibels: Double?

  public static let all = [
    OpticalTechnology(
      name: "robotic-patch-panel", radix: 1008, switchingNanoseconds: 60e9, portPriceUSD: 100),
    OpticalTechnology(name: "piezo", radix: 576, switchingNanoseconds: 25e6, portPriceUSD: 520),
    OpticalTechnology(name: "mems-3d", radix: 320, switchingNanoseconds: 15e6, portPriceUSD: 520),
    OpticalTechnology(name: "palomar", radix: 136, insertionLossDecibels: 2),
    OpticalTechnology(name: "rotor", radix: 128, switchingNanoseconds: 10e3),
    OpticalTechnology(name: "silicon-photonics", radix: 32, switchingNanoseconds: 7e3),
    OpticalTechnology(name: "transceiver-switch", switchingNanoseconds: 80e3),
    OpticalTechnology(name: "plzt", radix: 16, switchingNanoseconds: 10),
  ]

  /// The technology of that name, or nil.
  public static func named(_ name: String) -> OpticalTechnology? { all.first { $0.name == name } }
}
