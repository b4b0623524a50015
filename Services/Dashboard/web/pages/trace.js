// One decision from its signals to its last fill.
import { get } from "../core/api.js";
import { count, decimals, duration, exact, milliseconds, number, percent, signed, trend, utc, words } from "../core/format.js";
import { h } from "../core/view.js";
import { signedBar } from "../parts/bars.js";
import { signalCard } from "../parts/signals.js";
import { table } from "../parts/table.js";
import { badge, card, direction, empty, facts, tile, tiles, timeText } from "../parts/ui.js";
import { enginesIn, EXITS, exitText, GATES, RULES, STRATEGIES } from "../parts/words.js";

export const refreshMs = 3_000;

export function load({ id, signal }) {
  return get(`trades/${encodeURIComponent(id)}`, {}, signal);
}

export function view({ data, id }) {
  const { signals, plan, events, entries, redis_cli: redis } = data;
  // A position that was found on the account and adopted has nothing but events.
  const decision = data.decision ?? { action: undefined, event_time: events[0]?.event_time, found: true };
  const end = events.find((event) => event.exit_reason);
  return [
    head(id, decision, plan, events, end),
    card(
      "1 · Signals",
      data.signals_time && h("p", { class: "note" }, `Of ${utc(data.signals_time)}, the last that were kept before it.`),
      h("div", { class: "signal-grid" }, enginesIn(signals).map((engine) => signalCard(engine, signals[engine]))),
    ),
    card("2 · Decision", decisionCard(decision)),
    card("3 · Plan", planCard(decision, plan)),
    card("4 · Executions", executions(events, decision)),
    end && card("5 · Result", result(end)),
    card("Stream entries", streamEntries(entries, redis)),
  ];
}

/// What ends a plan without a position.
const UNTRADED = new Set(["NO_FILL", "PLAN_DENIED"]);

const symbolOf = (id) => id.replace(/-[^-]*$/, "");

function head(id, decision, plan, events, end) {
  const symbol = symbolOf(id);
  return h("section", { key: "head", class: "card trace-head" },
    h("div", { class: "trace-title" },
      h("h2", null, h("a", { href: `#/chart?symbol=${symbol}` }, symbol)),
      direction(decision.found ? events[0]?.direction : decision.action),
      decision.strategy && badge(`${decision.strategy} ${STRATEGIES[decision.strategy] ?? ""}`), badge(decision.profile),
      h("span", { class: "note" }, timeText(decision.event_time))),
    h("ol", { class: "stages" },
      stage("Decision", ...decisionStage(decision)),
      stage("Plan", ...planStage(plan)),
      stage("Execution", ...executionStage(events, end)),
      stage("Result", ...resultStage(events, end))),
    h("p", { class: "mono muted" }, id));
}

function decisionStage(decision) {
  if (decision.found) return ["none: found on the account", "bad"];
  const stops = failedGates(decision).length;
  return stops === 0 ? ["all gates passed", "good"] : [`stopped by ${count(stops, "gate")}`, "bad"];
}

function planStage(plan) {
  if (!plan) return ["none", ""];
  return plan.verdict === "APPROVED" ? ["approved", "good"] : [`refused: ${words(plan.rule)}`, "bad"];
}

/// Answers of the venue may still come when the position is closed; that it is closed says more.
function executionStage(events, end) {
  return events.length > 0 ? [words((end ?? events.at(-1)).event), "good"] : ["none", ""];
}

function resultStage(events, end) {
  if (!end && events.length === 0) return ["none", ""];
  if (!end) return [UNTRADED.has(events.at(-1).event) ? "no position" : "under way", ""];
  return [end.pnl_net === undefined ? exitText(end.exit_reason) : `${signed(end.pnl_net)} USDT`, trend(end.pnl_net)];
}

function failedGates(decision) {
  return (decision.failed_gates ?? "").split(",").filter(Boolean);
}

function stage(name, text, tone) {
  return h("li", { key: name, class: tone }, h("span", { class: "stage-name" }, name), h("span", { class: "stage-text" }, text));
}

function decisionCard(decision) {
  if (decision.found) return empty("No decision of ours opened it: it was found on the account, adopted and protected.");
  const failed = new Set(failedGates(decision));
  return [
    h("div", { class: "decision-line" },
      direction(decision.action),
      signedBar(decision.final_score, { label: "Score" }),
      h("span", { class: "strength-value" }, signed(decision.final_score, 3)),
      h("span", { class: "muted" },
        `confidence ${number(decision.confidence, 1)} % · ${decision.engines_agree} of 5 engines agree · `,
        `momentum ${signed(decision.score_momentum, 3)} · reversion ${signed(decision.score_reversion, 3)}`)),
    h("ul", { class: "gates" }, Object.entries(GATES).map(([gate, wanted]) =>
      h("li", { key: gate, class: failed.has(gate) ? "bad" : "good", title: wanted },
        h("span", { "aria-hidden": "true" }, failed.has(gate) ? "✗" : "✓"),
        words(gate)))),
    h("p", { class: "reason" }, decision.reason),
  ];
}

