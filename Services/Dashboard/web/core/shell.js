// What stands around every page: header, navigation, footer, and what is said when a page has nothing to show.
import { complaints, isAccountOld, servicesDown } from "./alarms.js";
import { logOut } from "./api.js";
import { askCommand } from "./commands.js";
import { entryState } from "./entries.js";
import { clock, duration, number, percent, signed, trend, utc } from "./format.js";
import { PAGES } from "./pages.js";
import { address } from "./router.js";
import { h } from "./view.js";

const LICENSE = "https://www.tradingview.com/";

export function shell(context) {
  return [
    h("a", { class: "skip", href: "#main", onclick: skip }, "Skip to content"),
    header(context),
    alarms(context),
    navigation(context),
    h("main", { id: "main", class: `page page-${context.route.page}`, tabindex: -1, "aria-busy": String(!!context.isLoading) },
      h("h1", { class: "page-title" }, context.title),
      context.refusal && h("p", { class: "notice bad", role: "alert" }, `Not up to date: ${context.refusal.message}`),
      content(context)),
    h("footer", { class: "footer" },
      h("span", null,
        "Charts: ",
        h("a", { href: LICENSE, rel: "noopener noreferrer", target: "_blank" }, "TradingView Lightweight Charts™"),
        ", © 2024 TradingView, Inc., Apache-2.0"),
      h("span", null, "Times are local; point at one for UTC. Days begin at midnight UTC.")),
  ];
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function content({ look, error, route, retry }) {
  if (error) {
    return h("section", { key: "error", class: "card empty", role: "alert" },
      h("p", null, error.message),
      h("button", { class: "button", type: "button", onclick: retry }, "Try again"));
  }
  if (!look) return h("div", { key: "loading", class: "loading", role: "status" },
    h("span", { class: "spinner", "aria-hidden": "true" }),
    "Loading…");
  return h("div", { key: `${route.page}/${route.id}`, class: "page-body" }, look);
}

function header({ live, feed, now, session }) {
  const mode = live?.mode;
  return h("header", { class: `header ${feed.isStale ? "stale" : ""}` },
    h("a", { class: "brand", href: "#/overview" },
      h("img", { src: "/icon.svg", alt: "", width: 24, height: 24 }),
      h("span", null, "Vortex-7")),
    h("span", { class: `mode mode-${mode ?? "none"}`, title: MODES[mode] ?? "" }, mode ? mode.toUpperCase() : "…"),
    connection(feed, live),
    entries(live, now),
    health(live),
    figures(live),
    session.role === "operator" && haltButton(live),
    h("div", { class: "header-actions" }, personal(session, "icon-button")));
}

/// Buttons of the person: in the header, on a phone in the menu of all pages.
function personal(session, kind) {
  const button = (label, icon, onclick) => h(
    "button",
    { key: label, class: kind, type: "button", title: label, "aria-label": label, onclick },
    image(icon),
    h("span", null, label));
  return [
    button("Light or dark", "M12 3a9 9 0 100 18zM12 3a9 9 0 010 18", () => globalThis.theme.toggle()),
    button(`Log out ${session.user}`, "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9", leave),
  ];
}

function image(path) {
  return h("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, h("path", { d: path }));
}

const MODES = {
  paper: "Simulated exchange, no real money",
  demo: "Binance's demo venue, no real money",
  live: "REAL MONEY",
};

async function leave() {
  try {
    await logOut();
  } finally {
    location.reload();
  }
}

function connection(feed, live) {
  const [state, text] = !live
    ? ["lost", feed.isConnected ? "Connecting…" : "Not connected"]
    : feed.isStale ? ["lost", `No data for ${duration(feed.silentMs / 1000)}`] : ["live", "Live"];
  const retry = feed.retryMs > 0 ? `Connecting again in ${duration(feed.retryMs / 1000)}` : "";
  return h("span", { class: `connection connection-${state}`, title: retry || (live ? `Newest: ${utc(live.time)}` : "") },
    h("span", { class: "dot", "aria-hidden": "true" }), text);
}

function entries(live, now) {
  const { state, label, until, name } = entryState(live, now);
  return h(
    "a",
    {
      class: `entries entries-${state}`,
      href: "#/risk",
      title: name ? `${name} until ${utc(until)}` : "What stops entries, and until when",
    },
    h("span", { class: "entries-mark", "aria-hidden": "true" }, { accepted: "▶", unknown: "?" }[state] ?? "■"),
    label, until ? h("span", { class: "until" }, ` until ${clock(until).slice(0, 5)}`) : "");
}

function health(live) {
  const down = servicesDown(live);
  return down.length > 0
    && h("a", { class: "badge bad", href: "#/system" }, `✗ ${down.length === 1 ? down[0] : `${down.length} services`} down`);
}

/// Whatever page one looks at: a position without a stop is told there, and alerts that reach nobody.
function alarms({ feed, now, live }) {
  const naked = feed.naked.all(now).map(({ symbol, seconds }) =>
    h("a", { key: symbol, href: "#/positions" },
      `⚠ ${symbol} has NO STOP`,
      h("span", { "aria-hidden": "true" }, ` · for ${duration(seconds)}`)));
  const untold = complaints(live).map((text) => h("a", { key: text, href: "#/system" }, `⚠ Telegram: ${text}`));
  return h("div", { class: "alarms", role: "alert" }, [...naked, ...untold]);
}

function figures(live) {
  const account = live?.account;
  const risk = live?.risk;
  const share = risk && Number(risk.day_start_balance) > 0 ? Number(risk.pnl_today) / Number(risk.day_start_balance) : null;
  const old = live && isAccountOld(live) ? "old" : "";
  return h("dl", { class: `header-figures ${old}`, title: old && "The executor has not told the account for a while" },
    h("div", null, h("dt", null, "Equity"), h("dd", null, number(account?.equity))),
    h("div", null, h("dt", null, "Today"),
      h("dd", { class: trend(risk?.pnl_today), title: "P&L of the trades that ended since midnight UTC, after fees" },
        signed(risk?.pnl_today),
        share === null ? "" : h("span", { class: "share" }, ` ${share > 0 ? "+" : ""}${percent(share, 2)}`))));
}

function haltButton(live) {
  return live?.risk?.halted
    ? h("button", { key: "resume", class: "button primary halt", type: "button", onclick: () => askCommand("resume") }, "Resume")
    : h("button", { key: "halt", class: "button danger-outline halt", type: "button", onclick: () => askCommand("halt") },
      "Halt");
}

function navigation({ route, session }) {
  const shown = route.page === "trace" ? "trades" : route.page;
  const groups = [...new Set(Object.values(PAGES).map((page) => page.group))].filter(Boolean);
  const quick = ["overview", "positions", "chart", "alerts"];
  return [
    h("nav", { key: "all", class: "navigation", id: "navigation", "aria-label": "Pages" },
      groups.map((group) => h("div", { key: group, class: "nav-group" },
        h("h2", null, group),
        Object.entries(PAGES).filter(([, page]) => page.group === group).map(([name, page]) => link(name, page, shown)))),
      h("div", { key: "personal", class: "nav-group personal" }, personal(session, "nav-link"))),
    h("nav", { key: "quick", class: "tabs", "aria-label": "Most used pages" },
      quick.map((name) => link(name, PAGES[name], shown)),
      h(
        "button",
        {
          key: "more",
          type: "button",
          class: "nav-link",
          "aria-controls": "navigation",
          "aria-expanded": String(isMenuOpen()),
          onclick: toggleMenu,
        },
        image("M4 7h16M4 12h16M4 17h16"), "All pages")),
  ];
}

function link(name, page, shown) {
  return h(
    "a",
    { key: name, class: "nav-link", href: address(name), "aria-current": name === shown ? "page" : null, onclick: closeMenu },
    image(page.icon), page.title);
}

function isMenuOpen() {
  return document.documentElement.hasAttribute("data-menu");
}

function toggleMenu(event) {
  document.documentElement.toggleAttribute("data-menu");
  event.currentTarget.setAttribute("aria-expanded", String(isMenuOpen()));
}

function closeMenu() {
  document.documentElement.removeAttribute("data-menu");
}
