internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceFormat
internal import TraceModel

/// What stands on the report page, in the order in which a director and then an engineer reads it.
struct ReportContents {
  let file: TraceFile
  let name: String
  let workload: Workload
  let locality: LocalityReport
  /// Or why no region could be judged.
  let regionStudy: Result<RegionStudy, VerbError>
  let comparison: FabricComparison
  /// What sharing costs each job; nil where there is one.
  let jobs: Table?

  var regions: RegionStudy? { try? regionStudy.get() }

  func page(title: String?) -> ReportPage {
    let metadata = file.metadata
    var page = ReportPage(
      title: title ?? "Network report: \(name)",
      subtitle: subtitle,
      verdict: FabricFailure.sentences(comparison.failures) + Verdict.sentences(comparison)
        + (regions?.optics.sentences ?? []))
    page.keyFigures = keyFigures
    page.sections = [
      ReportPage.Section("Completion time", completion),
      ReportPage.Section("Which region", region),
      ReportPage.Section("Where the bytes go", traffic),
      ReportPage.Section("What this rests on", foundations(metadata)),
    ]
    page.data = data
    page.footer = [
      "mixtrace \(Mixtrace.version)",
      "from \(metadata.sources.map(\.name).joined(separator: ", "))",
    ]
    return page
  }

  private var subtitle: String {
    let layout = workload.layout
    return [
      workload.model?.name, "\(layout.serverCount) servers × \(layout.gpusPerServer) GPUs",
      "\(workload.iterations.count) iterations", "\(locality.layerCount) layers",
    ].compactMap { $0 }.joined(separator: " · ")
  }

  private var keyFigures: [ReportPage.KeyFigure] {
    var figures: [ReportPage.KeyFigure] = []
    if let fastest = comparison.fastest {
      figures.append(
        ReportPage.KeyFigure(
          "fastest fabric", fastest.label,
          note: HumanNumber.text(fastest.completionNanoseconds, .nanoseconds)))
    }
    if let smallest = regions?.choice[.smallest] {
      let size = smallest.candidate.plan.size
      let optical =
        regions?.regionIfOptical.map { "; with optics \($0.candidate.plan.size) servers" } ?? ""
      figures.append(
        ReportPage.KeyFigure(
          "region", size > 1 ? "\(size) servers" : "none",
          note: "smallest within 5 % of the best" + (size > 1 ? "" : optical)))
    }
    if let value = regions?.optics.value {
      figures += [
        figure("topology value", value.topology, note: "best fixed circuits over a circulant"),
        figure(
          "reconfiguration value", value.reconfiguration,
          note: "circuits per operation over the best fixed ones"),
      ]
    }
    return figures + [
      figure(
        "imbalance", locality.networkProfile.receiveMaxOverMean, note: "busiest receiver ÷ mean")
    ]
  }

  private func figure(_ label: String, _ finding: Finding, note: String) -> ReportPage.KeyFigure {
    ReportPage.KeyFigure(
      label, finding.number == nil ? "not measurable" : finding.description,
      note: finding.absence ?? note)
  }

  private var completion: [ReportPage.Block] {
    let fastest = comparison.fastest?.label
    let bars = BarChart(
      title: "Completion time by fabric", kind: .nanoseconds,
      segments: comparison.computeNanoseconds == nil
        ? ["without exposed delay", "exposed delay"] : ["compute", "network", "exposed delay"],
      rows: comparison.rows.map { row in
        return BarChart.Row(
          row.label, segments(of: row),
          bound: row.bound.nanoseconds,
          note: HumanNumber.text(row.share(of: row.bound), .share) + " of bound",
          isEmphasised: row.label == fastest)
      })
    return [
      .figure(
        ReportPage.Figure(
          .bars(bars),
          caption: barCaption)),
      .table(ReplayTables.fabrics(comparison, allBoundsIn: "“Lower bounds” below")),
    ] + (jobs.map { [.table($0)] } ?? []) + [
      .list(
        Verdict.limits(comparison, workload: workload) + Verdict.remarks(comparison))
    ]
  }

  /// What is drawn beside the bars, of what there is.
  private var barCaption: String {
    let rows = comparison.rows
    let hasChoice = rows.contains { $0.fabric.optical != nil }
    var sentences = [
      "Ticks are proven lower bounds" + (hasChoice ? " with circuits free to choose." : ".")
    ]
    if rows.contains(where: { $0.fabric.name == "ideal" }) {
      sentences.append("The ideal crossbar is a yardstick.")
    }
    if rows.contains(where: { $0.label.hasSuffix(FabricRow.commodityNIC) }) {
      sentences.append("Rows with a commodity NIC have 42 ms of control and 5.67 s of link-up.")
    }
    return sentences.joined(separator: " ")
  }

