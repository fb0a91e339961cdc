internal import ArgumentParser
internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// How servers are divided into regions.
enum GroupingName: String, CaseIterable, ExpressibleByArgument {
  case contiguous
  case groups
  case best
}

/// What is combined; each list is written with commas.
struct CandidateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Servers of a region.",
      discussion: "Default: divisors of the servers, those of an expert group, all.",
      valueName: "servers,…"))
  var regionSizes: NumberList?

  @Option(
    help: ArgumentHelp(
      "Which servers share a region: in order, by declared expert group, or by the bytes of the first "
        + "half of the iterations.",
      valueName: "ways,…"))
  var groupings = "contiguous,groups,best"

  @Option(
    help: ArgumentHelp(
      "Optical NICs of a server.",
      discussion: "Default: a quarter, a half and three quarters of the NICs.",
      valueName: "counts,…"))
  var opticalNics: NumberList?

  @Option(
    help: ArgumentHelp(
      "Optical switches: \(OpticalTechnology.all.map(\.name).joined(separator: ", ")); or declared, "
        + "with --delay and --optical-radix.",
      discussion:
        "Default: those with published ports and switching time, without rotors; declared alone "
        + "where --delay or --optical-radix is given. Switching alone is counted, no control and no "
        + "link-up.",
      valueName: "names,…"))
  var technologies: String?

  @Option(
    help: ArgumentHelp(
      "Who chooses circuits: names of mixtrace circuits --help.",
      valueName: "names,…"))
  var schedulers = "mixnet-continue,eps-aware"

  @Option(
    help: ArgumentHelp(
      "Decibels that light may lose between two transceivers: a switch that loses more is left out.",
      discussion:
        "Take fibre, connectors and ageing off before. Default: loss is not checked.",
      valueName: "dB"))
  var lossBudget: Double?

  @Option(
    help: ArgumentHelp(
      "Decibels that light loses at most on its way through a switch, as piezo=2.7,mems-3d=3.",
      discussion: "Of those published only palomar's is known: 2.", valueName: "name=dB,…"))
  var insertionLosses: String?

  @Option(
    help: ArgumentHelp(
      "Which servers several jobs got: one after the other, each over all of the cluster, any.",
      valueName: "way"))
  var allocation = JobAllocation.contiguous

  @Option(help: ArgumentHelp("Draws the servers of --allocation random.", valueName: "number"))
  var allocationSeed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "How much slower than the fastest an answer may be, as a share.", valueName: "share"))
  var epsilon = 0.05

  @Option(
    help: ArgumentHelp(
      "Iterations that stand for all while candidates race; 0 replays each candidate in full.",
      discussion: "Every answer is replayed in full in any case.", valueName: "count"))
  var representatives = 4

  /// Optical NICs that are tried where nobody says.
  static func opticalNICs(of nics: Int) -> [Int] {
    var counts: [Int] = []
    for count in [nics / 4, nics / 2, nics * 3 / 4] where count > 0 && !counts.contains(count) {
      counts.append(count)
    }
    return counts.isEmpty ? [1] : counts
  }

  func check() throws {
    guard epsilon >= 0, epsilon < 10 else {
      throw ValidationError("--epsilon is \(epsilon); it must be from 0 to below 10")
    }
    try checkOption("--representatives", representatives, in: 0...1_000_000)
    for count in opticalNics?.numbers ?? [] {
      try checkOption("--optical-nics", count, in: 1...1_024)
    }
    for size in regionSizes?.numbers ?? [] {
      try checkOption("--region-sizes", size, in: 1...1_000_000)
    }
    if let lossBudget, !(lossBudget >= 0 && lossBudget.isFinite) {
      throw ValidationError("--loss-budget is \(lossBudget); it must be a number of dB from 0")
    }
    if insertionLosses != nil, lossBudget == nil {
      throw ValidationError("--insertion-losses say nothing without --loss-budget")
    }
    _ = try declaredLosses
    _ = try groupingNames
    _ = try schedulerNames
  }

  /// Decibels by the name of a switch.
  private var declaredLosses: [String: Double] {
    get throws {
      var losses: [String: Double] = [:]
      for word in try insertionLosses.map({ try words($0, of: "--insertion-losses") }) ?? [] {
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let loss = Double(parts[1]), loss >= 0, loss.isFinite else {
          throw ValidationError("--insertion-losses: \"\(word)\" is not like piezo=2.7")
        }
        let name = String(parts[0])
        guard name == "declared" || OpticalTechnology.named(name) != nil else {
          throw unknownName(
            "technology", name, among: OpticalTechnology.all.map(\.name) + ["declared"])
        }
        losses[name] = loss
      }
      return losses
    }
  }

  /// What was and what was not checked about the loss of light; nil where nothing was asked for.
  func lossRemark(_ switches: [CandidateFabrics.OpticalSwitch]) -> String? {
    guard let lossBudget else { return nil }
    let known = switches.compactMap { found in
      found.kind.insertionLossDecibels.map { "\(found.kind.name) \($0) dB" }
    }
    let unknown = switches.filter { $0.kind.insertionLossDecibels == nil }.map(\.kind.name)
    var words =
      "Loss of light: one pass through a switch against \(lossBudget) dB; fibre, connectors and ageing "
      + "are not in it. "
    words +=
      known.isEmpty ? "Nothing could be checked" : "Checked: \(known.joined(separator: ", "))"
    if !unknown.isEmpty {
      words +=
        "; no loss is published or declared (--insertion-losses) for "
        + unknown.joined(separator: ", ")
    }
    return words + "."
  }

  var groupingNames: [GroupingName] {
    get throws {
      try words(groupings, of: "--groupings").map { word in
        guard let name = GroupingName(rawValue: word) else {
          throw unknownName(
            "grouping", word, among: GroupingName.allCases.map(\.rawValue))
        }
        return name
      }
    }
  }

  var schedulerNames: [String] {
    get throws {
      try words(schedulers, of: "--schedulers").map { word in
        guard CircuitSchedulers.named(word) != nil else { throw unknownScheduler(word) }
        return word
      }
    }
  }

  /// The switches to try, and why some that were named cannot be.
  func switches(
    of optical: OpticalLayer, circuits: CircuitOptions
  ) throws -> (known: [CandidateFabrics.OpticalSwitch], omitted: [String]) {
    var switches = try named(of: optical, circuits: circuits)
    let losses = try declaredLosses
    for place in switches.known.indices {
      let name = switches.known[place].kind.name
      let isNamed = OpticalTechnology.named(name) != nil
      if let loss = losses[isNamed ? name : "declared"] {
        switches.known[place].kind.insertionLossDecibels = loss
      }
    }
    return switches
  }

  private func named(
    of optical: OpticalLayer, circuits: CircuitOptions
  ) throws -> (known: [CandidateFabrics.OpticalSwitch], omitted: [String]) {
    let isDeclared = circuits.delay != nil || circuits.opticalRadix != nil
    guard let technologies else {
      if isDeclared { return ([CandidateFabrics.OpticalSwitch(of: optical)], []) }
      let names = OpticalTechnology.all.filter { $0.name != "rotor" }
      return (
        names.compactMap { try? CandidateFabrics.OpticalSwitch($0, planes: optical.planes) }, []
      )
    }
    var known: [CandidateFabrics.OpticalSwitch] = []
    var omitted: [String] = []
    for name in try words(technologies, of: "--technologies") {
      if name == "declared" {
        known.append(CandidateFabrics.OpticalSwitch(of: optical))
        continue
      }
      guard let technology = OpticalTechnology.named(name) else {
        throw unknownName(
          "technology", name, among: OpticalTechnology.all.map(\.name) + ["declared"])
      }
      do throws(CandidateFailure) {
        known.append(try CandidateFabrics.OpticalSwitch(technology, planes: optical.planes))
      } catch {
        omitted.append(error.reason)
      }
    }
    return (known, omitted)
  }

  private func words(_ list: String, of option: String) throws -> [String] {
    let words = list.split(separator: ",").map { $0.filter { $0 != " " } }
    guard !words.isEmpty else { throw ValidationError("\(option) names nothing") }
    try refuseRepeated(option, words)
    return words
  }
}

/// "2,4,8" as numbers, ascending and each once.
struct NumberList: ExpressibleByArgument {
  var numbers: [Int]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0.filter { $0 != " " }) }
    guard numbers.count == words.count, !numbers.isEmpty else { return nil }
    self.numbers = Set(numbers).sorted()
  }
}
