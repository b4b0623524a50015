// The weights that the learner gives the engines, and why.
import { get } from "../core/api.js";
import { number } from "../core/format.js";
import { h } from "../core/view.js";
import { partsBar } from "../parts/bars.js";
import { stackedAreas } from "../parts/plots.js";
import { table } from "../parts/table.js";
import { badge, card, empty, timeText } from "../parts/ui.js";
import { ENGINES } from "../parts/words.js";

export const refreshMs = 30_000;

const SERIES = ["E1", "E2", "E3", "E4"].map((engine) =>
  ({ name: `${engine} ${ENGINES[engine].name}`, tone: engine.toLowerCase() }));
const STATES = { APPLIED: "good", PROPOSED: "warn", DROPPED: "" };

export function load({ signal }) {
  return get("learner", {}, signal);
}

export function view({ data: { current, sets } }) {
  if (sets.length === 0) return h("section", { class: "card empty" },
    h("p", null, "Nothing is learned yet."),
    h("p", { class: "muted" },
      "The learner makes a set of weights from every 100 trades. ",
      "Until then the base weights count: 0.35, 0.25, 0.20 and 0.12, times the regime's."));
  const oldestFirst = [...sets].reverse();
  const applied = oldestFirst.filter((set) => set.state === "APPLIED");
  return [
    card(
      "Weights over time",
      applied.length === 0 ? empty("No set counts yet: the first is a proposal for one more round of trades.") : [
      stackedAreas(applied.map((set) => set.weights), SERIES, "Weights of the engines over time"),
      h("div", { class: "axis" },
        h("span", null, timeText(applied[0].made_at)),
        h("span", null, timeText(applied.at(-1).made_at))),
      h("p", { class: "legend-line" },
        SERIES.map(({ name, tone }, index) =>
          h("span", { key: tone },
            h("span", { class: `swatch ${tone}`, "aria-hidden": "true" }),
            `${name} ${number(applied.at(-1).weights[index], 3)}`))),
    ], { note: "sets that counted" }),
    card("Sets", setsTable(sets, current)),
  ];
}

function setsTable(sets, current) {
  return table("Sets", [
    {
      title: "Set",
      cell: (set) => h("span", null,
        h("strong", null, `#${set.number}`),
        set.number === current ? h("span", null, " ", badge("counts now", "good")) : ""),
    },
    { title: "State", cell: (set) => badge(set.state.toLowerCase(), STATES[set.state]) },
    { title: "Made", cell: (set) => timeText(set.made_at) },
    {
      title: "Weights E1–E4",
      wide: true,
      cell: (set) => h("span", { class: "weights" },
        partsBar(set.weights.map((value, index) => ({ name: SERIES[index].name, value, tone: SERIES[index].tone })), "Weights"),
        set.weights.map((weight) => number(weight, 3)).join(" · ")),
    },
    { title: "Threshold", number: true, cell: (set) => number(set.score_threshold, 2) },
    { title: "Least target ×", number: true, cell: (set) => number(set.min_tp_multiplier, 2) },
    { title: "Target ×", number: true, cell: (set) => number(set.tp_multiplier, 2) },
    { title: "Offset", number: true, hint: "Ticks inside the spread", cell: (set) => set.entry_offset_ticks },
    { title: "Trades", number: true, cell: (set) => set.trades },
    { title: "Reason", wide: true, cell: (set) => h("span", { class: "reason" }, set.reason) },
  ], sets, { key: (set) => set.number, cards: true });
}
