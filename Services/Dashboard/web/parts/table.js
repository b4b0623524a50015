// Tables: numbers to the right, rows that lead somewhere, and on a phone either a scroll of their own or a card a row.
import { empty } from "./ui.js";
import { h } from "../core/view.js";

/// Columns: `title`, `cell(row)`, and if wanted `tone(row)`, `hint`, and the flags `number` (aligned right), `wide` (text that
/// may wrap), `minor` (not on a phone).
/// Options: `key(row)`, `href(row)` for rows that lead somewhere, `cards` for a card a row on a phone, and what stands there when
/// it is empty, `none`.
export function table(label, columns, rows, { key, href, cards = false, none = "Nothing yet." } = {}) {
  if (rows.length === 0) return empty(none);
  const kind = `table-scroll ${cards ? "as-cards" : ""}`;
  return h("div", { class: kind, tabindex: cards ? null : 0, role: "region", "aria-label": label },
    h("table", null,
      h("thead", null, h("tr", null, columns.map(headCell))),
      h("tbody", null, rows.map((row, index) => bodyRow(columns, row, key ? key(row) : index, href?.(row))))));
}

function headCell(column) {
  return h("th", { scope: "col", class: flags(column), title: column.hint }, column.title);
}

function bodyRow(columns, row, key, target) {
  const onclick = target ? (event) => follow(event, target) : null;
  return h("tr", { key, class: target ? "leads" : "", onclick }, columns.map((column) =>
    h("td", { class: `${flags(column)} ${column.tone?.(row) ?? ""}`, "data-label": column.title }, column.cell(row))));
}

function flags(column) {
  return ["number", "wide", "minor"].filter((flag) => column[flag]).join(" ");
}

/// The whole row is a target for the pointer; its first link is the one for the keyboard.
function follow(event, target) {
  if (event.target.closest("a, button") || String(getSelection())) return;
  location.hash = target;
}
