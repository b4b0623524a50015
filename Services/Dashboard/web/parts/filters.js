// A row of filters whose choice stands in the page's address.
import { address } from "../core/router.js";
import { h } from "../core/view.js";

/// Fields: `name`, `label`, and `options` (value and text) or `type: "date"`. Another choice begins at the first page again.
export function filters(page, query, fields, actions = null) {
  const choose = (name, value) => { location.hash = address(page, { query: { ...query, before: undefined, [name]: value } }); };
  const isAny = fields.some((field) => query[field.name]);
  return h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
    fields.map((field) => h("label", { key: field.name, class: "filter" }, field.label,
      field.type === "date"
        ? h(
          "input",
          {
            type: "date",
            name: field.name,
            value: query[field.name] ?? "",
            onchange: (event) => choose(field.name, event.target.value),
          },
        )
        : h(
          "select",
          { name: field.name, value: query[field.name] ?? "", onchange: (event) => choose(field.name, event.target.value) },
          h("option", { value: "" }, "All"), field.options.map(([value, text]) => h("option", { key: value, value }, text))))),
    isAny && h("a", { key: "clear", class: "button quiet", href: address(page) }, "Clear"),
    actions);
}

/// Newest first, page by page.
export function pager(page, query, next) {
  if (!next && !query.before) return null;
  return h("nav", { class: "pager", "aria-label": "Pages of the table" },
    query.before
      ? h("a", { key: "newest", class: "button", href: address(page, { query: { ...query, before: undefined } }) }, "⇤ Newest")
      : h("span", null),
    next
      ? h("a", { key: "older", class: "button", href: address(page, { query: { ...query, before: next } }) }, "Older →")
      : h("span", { key: "end", class: "muted" }, "These are the oldest."));
}
