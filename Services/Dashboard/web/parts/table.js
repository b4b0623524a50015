// Tables: numbers to the right, rows that lead somewhere, and on a phone either a scroll of their own or a card a row.
import { empty } from "./ui.js";
import { h } from "../core/view.js";

/// Columns: `title`, `cell(row)`, and if wanted `number` (aligned right), `tone(row)`, `hint`, `wide` (text that may wrap), `minor` (not on a phone).
/// Options: `key(row)`, `href(row)` for rows that lead somewhere, `cards` for a card a row on a phone, `none` for an empty table's text.
export function table(label, columns, rows, { key, href, cards = false, none = "Nothing yet." } = {}) {
  if (rows.length === 0) return empty(none);
  return h("div", { class: `table-scroll ${cards ? "as-cards" : ""}`, tabindex: cards ? null : 0, role: "region", "aria-label": label },
    h("table", null,
      h("thead", null, h("tr", null, columns.map((column) =>
        h("th", { scope: "col", class: `${column.number ? "number" : ""} ${column.minor ? "minor" : ""}`, title: column.hint }, column.title)))),
      h("tbody", null, rows.map((row, index) =>
        h("tr", { key: key ? key(row) : index, class: href ? "leads" : "", onclick: href ? (event) => follow(event, href(row)) : null },
          columns.map((column) =>
            h("td", { class: `${column.number ? "number" : ""} ${column.tone?.(row) ?? ""} ${column.wide ? "wide" : ""} ${column.minor ? "minor" : ""}`, "data-label": column.title }, column.cell(row))))))));
}

/// The whole row is a target for the pointer; its first link is the one for the keyboard.
function follow(event, target) {
  if (event.target.closest("a, button") || String(getSelection())) return;
  location.hash = target;
}
