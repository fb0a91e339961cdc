internal import ArgumentParser

/// The NICs that fabrics are built of; what is left out is as the fabric or the layout has it.
struct NICOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Rate of one NIC per direction.", discussion: "Default: 400 Gb/s, and 800 Gb/s on nvl72.",
      valueName: "rate"))
  var nicRate: String?

  @Option(
    help: ArgumentHelp(
      "NICs per server.", discussion: "Default: as in the layout.", valueName: "count"))
  var nicsPerServer: Int?

  @Option(
    help: ArgumentHelp(
      "Payload as a share of what the wire carries, above 0 and at most 1.",
      discussion: "Default: 1.", valueName: "share"))
  var payloadEfficiency: Double?
}
