/// A page as a tree of HTML.
struct PageMarkup {
  let page: ReportPage

  init(_ page: ReportPage) { self.page = page }

  /// Nothing may be fetched; pictures are data, style and script stand in the page.
  private static let policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

  var root: Markup {
    .make(
      "html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"],
      [
        .make(
          "head", [:],
          [
            .make("meta", ["charset": "utf-8"]),
            .make("meta", ["http-equiv": "Content-Security-Policy", "content": Self.policy]),
            .make(
              "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .make("meta", ["name": "generator", "content": "mixtrace"]),
            .make("title", text: page.title),
            .make("style", [:], [.verbatim(PageStyle.sheet)]),
          ]),
        .make(
          "body", [:],
          [
            .make("main", [:], [header] + contents + page.sections.indices.map(section)),
            footer,
            .make(
              "script", ["type": "application/json", "id": "data"],
              [.verbatim(page.data.textForMarkup())]),
            .make("script", [:], [.verbatim(PageScript.text)]),
          ]),
      ])
  }

  private var header: Markup {
    var children: [Markup] = [.make("h1", text: page.title)]
    if !page.subtitle.isEmpty {
      children.append(.make("p", ["class": "subtitle"], Prose.markup(page.subtitle)))
    }
    for (index, sentence) in page.verdict.enumerated() {
      children.append(
        .make("p", ["class": index == 0 ? "verdict" : "because"], Prose.markup(sentence)))
    }
    if !page.keyFigures.isEmpty {
      let figures = page.keyFigures.map { figure in
        Markup.make(
          "div", [:],
          [
            .make("dt", text: figure.label), .make("dd", ["class": "value"], text: figure.value),
          ] + (figure.note.isEmpty ? [] : [.make("dd", ["class": "note"], text: figure.note)]))
      }
      children.append(.make("dl", ["class": "figures"], figures))
    }
    return .make("header", [:], children)
  }

  /// Links to the sections, worth their place from five sections on.
  private var contents: [Markup] {
    guard page.sections.count >= 5 else { return [] }
    let links = page.sections.enumerated().map { index, section in
      Markup.make(
        "li", [:], [.make("a", ["href": "#section-\(index + 1)"], text: section.heading)])
    }
    return [.make("nav", ["aria-label": "Sections"], [.make("ul", [:], links)])]
  }

  private func section(_ index: Int) -> Markup {
    let section = page.sections[index]
    return .make(
      "section", ["id": "section-\(index + 1)"],
      [.make("h2", text: section.heading)] + section.blocks.map(block))
  }

  private func block(_ block: ReportPage.Block) -> Markup {
    switch block {
    case .prose(let text): .make("p", [:], Prose.markup(text))
    case .list(let items): .make("ul", [:], items.map { .make("li", [:], Prose.markup($0)) })
    case .warning(let text): .make("p", ["class": "warning"], Prose.markup(text))
    case .code(let text): .make("pre", [:], [.make("code", text: text)])
    case .figure(let figure): self.figure(figure)
    case .figures(let figures): .make("div", ["class": "beside"], figures.map(self.figure))
    case .table(let table): PageTable(table).markup
    case .details(let summary, let blocks):
      .make(
        "details", [:],
        [.make("summary", [:], Prose.markup(summary))] + blocks.map { self.block($0) })
    }
  }

  private func figure(_ figure: ReportPage.Figure) -> Markup {
    var children: [Markup] = []
    if !figure.plot.title.isEmpty {
      children.append(.make("p", ["class": "figure-title"], text: figure.plot.title))
    }
    children.append(figure.plot.markup(width: Plot.wideWidth, style: "plot wide"))
    children.append(figure.plot.markup(width: Plot.narrowWidth, style: "plot narrow"))
    if !figure.caption.isEmpty {
      children.append(.make("figcaption", [:], Prose.markup(figure.caption)))
    }
    return .make("figure", [:], children)
  }

  private var footer: Markup {
    .make("footer", [:], page.footer.map { .make("p", [:], Prose.markup($0)) })
  }
}
