internal import ArgumentParser
internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// `mixtrace regions`: which region, how many optical NICs, which switch, which scheduler.
struct RegionsVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "regions",
    abstract: "Choose region size, optical NICs, switch and scheduler; say when optics do not pay.",
    discussion: """
      Combines region sizes, groupings, optical NICs, switches and schedulers, leaves out what the \
      hardware does not allow, and answers: the smallest region and the cheapest network within \
      ε of the fastest, the most performance per dollar, the front of cost, time and exposed delay \
      and its knee. Each answer has a margin, and how often it changes when iterations are drawn \
      anew.

      Lower bounds come first; whoever cannot answer any question is dropped unseen. The others race \
      on representative iterations, and every answer is replayed in full. Circuits are tried as \
      --policy says and set once; the better counts. Prices are of whole switches.

      Circuits are compared with a fat-tree that never blocks, or with the first network without circuits \
      of --fabrics.

      Several traces are jobs that share the fabric side by side, or as --allocation says.

      EXAMPLES
        mixtrace regions run.mixt
        mixtrace regions run.mixt --region-sizes 4,8,16 --optical-nics 2,4,6 \\
            --technologies piezo,silicon-photonics --epsilon 0.02
        mixtrace regions run.mixt other.mixt --groupings contiguous --format csv > candidates.csv
        mixtrace regions run.mixt other.mixt --allocation random --allocation-seed 7
        mixtrace regions run.mixt --loss-budget 2.5 --insertion-losses piezo=2.7,mems-3d=3
        mixtrace regions run.mixt --delay "10 us" --optical-radix 128
      """)

  @Argument(help: "A .mixt file; further ones are jobs beside it.")
  var trace: [String]

  @OptionGroup(title: "What is combined") var lists: CandidateOptions
  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "What if") var changes: WhatIfOptions
  @OptionGroup(title: "Fabric parameters") var fabric: FabricOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func validate() throws {
    for (option, list, isGiven) in [
      ("--alpha", "--optical-nics", fabric.circuits.alpha != nil),
      ("--region", "--region-sizes", fabric.circuits.region.servers != nil),
      ("--scheduler", "--schedulers", fabric.scheduler != nil),
    ] where isGiven {
      throw ValidationError("\(option) is one value of \(list) here: write it there")
    }
  }

  func run(on terminal: Terminal) throws -> ExitStatus {
    try lists.check()
    let parameters = try fabric.parameters()
    var changes = changes
    changes.job = Array(trace.dropFirst()) + changes.job
    var newServers: [Int]?
    let read = try selection.readWorkload(
      trace[0], changes: changes, warningsTo: terminal
    ) { all, sizes in
      let servers = lists.allocation.newServers(jobSizes: sizes, seed: lists.allocationSeed)
      newServers = servers
      guard lists.allocation != .contiguous else { return all }
      return try all.placingServers(servers)
    }
    if newServers == nil, lists.allocation != .contiguous {
      throw ValidationError("--allocation is for several jobs: name their traces")
    }
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let document = try document(
      of: read.value, parameters, newServers: newServers, meter: meter)
    meter.finish()
    var result = document
    result.sentences = try selection.sizeCaveats(in: read.file) + result.sentences
    result.print(results, on: terminal)
    return read.status
  }

  private func document(
    of workload: Workload, _ parameters: FabricParameters, newServers: [Int]?,
    meter: ProgressMeter
  ) throws -> ResultDocument {
    let optical = try baseFabric(parameters, for: workload.layout)
    guard let layer = optical.optical else {
      throw VerbError("\(optical.name) has no optical switches to choose regions for")
    }
    let plans = RegionPlans(
      workload, sizes: lists.regionSizes?.numbers, groupings: try lists.groupingNames,
      newServers: newServers)
    let switches = try lists.switches(of: layer, circuits: fabric.circuits)
    let search = try CandidateSearch(
      CandidateLists(
        plans: plans.plans,
        opticalNICs: lists.opticalNics?.numbers
          ?? CandidateOptions.opticalNICs(of: optical.nicsPerServer),
        switches: switches.known, schedulers: try lists.schedulerNames, lossBudget: lists.lossBudget
      ),
      on: optical, workload: plans.scored, parameters: parameters, tolerance: lists.epsilon,
      sampleCount: lists.representatives > 0 ? lists.representatives : nil,
      progress: { done, count in meter.showCandidates(done: done, of: count) })
    let choice = search.choice
    let study = plans.noOptics == nil ? search.opticsStudy() : nil
    var tooLarge = plans.tooLarge.map {
      "a region of \($0) servers: there are \(workload.layout.serverCount)"
    }
    if lists.regionSizes?.numbers == [1] {
      tooLarge.append("a region of 1 server holds no circuit")
    }
    let conditions = NetworkConditions(
      noOptics: plans.noOptics, unlimitedNanoseconds: search.unlimitedNanoseconds(),
      nicBitsPerSecond: search.nicBitsPerSecond, packetsNeverBlock: search.packetsNeverBlock,
      omissions: search.grid.omissions.map(\.reason) + switches.omitted + tooLarge)
    var document = ResultDocument()
    document.sentences =
      choice.opticsSentences(conditions) + choice.answerSentences
      + [search.sentenceIfBought, guessSentence(workload)].compactMap(\.self)
      + (study?.sentences ?? [])
      + [plans.sentence, search.sampleSentence].compactMap(\.self)
    document.remarks =
      (switches.omitted + tooLarge).map { "Left out: \($0)." }
      + [
        search.electricalRemark, priceRemark(switches.known, search.grid.candidates),
        lists.lossRemark(switches.known),
        allocationRemark,
        standingRemark(search, study),
      ].compactMap(\.self)
    document.add("candidates", RegionTables.candidates(choice), isForMachinesOnly: true)
    document.add("answers", RegionTables.answers(choice))
    if choice.front.count > 1 { document.add("front", RegionTables.front(choice)) }
    document.add(
      "stability", RegionTables.stability(choice), isForMachinesOnly: true)
    if !search.grid.omissions.isEmpty {
      document.add("left_out", RegionTables.omissions(search.grid))
    }
    return document
  }

  /// Whose ports have no price of their own.
  private func priceRemark(
    _ switches: [CandidateFabrics.OpticalSwitch], _ candidates: [Candidate]
  ) -> String? {
    let used = Set(candidates.compactMap(\.technology))
    let names = switches.filter { $0.portPriceUSD == nil }.map(\.kind.name)
      .filter(used.contains)
    guard !names.isEmpty else { return nil }
    return
      "No price of a port is published for \(names.joined(separator: ", ")): that of other optical switches "
      + "is taken, and costs of theirs are an assumption."
  }

  private func guessSentence(_ workload: Workload) -> String? {
    reasonAgainstSources(workload.provenance).map {
      "What circuits win here rests on a guess: \($0)."
    }
  }

  /// Where circuits that change are worth something and yet are best set once.
  private func standingRemark(_ search: CandidateSearch, _ study: OpticsStudy?) -> String? {
    guard study?.isReconfiguringWorthwhile == true,
      let best = search.choice.scores.first(where: { $0.candidate.plan.hasCircuits }),
      best.policy == ReconfigurationPolicy.never.name
    else { return nil }
    return
      "Note: what circuits are worth is measured on expert phases alone, without compute and delays; "
      + "the replays count both, and there \(best.candidate.name) is best with circuits set once."
  }

  private var allocationRemark: String? {
    switch lists.allocation {
    case .contiguous: nil
    case .scattered: "Each job has servers all over the cluster."
    case .random: "Jobs have servers drawn by seed \(lists.allocationSeed)."
    }
  }

  /// The regional fabric whose parts the candidates replace, in regions that fit any switch.
  private func baseFabric(
    _ parameters: FabricParameters, for layout: Layout
  ) throws -> FabricSpecification {
    var parameters = parameters
    parameters.options.circuits.region = .servers(1)
    return try parameters.regionalFabric(for: layout)
  }
}
