/// One self-contained HTML page: the verdict, the pictures, the tables and the numbers.
///
/// The text parses as XML and as HTML, names no other file, and its content security policy
/// forbids the network. The bytes depend only on the values given. Prose may hold `code` between
/// backticks and **strong words**; everything else is shown as it is written.
public struct ReportPage: Sendable, Hashable {
  /// One number worth reading first.
  public struct KeyFigure: Sendable, Hashable {
    public var label: String
    /// As people read it: "8 servers", "1.79 ms".
    public var value: String
    public var note: String

    public init(_ label: String, _ value: String, note: String = "") {
      self.label = label
      self.value = value
      self.note = note
    }
  }

  /// A picture and the sentence under it.
  public struct Figure: Sendable, Hashable {
    public var plot: Plot
    public var caption: String

    public init(_ plot: Plot, caption: String = "") {
      self.plot = plot
      self.caption = caption
    }
  }

  /// What a section is made of.
  public indirect enum Block: Sendable, Hashable {
    case prose(String)
    case list([String])
    /// A sentence that must not be overlooked.
    case warning(String)
    /// Commands or file contents, kept as they are.
    case code(String)
    case figure(Figure)
    /// Figures beside each other where the screen is wide enough.
    case figures([Figure])
    case table(Table)
    /// Closed until someone opens it; printed open.
    case details(summary: String, [Block])
  }

  /// Blocks under a heading.
  public struct Section: Sendable, Hashable {
    public var heading: String
    public var blocks: [Block]

    public init(_ heading: String, _ blocks: [Block]) {
      self.heading = heading
      self.blocks = blocks
    }
  }

  public var title: String
  /// What was looked at: file names, model, layout.
  public var subtitle: String
  /// The answer; the first sentence is set large.
  public var verdict: [String]
  public var keyFigures: [KeyFigure] = []
  public var sections: [Section] = []
  /// The numbers behind the page, for programs: `<script type="application/json" id="data">`.
  public var data: JSONValue = .object([])
  /// How the page was made: version, command, seed.
  public var footer: [String] = []

  public init(title: String, subtitle: String = "", verdict: [String]) {
    self.title = title
    self.subtitle = subtitle
    self.verdict = verdict
  }

  /// The page as UTF-8 text, ending with a line end.
  public var html: String { "<!DOCTYPE html>\n" + PageMarkup(self).root.text + "\n" }
}
