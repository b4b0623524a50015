// The account, what it earned, what is open, and what happened last.
import { ApiError, get, getEach } from "../core/api.js";
import { obstacles } from "../core/entries.js";
import { count, duration, exact, number, percent, signed, signedPercent, trend, words } from "../core/format.js";
import { h } from "../core/view.js";
import { address } from "../core/router.js";
import { alertList } from "../parts/alerts.js";
import { equityChart } from "../parts/equity-chart.js";
import { figures, periodChoice, profitByPeriod, resultsByStrategy, sumTile } from "../parts/performance.js";
import { measure, pnlShare } from "../parts/position.js";
import { readinessList } from "../parts/readiness.js";
import { table } from "../parts/table.js";
import { answered, badge, card, daysChoice, direction, empty, facts, tile, tiles, timeText, traceLink } from "../parts/ui.js";
import { exitText } from "../parts/words.js";

export const isLive = true;
export const refreshMs = 10_000;

export function load({ query, signal }) {
  return getEach({
    performance: get("performance", { days: query.days ?? 30 }, signal),
    last: get("trades", { limit: 8 }, signal),
    told: get("alerts", { limit: 6 }, signal),
  });
}

export function view({ data: { performance, last, told }, live, now, query, feed }) {
  const stale = feed.isStale ? "stale" : "";
  const link = (page, text) => ({ actions: h("a", { href: address(page) }, text) });
  return [
    headline(performance, live),
    // On a phone all is one column: what is held and what stops entries comes first there.
    h("div", { key: "cards", class: "columns-2-1" },
      h("div", { class: "stack side" },
        h("div", { class: `stack live ${stale}` }, openPositions(live, feed, now), risk(live, now), account(live)),
        card("Figures", answered(performance, figures), { note: "of the window chosen" }),
        card("Last alerts", answered(told, ({ alerts }) => alertList(alerts)), link("alerts", "All alerts"))),
      h("div", { class: "stack" },
        card("Balance", answered(performance, balance), { actions: daysChoice("overview", query) }),
        card("P&L", answered(performance, () => profitByPeriod(performance, query)), { actions: periodChoice(query) }),
        card("Last trades", answered(last, lastTrades), link("trades", "All trades")),
        card("By strategy", answered(performance, resultsByStrategy)))),
  ];
}

function headline(performance, live) {
  const state = live?.account;
  const sums = performance instanceof ApiError
    ? null
    : [sumTile("Today", performance.today), sumTile("7 days", performance.week), sumTile("30 days", performance.month)];
  return h("section", { key: "results", class: "card headline", "aria-label": "Results" }, tiles(
    tile("Equity", number(state?.equity), { detail: "USDT" }),
    sums,
    tile("Open", signed(state?.unrealized_pnl), {
      tone: trend(state?.unrealized_pnl),
      detail: count(state?.open_positions ?? 0, "position"),
    }),
  ));
}

function balance(performance) {
  if (performance.equity.length === 0) return empty("The curve begins with the first trade that ends.");
  return equityChart(performance);
}

function openPositions(live, feed, now) {
  const held = (live?.markets ?? []).filter((market) => market.position && measure(market).isHeld);
  return card("Open positions", held.length === 0 ? empty("None.") : h("ul", { class: "open-list" }, held.map((market) => {
    const m = measure(market);
    const isNaked = feed.naked.seconds(market.symbol, now) !== null;
    return h("li", { key: market.symbol },
      h("a", { href: "#/positions" }, market.symbol),
      direction(market.position.side),
      h("span", { class: "muted" }, exact(market.position.size)),
      h("span", { class: `number ${trend(m.pnl)}` }, signed(m.pnl)),
      h("span", { class: `number ${trend(m.pnl)}` }, signedPercent(pnlShare(m.pnl, m.notional))),
      isNaked ? badge("⚠ no stop", "bad") : m.stop === null ? badge("…") : badge(m.isTrailing ? "trailing" : "stop ✓", "good"));
  })), { actions: h("a", { href: "#/positions" }, "Positions") });
}

function risk(live, now) {
  const state = live?.risk;
  if (!state || !live.account) return card("Risk", empty("No word yet from the risk manager or the executor."));
  const stops = obstacles(live, now);
  return card("Risk", [
    stops.length === 0
      ? h("p", { key: "free", class: "good-line" }, "✓ Nothing stops entries.")
      : h("ul", { key: "stops", class: "stops" },
        stops.map(({ name, until }) =>
          h("li", { key: name },
            badge(`■ ${words(name)}`, "bad"),
            until ? h("span", { class: "muted" }, ` ${duration((until - now) / 1000)} left`) : ""))),
    readinessList(live, now),
    facts(
      ["Trades today", `${state.trades_today}`], ["This hour", `${state.trades_this_hour}`],
      ["Losses in a row", `${state.streak}`, { tone: state.streak > 1 ? "falling" : "" }],
      ["Losses last hour", `${state.losses_last_hour}`],
      ["Fees today", number(state.fee_total)],
    ),
  ], { actions: h("a", { href: "#/risk" }, "Risk") });
}

function account(live) {
  const state = live?.account;
  if (!state) return card("Account", empty("No word from the executor yet."));
  const used = Number(state.equity) > 0 ? 1 - Number(state.available_balance) / Number(state.equity) : 0;
  return card("Account", facts(
    ["Wallet", number(state.wallet_balance)], ["Available", number(state.available_balance)],
    ["Margin used", percent(Math.max(0, used), 0), { tone: used > 0.6 ? "falling" : "" }],
    [
      "Venue",
      state.venue_reachable ? h("span", null, `${state.round_trip_ms} ms`) : h("strong", { class: "falling" }, "unreachable"),
    ],
    ["Request weight", `${state.used_weight} of ${number(state.weight_limit, 0)}`],
  ));
}

function lastTrades({ trades }) {
  return table("Last trades", [
    { title: "Ended", cell: (trade) => traceLink(trade.id, timeText(trade.exit_time)) },
    { title: "Contract", cell: (trade) => trade.symbol },
    { title: "Side", cell: (trade) => direction(trade.side) },
    { title: "Exit by", cell: (trade) => exitText(trade.exit_reason) },
    { title: "Held", number: true, cell: (trade) => duration(trade.hold_seconds) },
    { title: "Net", number: true, tone: (trade) => trend(trade.net), cell: (trade) => h("strong", null, signed(trade.net)) },
  ], trades, {
    key: (trade) => trade.number,
    href: (trade) => address("trace", { id: trade.id }),
    none: "No trade has ended yet.",
  });
}

