internal import ArgumentParser
internal import Replay

/// The optical NICs of a fabric and what switches them; what is left out is as the fabric has it.
struct CircuitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Optical NICs per server.", discussion: "Default: three quarters (MixNet has 6 of 8).",
      valueName: "count"))
  var alpha: Int?

  @Option(
    help: ArgumentHelp(
      "Servers that share an optical switch: a number, or group for those of one expert group.",
      valueName: "servers"))
  var region = RegionSize.expertGroup

  @Option(
    help: ArgumentHelp(
      "Ports of one optical switch, which a region has to fit.", discussion: "Default: 576.",
      valueName: "ports"))
  var opticalRadix: Int?

  @Option(
    help: ArgumentHelp(
      "Time to change circuits: a duration or a preset.",
      discussion: "Default: mixnet-paper, and rotor for rotors. Presets: mixnet-paper (25 ms), "
        + "mixnet-prototype (41.1 ms + 0.35 ms per pair), "
        + "commodity-nic (42 ms + 5.67 s until the link is up), "
        + ReconfigurationDelay.presets.dropFirst(3).map(\.name).joined(separator: ", ") + ".",
      valueName: "duration|preset"))
  var delay: String?

  @Option(
    help: ArgumentHelp(
      "Whether optical switches join ports in pairs or transmitters and receivers apart.",
      discussion: "Default: paired, and independent for rotors. Directed schedulers need "
        + "independent.", valueName: "duplex"))
  var duplex: Duplex?

  @Option(
    help: ArgumentHelp(
      "What stops while circuits change.", discussion: "Default: all-stop.", valueName: "scope"))
  var reconfiguration: ReconfigurationScope?

  @Option(
    help: ArgumentHelp(
      "How a pair with a circuit uses it: alone, or split with the packet network.",
      discussion: "Default: exclusive, as MixNet does.", valueName: "mode"))
  var sharing: SharingMode?
}
