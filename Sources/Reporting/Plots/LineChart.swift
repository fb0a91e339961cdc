/// Curves over a common axis, each named at its end.
public struct LineChart: Sendable, Hashable {
  public struct Point: Sendable, Hashable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One curve; a point that is not finite leaves a gap.
  public struct Series: Sendable, Hashable {
    public var name: String
    public var points: [Point]
    /// Drawn dashed: what one would expect, not what was found.
    public var isReference: Bool

    public init(_ name: String, _ points: [Point], isReference: Bool = false) {
      self.name = name
      self.points = points
      self.isReference = isReference
    }
  }

  /// A place on the x axis with a word: the chosen region size.
  public struct Mark: Sendable, Hashable {
    public var x: Double
    public var label: String

    public init(x: Double, label: String) {
      self.x = x
      self.label = label
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var xKind: NumberKind
  public var yKind: NumberKind
  public var xScale: PlotScale
  /// The top of the y axis; nil takes the largest value.
  public var yMaximum: Double?
  public var series: [Series]
  public var marks: [Mark]

  public init(
    title: String, xLabel: String, yLabel: String, xKind: NumberKind, yKind: NumberKind,
    xScale: PlotScale = .linear, yMaximum: Double? = nil, series: [Series], marks: [Mark] = []
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.xKind = xKind
    self.yKind = yKind
    self.xScale = xScale
    self.yMaximum = yMaximum
    self.series = series
    self.marks = marks
  }
}
