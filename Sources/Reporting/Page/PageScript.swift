/// The script of a page: sorts tables and opens details for printing.
///
/// All is readable without it.
enum PageScript {
  // Without "<" and "&", so that an XML parser reads it too.
  static let text = """

    "use strict";
    (function () {
      function key(row, column) {
        var cell = row.cells[column];
        var exact = cell.getAttribute("data-value");
        if (exact !== null) return { rank: 0, value: Number(exact) };
        if (cell.classList.contains("missing")) return { rank: 2, value: 0 };
        return { rank: 1, value: cell.textContent };
      }
      function order(left, right, sign) {
        if (left.rank !== right.rank) return left.rank - right.rank;
        if (left.rank === 1) {
          return sign * left.value.localeCompare(right.value, "en", { numeric: true });
        }
        return sign * (left.value - right.value);
      }
      function sort(table, column, sign) {
        var body = table.tBodies[0];
        Array.from(body.rows)
          .map(function (row) { return { row: row, key: key(row, column) }; })
          .sort(function (left, right) { return order(left.key, right.key, sign); })
          .forEach(function (entry) { body.appendChild(entry.row); });
      }
      document.querySelectorAll("table.sortable").forEach(function (table) {
        var headers = Array.from(table.tHead.rows[0].cells);
        headers.forEach(function (header, column) {
          var button = document.createElement("button");
          button.type = "button";
          button.title = "Sort by this column";
          button.textContent = header.textContent;
          header.textContent = "";
          header.appendChild(button);
          button.addEventListener("click", function () {
            var rises = header.getAttribute("aria-sort") === "ascending";
            headers.forEach(function (other) { other.removeAttribute("aria-sort"); });
            header.setAttribute("aria-sort", rises ? "descending" : "ascending");
            sort(table, column, rises ? -1 : 1);
          });
        });
      });
      var closed = [];
      window.addEventListener("beforeprint", function () {
        closed = Array.from(document.querySelectorAll("details:not([open])"));
        closed.forEach(function (details) { details.open = true; });
      });
      window.addEventListener("afterprint", function () {
        closed.forEach(function (details) { details.open = false; });
      });
    })();

    """
}