function planCard(decision, plan) {
  if (decision.found) return empty("No plan of ours.");
  if (!plan) return empty(decision.action === "NO_TRADE"
    ? "No plan: a gate stopped the decision."
    : "No plan yet. The risk manager answers within milliseconds.");
  if (plan.verdict !== "APPROVED") {
    return h("p", { class: "answer bad" },
      h("strong", null, `✗ Refused by ${words(plan.rule)}. `),
      `${RULES[plan.rule] ?? ""}${plan.detail ? ` — ${plan.detail}` : ""}`);
  }
  return facts(
    ["Entry", `${exact(plan.entry_price)}${plan.entry_level ? ` (not worse than ${exact(plan.entry_level)})` : ""}`],
    ["Quantity", exact(plan.quantity)],
    ["Notional", `${number(plan.notional)} USDT`],
    ["Leverage", `${plan.leverage}×`],
    ["Margin", `${number(plan.margin)} USDT`],
    ["Stop distance", exact(plan.sl_distance)],
    ["Target distance", exact(plan.tp1_distance)],
    ["Trails by", exact(plan.trail_distance)],
    ["Closed at target 1", percent(plan.tp1_fraction, 0)],
    ["Entry time-out", milliseconds(Number(plan.entry_timeout_ms))],
    ["Longest hold", duration(Number(plan.max_hold_ms) / 1000)],
    ["Risk of the balance", percent(plan.risk_pct, 2), { title: "What the stop may cost" }],
    ["Bound by", words(plan.risk_bound)],
    ["Reward : risk", `${number(plan.gross_rr)} · ${number(plan.effective_rr)} after fees`],
    ["Win rate to break even", percent(plan.breakeven_win_rate)],
    ["Fees maker · taker", `${percent(plan.maker_fee_rate, 3)} · ${percent(plan.taker_fee_rate, 3)}`],
  );
}

/// An entry may fill in hundreds of pieces: pieces of one order that follow each other are one row.
function grouped(events) {
  const rows = [];
  for (const event of events) {
    const last = rows.at(-1);
    if (last
      && event.quantity !== undefined
        && /_FILLED$/.test(event.event)
          && last.event === event.event
            && last.client_order_id === event.client_order_id && last.price === event.price && last.maker === event.maker) {
      rows[rows.length - 1] = {
        ...event,
        pieces: last.pieces + 1,
        event_time: last.event_time,
        quantity: add(last.quantity, event.quantity),
        fee: add(last.fee, event.fee),
        realized_pnl: add(last.realized_pnl, event.realized_pnl),
      };
    } else rows.push({ ...event, pieces: 1 });
  }
  return rows;
}

/// Exact enough to be read; the entries themselves stand below.
function add(one, other) {
  return one === undefined || other === undefined ? undefined : String(Number((Number(one) + Number(other)).toFixed(8)));
}

function executions(events, decision) {
  const start = Number(decision.event_time);
  return table("Executions", [
    {
      title: "After",
      number: true,
      hint: "After the decision",
      cell: (event) => h("time", { title: utc(event.event_time) }, `+${milliseconds(Number(event.event_time) - start)}`),
    },
    {
      title: "Event",
      cell: (event) => h("span", null,
        h("strong", null, words(event.event)),
        event.pieces > 1 ? h("span", { class: "muted" }, ` ${event.pieces}×`) : ""),
    },
    { title: "State", cell: (event) => words(event.state) },
    { title: "Price", number: true, cell: (event) => exact(event.price) },
    { title: "Quantity", number: true, cell: (event) => exact(event.quantity) },
    { title: "Held", number: true, cell: (event) => exact(event.position_quantity) },
    { title: "Stop", number: true, cell: (event) => exact(event.stop_price) },
    { title: "Fill", cell: (event) => (event.maker === undefined ? "–" : event.maker === "1" ? "maker" : "taker") },
    { title: "Fee", number: true, cell: (event) => number(event.fee, 4) },
    { title: "P&L", number: true, tone: (event) => trend(event.realized_pnl), cell: (event) => signed(event.realized_pnl) },
    { title: "Detail", wide: true, cell: (event) => event.detail ?? event.client_order_id ?? "" },
  ], grouped(events), { none: "Nothing was sent to the venue." });
}

function result(end) {
  // Means of fills have more decimals than a price of the venue.
  const digits = Math.max(decimals(end.sl_price), decimals(end.tp1_price));
  return [
    tiles(
      tile("Net", signed(end.pnl_net), { tone: trend(end.pnl_net), detail: "USDT" }),
      tile("Gross", signed(end.pnl_gross), { tone: trend(end.pnl_gross) }),
      tile("Fees", end.fee_total === undefined ? "–" : `−${number(end.fee_total)}`),
      tile("Funding", signed(end.funding)),
      tile("Exit", exitText(end.exit_reason), { detail: EXITS[end.exit_reason] }),
      tile("Held", end.exit_time ? duration((Number(end.exit_time) - Number(end.entry_time)) / 1000) : "–"),
    ),
    facts(
      ["Entry → exit", `${number(end.entry_price, digits)} → ${number(end.exit_price, digits)}`],
      ["Size", `${number(end.size_usdt)} USDT`],
      ["Stop", exact(end.sl_price)],
      ["Target 1", exact(end.tp1_price)],
      end.tp2_price && ["Last trailing stop", exact(end.tp2_price)],
      ["Fills", `${end.maker_fills ?? "–"} maker, ${end.taker_fills ?? "–"} taker`],
    ),
  ];
}

function streamEntries(entries, redis) {
  if (entries.length === 0) return empty("The streams no longer hold it.");
  return [
    h("p", { key: "hint", class: "muted" },
      "Where it stands in Redis. To read one: ",
      h("code", null, `${redis} XRANGE stream entry entry`),
      "."),
    h("ul", { key: "entries", class: "entries-list" }, entries.map(({ stream, entry }, index) => {
      const command = `${redis} XRANGE '${stream}' ${entry} ${entry}`;
      const onclick = (event) => copy(event.currentTarget, command);
      return h("li", { key: `${stream}/${entry}/${index}` },
        h("code", null, h("span", null, stream), ` ${entry}`),
        h("button", { class: "button quiet small", type: "button", title: command, onclick }, "Copy"));
    })),
  ];
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.dataset.done = "";
  } catch {
    // Browsers give no clipboard to pages over plain HTTP from another machine.
    prompt("Copy this", text);
  }
}
