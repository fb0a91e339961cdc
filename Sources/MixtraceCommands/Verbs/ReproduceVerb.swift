internal import ArgumentParser
internal import FoundationEssentials
internal import Replay
internal import Reporting
internal import TraceModel

/// `mixtrace reproduce`: a published table beside our replay of it.
struct ReproduceVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Replay a published comparison of fabrics and print ours beside theirs.",
    discussion: """
      mixnet: the normalised iteration times of MixNet (SIGCOMM 2025), 1,024 GPUs, four fabrics. \
      One number per model is fitted, its compute time, to how much the fat-tree gains from 400 to \
      800 Gb/s; no cell is fitted by itself. What the authors did not publish is assumed, listed, \
      and changed one by one to see how much rests on it.

      EXAMPLES
        mixtrace reproduce mixnet --table mixnet_normalized_performance.csv \\
            --tokens mixnet_tokens_8x8_measured.txt
        mixtrace reproduce mixnet --table published.csv --skip-sensitivity --format json
      """)

  @Argument(help: "What to reproduce: mixnet.")
  var paper: Publication

  @Option(
    help: ArgumentHelp(
      "The published table: Model,Bandwidth,fattree,mixnet,rail-optimized,topoopt.",
      valueName: "file"))
  var table: String

  @Option(
    help: ArgumentHelp(
      "A token matrix for the models whose expert parallelism it fits, as nested lists; the others "
        + "get a synthetic gate.", valueName: "file"))
  var tokens: String?

  @Option(
    help: ArgumentHelp(
      "Data-parallel replicas to replay of each model; 0 for all 1,024 GPUs.",
      discussion: "Replicas are alike and meet only in their gradient rings, which carry what they "
        + "carry among all.", valueName: "count"))
  var replicas = 2

  @Flag(help: "Do not change the inputs that were not published one by one.")
  var skipSensitivity = false

  @OptionGroup(title: "Output") var results: OutputOptions

  enum Publication: String, CaseIterable, ExpressibleByArgument { case mixnet }

  func run(on terminal: Terminal) throws -> ExitStatus {
    guard replicas == 0 || (2...PaperModel.gpuCount).contains(replicas) else {
      throw ValidationError("--replicas is \(replicas); it must be 0 (all), 2 or more")
    }
    let published = try PublishedTable(csv: text(of: table), file: table)
    let models = try published.models.map { try PaperModel.named($0) }
    let measured = try tokens.map { try measuredMatrix($0, for: models) }
    var inputs = PaperInputs()
    inputs.replicas = replicas == 0 ? nil : replicas
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let variants = skipSensitivity ? [] : PaperVariant.all(replicas: inputs.replicas)
    show("the paper's table", done: 0, of: variants.count + 1, meter, terminal)
    let base = try PaperReproduction(table: published, measured: measured, inputs: inputs)
    var outcomes: [PaperOutcome] = []
    var failures: [String] = []
    for (done, variant) in variants.enumerated() {
      show(variant.input, done: done + 1, of: variants.count + 1, meter, terminal)
      do {
        outcomes.append(
          PaperOutcome(
            variant: variant,
            outcome: try PaperReproduction(
              table: published, measured: measured, inputs: variant.inputs, known: base)))
      } catch {
        failures.append("\(variant.input), \(variant.tried): \(error)")
      }
    }
    meter.finish()
    document(base, outcomes, failures, models).print(results, on: terminal)
    return base.absences.isEmpty ? .done : .doneWithWarnings
  }

  private func measuredMatrix(_ path: String, for models: [PaperModel]) throws -> TrafficMatrix {
    let matrix = try tokenMatrix(text: text(of: path), file: path)
    guard models.contains(where: { $0.expert == matrix.size }) else {
      let sizes = models.map { "\($0.name) needs \($0.expert)" }.joined(separator: ", ")
      throw VerbError("\(path): \(matrix.size) rows fit no model of the table: \(sizes)")
    }
    return matrix
  }

  private func show(
    _ what: String, done: Int, of count: Int, _ meter: ProgressMeter, _ terminal: Terminal
  ) {
    meter.update { elapsed in
      ProgressLine(label: what, kind: .count, noun: "tables", total: Int64(count))
        .text(done: Int64(done), elapsedNanoseconds: Int64(elapsed * 1e9), width: terminal.width)
    }
  }

  private func text(of path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw VerbError("\(path) cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private func document(
    _ base: PaperReproduction, _ outcomes: [PaperOutcome], _ failures: [String],
    _ models: [PaperModel]
  ) -> ResultDocument {
    var document = ResultDocument()
    let answered = base.table.cells.filter { base.error($0) != nil }.count
    let ranking = base.ranking
    document.sentences = [
      "\(answered - base.differences.count) of \(answered) cells are within 10 % of the published "
        + "ones; mean |ln(ours ÷ theirs)| is "
        + HumanNumber.text(base.meanLogError() ?? 0, .share) + ".",
      "\(ranking.agreeing) of \(ranking.counted) pairs of fabrics that the table puts more than 2 % "
        + "apart stand in the same order.",
    ]
    document.sentences += base.absences.map { "Warning: \($0)" }
    document.sentences += failures.map { "Could not be tried: \($0)." }
    document.remarks = [
      inputsRemark(models),
      "Note: tensor-parallel lanes are one end, and their traffic is part of the fitted compute; "
        + "latency and packets are not modelled.",
    ]
    document.add("cells", PaperTables.cells(base))
    document.add("models", PaperTables.fits(base))
    document.add("costs", PaperTables.costs(base))
    if !outcomes.isEmpty { document.add("inputs", PaperTables.inputs(base, outcomes)) }
    document.add("differences", PaperTables.differences(base, outcomes))
    return document
  }

  private func inputsRemark(_ models: [PaperModel]) -> String {
    let demand =
      tokens == nil
      ? "no measured token matrix was given, so every model has a synthetic gate"
      : "the measured matrix serves the models that it fits, a synthetic gate the others"
    return "Note: \(demand). One layer of each pipeline stage in \(replicaWords(models)) is "
      + "replayed; the others are alike."
  }

  /// "4 data-parallel replicas (Mixtral 8*22B has 2)".
  private func replicaWords(_ models: [PaperModel]) -> String {
    guard replicas > 0 else { return "all data-parallel replicas" }
    let fewer = models.filter { $0.replicasReplayed(replicas) < replicas }
      .map { "\($0.name) has \($0.replicaCount)" }
    return "\(replicas) data-parallel replicas"
      + (fewer.isEmpty ? "" : " (\(fewer.joined(separator: ", ")))")
  }
}