  /// What a completion time is made of, where that is known.
  private func segments(of row: FabricRow) -> [Double] {
    let completion = row.completionNanoseconds
    let exposed = row.result.total.exposedNanoseconds
    guard let compute = comparison.computeNanoseconds, let network = row.networkNanoseconds else {
      return [max(0, completion - exposed), exposed]
    }
    return [min(compute, completion), max(0, network - exposed), exposed]
  }

  private var region: [ReportPage.Block] {
    var blocks: [ReportPage.Block] = []
    if let absence = locality.curveAbsence {
      blocks.append(.warning("Locality against region size: \(absence)."))
    } else if locality.curve.count > 1 {
      let chart = LineChart(
        title: "Share of bytes that stays inside a region", xLabel: "servers per region",
        yLabel: "share inside", xKind: .count, yKind: .share, xScale: .logarithmic, yMaximum: 1,
        series: [
          series(
            locality.split.isScoredOnItself ? "best found, on its own bytes" : "best found",
            \.bestShare),
          series("expert groups", \.declared),
          series("in order", \.contiguous), series("uniform traffic", \.uniform, isReference: true),
        ],
        marks: regions?.regionIfOptical.map {
          [LineChart.Mark(x: Double($0.candidate.plan.size), label: "smallest that serves")]
        } ?? [])
      blocks.append(.figure(ReportPage.Figure(.lines(chart))))
    }
    switch regionStudy {
    case .success(let regions):
      blocks += [.list(regions.sentences), .table(regions.table)]
    case .failure(let error):
      blocks.append(.warning("\(error.description)."))
    }
    return blocks
  }

  private func series(
    _ name: String, _ share: KeyPath<CurvePoint, Double>, isReference: Bool = false
  ) -> LineChart.Series {
    LineChart.Series(
      name, locality.curve.map { LineChart.Point(Double($0.size), $0[keyPath: share]) },
      isReference: isReference)
  }

  private var traffic: [ReportPage.Block] {
    var blocks: [ReportPage.Block] = [.list(locality.verdict.map(\.sentence))]
    let matrix = locality.serverMatrix.withoutDiagonal
    if matrix.total > 0 {
      let map = HeatMap(
        title: "Bytes between servers", rowLabel: "source server",
        columnLabel: "destination server", size: matrix.size, cells: matrix.cells, kind: .bytes)
      blocks.append(
        .figure(ReportPage.Figure(.heat(map), caption: "Sum over all \(locality.subject).")))
    }
    blocks.append(
      .table(LocalityTables.bytes(locality.byRoleAndPhase, title: "Bytes by role and phase")))
    blocks += locality.profiles.map { .table(LocalityTables.profile($0)) }
    blocks.append(.table(LocalityTables.time(locality)))
    if locality.layerProfiles.count > 1 {
      blocks.append(
        .details(
          summary: "Structure by layer",
          [.table(LocalityTables.profiles(locality.layerProfiles, title: "Structure by layer"))]))
    }
    return blocks
  }

  private func foundations(_ metadata: TraceMetadata) -> [ReportPage.Block] {
    let damaged = metadata.ledgers.filter(\.hasDamage)
    var blocks: [ReportPage.Block] = damaged.map {
      .warning("\($0.source): part of the input could not be read; see the ledger.")
    }
    if !metadata.notes.isEmpty { blocks.append(.list(metadata.notes)) }
    blocks += [
      .details(
        summary: "Lower bounds", [.table(BoundTables.bounds(comparison, isForPeople: true))]),
      .details(summary: "Effective parameters", [.table(ParameterTables.parameters(comparison))]),
      .details(
        summary: "Bills of materials", comparison.buildable.map { .table(ReplayTables.bill($0)) }),
      .details(
        summary: "Busiest links", comparison.rows.map { .table(ReplayTables.busiestLinks($0)) }),
      .details(
        summary: "Layout and model",
        [.table(TraceTables.layout(metadata.layout, model: workload.model))]),
      .details(
        summary: "Provenance: what was measured, declared or inferred",
        [.table(TraceTables.provenance(workload.provenance))]),
      .details(
        summary: "Ledger: what became of everything that was read",
        [
          .table(TraceTables.sources(metadata.sources)),
          .table(TraceTables.ledger(metadata.ledgers, isForPeople: true)),
        ]),
    ]
    return blocks
  }

  private var data: JSONValue {
    .object([
      .init("fabrics", ReplayTables.fabrics(comparison).json),
      .init("bounds", BoundTables.bounds(comparison, isForPeople: false).json),
      .init("jobs", jobs?.json ?? .null),
      .init("region_plans", regions?.table.json ?? .null),
      .init("locality", LocalityTables.curve(locality).json),
      .init("structure", LocalityTables.profiles(locality.profiles, title: "").json),
      .init("parameters", ParameterTables.parameters(comparison).json),
    ])
  }
}
