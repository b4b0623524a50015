// What every engine says of every contract, and what the decision makes of it.
import { isBookOld } from "../core/alarms.js";
import { milliseconds, number, signed, words } from "../core/format.js";
import { h } from "../core/view.js";
import { signedBar } from "../parts/bars.js";
import { isOld, signalCard, signedStrength } from "../parts/signals.js";
import { table } from "../parts/table.js";
import { badge, card, direction, traceLink } from "../parts/ui.js";
import { ENGINES, enginesIn, GATES } from "../parts/words.js";

export const isLive = true;

export function view({ live, feed }) {
  if (!live) return h("p", { class: "empty-text" }, "Waiting for the first word from the suite.");
  // Ages are those of the frame: when frames stay away, all of the page is shown as old.
  const now = live.time;
  if (live.markets.length === 0) return h("p", { class: "empty-text" }, "No contract is traded.");
  return h("div", { class: `live stack ${feed.isStale ? "stale" : ""}` },
    live.markets.length > 1 && card("At a glance", overview(live.markets, now, feed)),
    live.markets.map((market) => marketCard(market, now, feed)));
}

function overview(markets, now, feed) {
  const strength = (engine) => ({
    title: `${engine} ${ENGINES[engine].name}`,
    cell: ({ signals }) => {
      const signal = signals[engine];
      const value = signedStrength(engine, signal);
      return !signal || signal.warm !== "1" || isOld(engine, signal, now)
        ? h("span", { class: "muted" }, !signal ? "silent" : signal.warm !== "1" ? "cold" : "old")
        : h("span", { class: "cell-bar" },
          signedBar(value, { label: `${engine} ${signed(value, 2)}` }),
          h("span", { class: "cell-value" }, signed(value, 2)));
    },
  });
  return table("Signals at a glance", [
    { title: "Contract", cell: (market) => h("a", { href: `#/chart?symbol=${market.symbol}` }, market.symbol) },
    { title: "Bid", number: true, cell: (market) => number(market.bid, feed.digits(market.symbol)) },
    ...["E1", "E2", "E3", "E4"].map(strength),
    {
      title: "E5 Regime",
      cell: ({ signals: { E5: regime } }) => (regime
        ? h("span", null, words(regime.regime), regime.tradeable === "1" ? "" : h("strong", { class: "falling" }, " ✗"))
        : h("span", { class: "muted" }, "silent")),
    },
    {
      title: "Score",
      cell: ({ decision }) => (decision
        ? h("span", { class: "cell-bar" },
          signedBar(decision.final_score, { label: `Score ${signed(decision.final_score, 2)}` }),
          h("span", { class: "cell-value" }, signed(decision.final_score, 2)))
        : "–"),
    },
    { title: "Decision", cell: ({ decision }) => (decision ? direction(decision.action) : "–") },
  ], markets, { key: (market) => market.symbol });
}

function marketCard(market, now, feed) {
  const bookAge = market.book_time === null ? null : now - market.book_time;
  const isOldBook = isBookOld(market, now);
  return card(market.symbol, [
    decisionHead(market.decision, now),
    h("div", { class: "signal-grid" }, enginesIn(market.signals).map((engine) => signalCard(engine, market.signals[engine], now))),
  ], { kind: isOldBook ? "stale" : "",
  note: h("span", { class: "quote" },
    isOldBook ? badge(bookAge === null ? "no book yet" : `book ${milliseconds(bookAge)} old`, "warn") : "",
    ` ${number(market.bid, feed.digits(market.symbol))} / ${number(market.ask, feed.digits(market.symbol))}`) });
}

function decisionHead(decision, now) {
  if (!decision) return h("p", { class: "empty-text" },
    "No decision yet. The first comes when E1 has enough data, within a minute.");
  return h("div", { class: "decision-head" },
    h("div", { class: "decision-line" },
      direction(decision.action),
      signedBar(decision.final_score, { label: `Score ${signed(decision.final_score, 2)}` }),
      h("span", { class: "strength-value" }, signed(decision.final_score, 3)),
      h("span", { class: "muted" }, `confidence ${number(decision.confidence, 0)} % · ${decision.engines_agree} of 5 agree`),
      traceLink(decision.id, "Trace"), h("span", { class: "age" }, milliseconds(Math.max(0, now - decision.event_time)))),
    decision.failed_gates.length > 0
      && h("p", { key: "gates", class: "chips" },
        h("span", { class: "muted" }, "Stopped by "),
        decision.failed_gates.map((gate) =>
          h("a", { key: gate, href: `#/decisions?gate=${gate}`, class: "badge bad", title: `Wanted: ${GATES[gate] ?? gate}` },
            words(gate)))),
    h("p", { class: "reason" }, decision.reason));
}
