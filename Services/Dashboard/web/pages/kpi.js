// Ten figures beside their targets and danger marks.
import { get } from "../core/api.js";
import { count, number, percent, words } from "../core/format.js";
import { h } from "../core/view.js";
import { band } from "../parts/band.js";
import { sparkline } from "../parts/plots.js";
import { badge, card } from "../parts/ui.js";

export const refreshMs = 30_000;

export function load({ signal }) {
  return get("kpi", {}, signal);
}

const STATUS = { good: ["✓ on target", "good"], watch: ["watch", "warn"], danger: ["✗ danger", "bad"], unknown: ["no data", ""] };

export function view({ data }) {
  const inDanger = data.kpis.filter((kpi) => kpi.status === "danger");
  const { day, week, month } = data.trades;
  return [
    h("p", { key: "summary", class: "toolbar muted" },
      `Judged by the last 7 days (${count(week, "trade")}; ${day} in a day, ${month} in 30 days). `,
      inDanger.length > 0 && h("strong", { class: "falling" }, `${inDanger.length} in danger.`)),
    h("div", { key: "kpis", class: "card-grid" }, data.kpis.map(kpiCard)),
  ];
}

function kpiCard(kpi) {
  const text = (value) => figure(value, kpi.unit);
  const [label, tone] = STATUS[kpi.status];
  const history = kpi.history.map((point) => point.value);
  return card(kpi.title, [
    h("p", { class: "figure" }, h("span", { class: "big" }, text(kpi.week)), badge(label, tone)),
    band({ target: kpi.target, danger: kpi.danger, value: kpi.week, text: text(kpi.week) }),
    h("div", { class: "axis" },
      h("span", null, h("span", { class: "zone-mark good", "aria-hidden": "true" }), `target ${kpi.target}`),
      h("span", null, h("span", { class: "zone-mark bad", "aria-hidden": "true" }), `danger ${kpi.danger}`)),
    h("dl", { class: "trio" },
      [["Day", kpi.day], ["Week", kpi.week], ["Month", kpi.month]].map(([name, value]) =>
        h("div", { key: name }, h("dt", null, name), h("dd", null, text(value))))),
    history.filter((value) => value !== null).length > 1
      ? h("div", { key: "history", class: "history" },
        sparkline(history, { label: `${kpi.title} by day`, tone: tone || "accent" }),
        h("div", { class: "axis" }, h("span", null, kpi.history[0].date), h("span", null, kpi.history.at(-1).date)))
      : h("p", { key: "history", class: "hint" }, "Its history is drawn from the second day on."),
    kpi.remedy
      && ["watch", "danger"].includes(kpi.status)
        && h("p", { class: `remedy ${kpi.status === "danger" ? "bad" : ""}` }, kpi.remedy),
  ], { key: kpi.kpi,
  kind: `kpi kpi-${kpi.status}`,
  note: words(kpi.unit === "share" ? "" : kpi.unit) === "–" ? null : words(kpi.unit) });
}

function figure(value, unit) {
  if (unit === "share") return percent(value);
  return number(value, unit === "count" ? 1 : 2);
}
