// The state of the market now, and how trades went in each.
import { get, getEach } from "../core/api.js";
import { count, number, percent, signed, trend, words } from "../core/format.js";
import { h } from "../core/view.js";
import { signalCard } from "../parts/signals.js";
import { table } from "../parts/table.js";
import { answered, card, daysChoice, empty } from "../parts/ui.js";

export const isLive = true;
export const refreshMs = 30_000;

const REGIMES = ["TRENDING", "RANGING", "CHOPPY"];
const PHASES = ["LOW", "NORMAL", "HIGH", "EXTREME"];

export function load({ query, signal }) {
  return getEach({ results: get("regime", { days: query.days ?? 30 }, signal) });
}

export function view({ data, live, now, query, feed }) {
  return [
    h("div", { key: "now", class: `card-grid live ${feed.isStale ? "stale" : ""}` },
      (live?.markets ?? []).map((market) => card(market.symbol, signalCard("E5", market.signals.E5, now)))),
    card("Results by regime and volatility", answered(data.results, results), { actions: daysChoice("regime", query) }),
  ];
}

function results({ regimes }) {
  if (regimes.length > 0) return [matrix(regimes), list(regimes)];
  return empty("No trade in this window. Each trade counts in the state in which it was decided.");
}

/// Regime against volatility; a field's colour is deeper the more was earned or lost in it.
function matrix(rows) {
  const most = Math.max(...rows.map((row) => Math.abs(Number(row.net)))) || 1;
  const at = (regime, phase) => rows.find((row) => row.regime === regime && row.vol_phase === phase);
  return h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Regime against volatility" },
    h("table", { class: "matrix" },
    h("thead", null, h("tr", null, h("td", null), PHASES.map((phase) => h("th", { key: phase, scope: "col" }, words(phase))))),
    h("tbody", null,
      REGIMES.map((regime) => h("tr", { key: regime }, h("th", { scope: "row" }, words(regime)), PHASES.map((phase) => {
      const row = at(regime, phase);
      return h("td", { key: phase, class: row ? trend(row.net) : "" },
        h("span", { class: "heat", style: { opacity: row ? `${0.06 + 0.3 * (Math.abs(Number(row.net)) / most)}` : "0" } }),
        row
          ? [
            h("strong", null, signed(row.net)),
            h("span", { class: "muted" }, `${count(row.trades, "trade")}, ${percent(row.wins / row.trades, 0)} won`),
          ]
          : h("span", { class: "muted" }, "–"));
    }))))));
}

function list(rows) {
  return table("Results by regime", [
    { title: "Regime", cell: (row) => words(row.regime) }, { title: "Volatility", cell: (row) => words(row.vol_phase) },
    { title: "Trades", number: true, cell: (row) => row.trades },
    { title: "Won", number: true, cell: (row) => percent(row.wins / row.trades, 0) },
    { title: "Gross", number: true, cell: (row) => signed(row.gross) },
    { title: "Fees", number: true, cell: (row) => number(row.fees) },
    { title: "Net", number: true, tone: (row) => trend(row.net), cell: (row) => h("strong", null, signed(row.net)) },
  ], rows, { key: (row) => `${row.regime}/${row.vol_phase}` });
}
