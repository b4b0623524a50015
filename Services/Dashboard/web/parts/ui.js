// The small pieces that every page is made of.
import { ApiError } from "../core/api.js";
import { moment, utc } from "../core/format.js";
import { address } from "../core/router.js";
import { h } from "../core/view.js";

/// A card that is all of its page has no title of its own (`isPage`): the page's stands above it.
export function card(title, content, { key = title, actions = null, kind = "", note = null, isPage = false } = {}) {
  return h("section", { class: `card ${kind}`, key, "aria-label": title },
    (!isPage || actions)
      && h("header", { class: "card-head" },
        !isPage && h("h2", null, title),
        note && h("span", { class: "note" }, note),
        actions),
    content);
}

/// Says what will appear here, and when.
export function empty(text) {
  return h("p", { class: "empty-text" }, text);
}

/// What an answer of `getEach` looks like, or why there is none.
export function answered(answer, content) {
  return answer instanceof ApiError ? h("p", { class: "answer bad", role: "alert" }, answer.message) : content(answer);
}

/// A figure with its name; `detail` stands below it, smaller.
export function tile(label, value, { detail = null, tone = "", title = null } = {}) {
  return h("div", { class: "tile", key: label, title },
    h("dt", null, label), h("dd", { class: tone }, value), detail !== null && h("dd", { class: "tile-detail" }, detail));
}

export function tiles(...children) {
  return h("dl", { class: "tiles" }, children);
}

/// Names and values in two columns; pairs, or false for those that are not shown.
export function facts(...pairs) {
  return h("dl", { class: "facts" }, pairs.filter(Boolean).map(([label, value, options = {}]) =>
    h("div", { key: label, title: options.title }, h("dt", null, label), h("dd", { class: options.tone ?? "" }, value))));
}

export function badge(text, tone = "", title = null) {
  return h("span", { class: `badge ${tone}`, title }, text);
}

/// Long and short by word, arrow and colour.
export function direction(side) {
  const way = LONG.has(side) ? "long" : SHORT.has(side) ? "short" : "none";
  const arrow = { long: "▲", short: "▼", none: "◆" }[way];
  return h("span", { class: `direction ${way}` },
    h("span", { "aria-hidden": "true" }, `${arrow} `),
    side === "NO_TRADE" ? "no trade" : side?.replaceAll("_", " ") ?? "–");
}

export const LONG = new Set(["LONG", "BUY", "BUY_PRESSURE", "MOMENTUM_LONG", "CROWD_SHORT", "BULLISH"]);
export const SHORT = new Set(["SHORT", "SELL", "SELL_PRESSURE", "MOMENTUM_SHORT", "CROWD_LONG", "BEARISH"]);

export function timeText(time) {
  return time ? h("time", { datetime: new Date(Number(time)).toISOString(), title: utc(time) }, moment(Number(time))) : "–";
}

/// Choices of which one holds, as links: what is chosen stands in the address.
export function segmented(label, page, query, name, options) {
  return h("nav", { class: "segmented", "aria-label": label }, options.map(([value, text]) =>
    h("a", {
      key: String(value), href: address(page, { query: { ...query, [name]: value } }),
      "aria-current": String(query[name] ?? options[0][0]) === String(value) ? "true" : null,
    }, text)));
}

/// The windows of time that the history is asked for.
export function daysChoice(page, query) {
  return segmented(
    "Window",
    page,
    { ...query, days: query.days ?? "30" },
    "days",
    [[1, "1 d"], [7, "7 d"], [30, "30 d"], [90, "90 d"], [366, "1 y"]],
  );
}

export function traceLink(id, content) {
  return h("a", { href: address("trace", { id }) }, content);
}
