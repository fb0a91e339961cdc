/// The style sheet of a page.
///
/// Without "<" and "&", so that an XML parser reads it too.
enum PageStyle {
  static let sheet =
    "\n" + PlotStyle.colours + layout + words + tables + figures
    + PlotStyle.rules + small + paper

  private static let layout = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 \(PlotStyle.fonts)}
    main,footer{max-width:968px;margin:0 auto;padding:0 24px}
    header{padding:44px 0 8px}
    section{padding:32px 0 0;border-top:1px solid var(--hairline);margin-top:32px}
    section>:last-child{margin-bottom:0}
    .beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));
    gap:30px 40px;margin:22px 0 28px}
    .beside figure{margin:0}

    """

  private static let words = """
    h1{font-size:15px;font-weight:600;margin:0;color:var(--muted);overflow-wrap:anywhere}
    .subtitle{margin:2px 0 0;color:var(--muted);font-size:15px;overflow-wrap:anywhere}
    .verdict{font-size:30px;line-height:1.25;font-weight:600;letter-spacing:-.012em;
    margin:26px 0 0;max-width:31em;text-wrap:pretty}
    .because{font-size:18px;line-height:1.5;margin:14px 0 0;max-width:42em;text-wrap:pretty}
    h2{font-size:21px;line-height:1.3;font-weight:600;letter-spacing:-.006em;margin:0 0 12px}
    p,ul{margin:0 0 14px;max-width:42em;overflow-wrap:break-word;text-wrap:pretty}
    ul{padding-left:1.2em}
    li{margin:3px 0}
    nav ul{list-style:none;margin:30px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 22px;
    max-width:none;font-size:15px}
    a{color:var(--series0);text-decoration-thickness:1px;text-underline-offset:3px}
    code,pre{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    code{background:var(--panel);padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}
    pre{background:var(--panel);padding:12px 14px;border-radius:4px;overflow-x:auto}
    pre code{background:none;padding:0;overflow-wrap:normal}
    .warning{border-left:3px solid var(--warning);padding:2px 0 2px 14px;margin:18px 0}
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));gap:22px 32px;
    margin:32px 0 0}
    .figures div{border-top:2px solid var(--ink);padding-top:8px}
    .figures dt{font-size:14px;color:var(--muted)}
    .figures dd{margin:0}
    .figures .value{font-size:25px;line-height:1.3;font-weight:600;letter-spacing:-.01em;
    font-variant-numeric:tabular-nums}
    .figures .note{font-size:14px;line-height:1.4;color:var(--muted)}
    details{border-top:1px solid var(--hairline);padding:10px 0}
    details:last-child{border-bottom:1px solid var(--hairline)}
    summary{cursor:pointer;font-weight:600;padding:2px 0}
    details[open] summary{margin-bottom:12px}
    footer{margin-top:44px;padding-top:18px;padding-bottom:48px;color:var(--muted);font-size:14px}
    footer p{margin:0 0 6px}

    """

  private static let tables = """
    .table{margin:18px 0 22px}
    .scroll{overflow-x:auto;background:
    linear-gradient(to left,var(--page) 60%,transparent) right/44px 100% no-repeat local,
    linear-gradient(to left,var(--hairline),transparent) right/16px 100% no-repeat scroll}
    table{border-collapse:collapse;font-size:15px;line-height:1.4;min-width:min(100%,420px);
    font-variant-numeric:tabular-nums}
    caption{text-align:left;font-weight:600;padding:0 0 8px}
    th,td{padding:7px 0 7px 26px;text-align:left;vertical-align:baseline}
    th:first-child,td:first-child{padding-left:0}
    th{font-size:14px;font-weight:500;color:var(--muted);vertical-align:bottom;
    border-bottom:1px solid var(--muted)}
    td{border-bottom:1px solid var(--grid)}
    td.words{overflow-wrap:break-word;min-width:6.5em}
    th.number{width:6em}
    .number{text-align:right;white-space:nowrap}
    th.number{white-space:normal}
    .missing{color:var(--muted);font-style:italic}
    .long{white-space:normal;min-width:9em}
    .best td{font-weight:600}
    .best td:first-child{color:var(--good)}
    .doubtful td:first-child{color:var(--warning)}
    .note{font-size:14px;color:var(--muted);margin:8px 0 0}
    th button{all:unset;cursor:pointer}
    th button:hover{color:var(--ink)}
    th button:focus-visible,summary:focus-visible,.scroll:focus-visible
    {outline:2px solid var(--series0);outline-offset:2px}
    th[aria-sort] button{color:var(--ink)}
    th[aria-sort=ascending] button::after{content:" ↑"}
    th[aria-sort=descending] button::after{content:" ↓"}

    """

  private static let figures = """
    figure{margin:22px 0 28px;container-type:inline-size}
    .figure-title{font-weight:600;margin:0 0 12px}
    figcaption{font-size:14px;color:var(--muted);margin-top:10px;max-width:48em;text-wrap:pretty}

    """

  /// Which of a figure's two drawings is shown depends on the place it has, not on the screen.
  private static let small = """
    .plot.narrow{display:none}
    @container (max-width:700px){
    .plot.wide{display:none}
    .plot.narrow{display:block;width:100%;max-width:470px}
    }
    @media (max-width:560px){
    main,footer{padding:0 16px}
    header{padding-top:26px}
    .verdict{font-size:23px;margin-top:18px}
    .because{font-size:16px}
    .figures{grid-template-columns:1fr 1fr;gap:18px 20px}
    .figures .value{font-size:21px}
    section{padding-top:28px;margin-top:28px}
    table{font-size:14px}
    th,td{padding-left:18px}
    th:first-child,td:first-child{position:sticky;left:0;background:var(--page)}
    }

    """

  private static let paper = """
    @media print{
    body{font-size:11pt}
    main,footer{max-width:none;padding:0}
    nav{display:none}
    figure,tr{break-inside:avoid}
    section{padding-top:18px;margin-top:22px}
    table{font-size:9.5pt}
    h2{break-after:avoid}
    .scroll{overflow:visible;background:none}
    .plot.wide{display:block!important}
    .plot.narrow{display:none!important}
    }

    """
}
