// How often each engine was right, and what the gates kept out.
import { get } from "../core/api.js";
import { count, number, percent, signedPercent, trend, words } from "../core/format.js";
import { h } from "../core/view.js";
import { shareBar } from "../parts/bars.js";
import { table } from "../parts/table.js";
import { card, daysChoice, empty } from "../parts/ui.js";
import { engineOf, GATES } from "../parts/words.js";

export const refreshMs = 30_000;

export function load({ query, signal }) {
  return get("accuracy", { days: query.days ?? 30 }, signal);
}

export function view({ data, query }) {
  return [
    h("div", { key: "window", class: "toolbar" },
      daysChoice("accuracy", query),
      h("span", { class: "muted" },
        "Right: it pointed the trade's way, and the trade won. Of the trades in which it pointed anywhere; this is what the learner counts.")),
    h("div", { key: "engines", class: "card-grid" }, data.engines.map(engineCard)),
    card(
      "What the gates kept out",
      gates(data.gates),
      { note: "decisions that one gate alone stopped, and what the price did then in their direction" },
    ),
  ];
}

function engineCard(engine) {
  const title = `${engine.engine} ${engineOf(engine.engine).name}`;
  return card(title, engine.voted === 0 ? empty("It has not pointed anywhere in a trade of this window.") : [
    h("p", { class: "figure" },
      h("span", { class: "big" }, percent(engine.accuracy)),
      h("span", { class: "muted" }, `right in ${engine.right} of ${engine.voted}; ${count(engine.trades, "trade")}`)),
    h("div", { class: "half-bar" },
      shareBar(engine.accuracy, { tone: engine.accuracy >= 0.5 ? "good" : "bad", label: `Accuracy ${percent(engine.accuracy)}` }),
      h("span", { class: "half-mark", title: "Half" })),
    h("h3", null, "By strength"),
    h("dl", { class: "outcomes" }, engine.bands.map(({ from, to, voted, right }) =>
      h("div", { key: from }, h("dt", null, `${number(from, 1)}–${number(to, 1)}`),
        h("dd", null,
          voted
            ? shareBar(right / voted, { tone: right / voted >= 0.5 ? "good" : "bad", label: percent(right / voted, 0) })
            : ""),
        h("dd", { class: "number" },
          voted ? `${percent(right / voted, 0)}` : "–",
          h("span", { class: "muted" }, ` of ${voted}`))))),
  ]);
}

function gates(rows) {
  const move = (title, field) => ({ title, number: true, tone: (row) =>
    trend(row[field]), cell: (row) => signedPercent(row[field], 3) });
  return table("What the gates kept out", [
    { title: "Gate", cell: (row) => h("span", { title: GATES[row.gate] }, words(row.gate)) },
    { title: "Decisions", number: true, cell: (row) => number(row.count, 0) },
    move("After 1 min", "move_1m"), move("After 5 min", "move_5m"), move("After 10 min", "move_10m"),
    {
      title: "Their way after 5 min",
      cell: (row) => (row.favourable_5m === null
        ? "–"
        : h("span", { class: "cell-bar" },
          shareBar(row.favourable_5m, { tone: "accent", label: percent(row.favourable_5m, 0) }),
          h("span", { class: "cell-value" }, percent(row.favourable_5m, 0)))),
    },
  ], rows, { key: (row) => row.gate, none: "No decision was stopped by one gate alone in this window." });
}
