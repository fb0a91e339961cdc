/// Horizontal bars, each of one or several parts, with a proven bound drawn into its row.
public struct BarChart: Sendable, Hashable {
  /// One bar.
  public struct Row: Sendable, Hashable {
    public var label: String
    /// One value for each segment; what is not finite or negative has no length.
    public var values: [Double]
    /// Where the tick of the lower bound stands.
    public var bound: Double?
    /// Words after the value: "97 % of bound".
    public var note: String
    /// The row that the verdict speaks of.
    public var isEmphasised: Bool

    public init(
      _ label: String, _ values: [Double], bound: Double? = nil, note: String = "",
      isEmphasised: Bool = false
    ) {
      self.label = label
      self.values = values
      self.bound = bound
      self.note = note
      self.isEmphasised = isEmphasised
    }

    /// The length of the bar; not finite when a part is not.
    var total: Double { values.reduce(0, +) }
    var drawnValues: [Double] { values.map { $0.isFinite ? max(0, $0) : 0 } }
  }

  public var title: String
  public var kind: NumberKind
  /// Names of the parts; one name alone needs no legend.
  public var segments: [String]
  /// What the tick means: "proven lower bound".
  public var boundName: String
  public var rows: [Row]

  public init(
    title: String, kind: NumberKind, segments: [String] = [""],
    boundName: String = "proven lower bound", rows: [Row]
  ) {
    self.title = title
    self.kind = kind
    self.segments = segments
    self.boundName = boundName
    self.rows = rows
  }

  /// Where bars are cut off, nil when all fit.
  ///
  /// One value far beyond the others (a link-up of seconds beside milliseconds) would leave nothing
  /// to see of the rest; it is drawn with a break, its value is written beside it.
  package var cutOff: Double? {
    let lengths = rows.map { max($0.drawnValues.reduce(0, +), $0.bound ?? 0) }
      .filter { $0 > 0 && $0.isFinite }.sorted()
    guard lengths.count >= 3, let longest = lengths.last else { return nil }
    let usual = 6 * lengths[(lengths.count - 1) / 2]
    guard longest > usual, let limit = lengths.last(where: { $0 <= usual }) else { return nil }
    return limit * 1.12
  }
}
