// Every decision and what became of it, and the gates that stop most.
import { get, getEach } from "../core/api.js";
import { number, signed, words } from "../core/format.js";
import { address } from "../core/router.js";
import { h } from "../core/view.js";
import { signedBar } from "../parts/bars.js";
import { filters, pager } from "../parts/filters.js";
import { funnel } from "../parts/funnel.js";
import { table } from "../parts/table.js";
import { answered, badge, card, direction, segmented, timeText, traceLink } from "../parts/ui.js";
import { GATES, RULES } from "../parts/words.js";

export const refreshMs = 10_000;
export const isHeld = ({ hold }) => hold === "1";

export async function load({ query, signal, firstSymbol }) {
  const { symbol, outcome, gate, before } = query;
  const funnelOf = query.funnel ?? symbol ?? (await firstSymbol());
  const answers = await getEach({
    page: get("decisions", { symbol, outcome, gate, before, limit: 50 }, signal),
    gates: get(`funnel/${funnelOf}`, {}, signal),
  });
  return { ...answers, funnelOf };
}

export function view({ data, query, symbols }) {
  return h("div", { class: "columns-2-1" },
    card("Decisions", [
      filters("decisions", query, [
        { name: "symbol", label: "Contract", options: symbols.map((name) => [name, name]) },
        {
          name: "outcome",
          label: "Outcome",
          options: [["traded", "Traded"], ["refused", "Refused by risk"], ["gated", "Stopped by a gate"]],
        },
        { name: "gate", label: "Gate", options: Object.keys(GATES).map((name) => [name, words(name)]) },
      ], holdLink(query)),
      answered(data.page, ({ decisions, next }) => [list(decisions), pager("decisions", query, next)]),
    ], { isPage: true }),
    card("Gate funnel", [
      symbols.length > 1
        && segmented("Contract", "decisions", { ...query, funnel: data.funnelOf }, "funnel", symbols.map((name) => [name, name])),
      answered(data.gates, funnel),
    ]));
}

/// New rows push down the one that is being read.
function holdLink(query) {
  const isOn = isHeld(query);
  return h("a", {
    key: "hold", class: "button quiet", href: address("decisions", { query: { ...query, hold: isOn ? undefined : "1" } }),
    title: isOn ? "New decisions are not shown" : "Shows no new decisions until you follow again",
  }, isOn ? "▶ Follow" : "⏸ Hold");
}

function list(decisions) {
  return table("Decisions", [
    { title: "Time", cell: (row) => traceLink(row.id, timeText(row.event_time)) },
    { title: "Contract", cell: (row) => row.symbol },
    { title: "Action", cell: (row) => direction(row.action) },
    {
      title: "Score",
      cell: (row) => h("span", { class: "cell-bar" },
        signedBar(row.final_score ?? 0, { label: "Score" }),
        h("span", { class: "cell-value" }, signed(row.final_score, 2))),
    },
    {
      title: "Conf.",
      number: true,
      hint: "Confidence",
      cell: (row) => (row.confidence === null ? "–" : `${number(row.confidence, 0)} %`),
    },
    { title: "Outcome", wide: true, cell: outcome },
  ], decisions, {
    key: (row) => row.id, href: (row) => address("trace", { id: row.id }), cards: true,
    none: "No decision fits. One is written when the action, the strategy or the gates change, and at least once a minute.",
  });
}

function outcome(row) {
  if (row.failed_gates.length > 0) return h("p", { class: "reason", title: row.reason }, row.reason.split("; ").map(gateReason));
  const [mark, why] = {
    APPROVED: [badge("✓ traded", "good"), row.reason],
    REJECTED: [badge(`✗ ${words(row.rule)}`, "bad"), `${RULES[row.rule] ?? ""}: ${row.detail ?? ""}`],
  }[row.verdict] ?? [badge("open", "", "No plan is known yet"), row.reason];
  return h("p", { class: "reason", title: why }, mark, ` ${why}`);
}

/// `score: E1 0.2 and …` with the gate's name to be seen first.
function gateReason(text, index) {
  const [gate, ...rest] = text.split(": ");
  return h("span", { key: index, title: GATES[gate] && `Wanted: ${GATES[gate]}` },
    h("strong", null, words(gate)),
    ` ${rest.join(": ")} `);
}
