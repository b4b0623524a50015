// The account, what it earned, what is open, and what happened last.
import { isNaked } from "../core/alarms.js";
import { get } from "../core/api.js";
import { obstacles } from "../core/entries.js";
import { count, day, duration, exact, number, percent, signed, signedPercent, trend, words } from "../core/format.js";
import { h } from "../core/view.js";
import { address } from "../core/router.js";
import { alertList } from "../parts/alerts.js";
import { equityChart } from "../parts/equity-chart.js";
import { columns } from "../parts/plots.js";
import { measure, pnlShare } from "../parts/position.js";
import { table } from "../parts/table.js";
import { badge, card, daysChoice, direction, empty, facts, segmented, tile, tiles, timeText, traceLink } from "../parts/ui.js";
import { exitText, STRATEGIES } from "../parts/words.js";

export const isLive = true;
export const refreshMs = 10_000;

export async function load({ query, signal }) {
  const [performance, { trades }, { alerts }] = await Promise.all([
    get("performance", { days: query.days ?? 30 }, signal),
    get("trades", { limit: 8 }, signal),
    get("alerts", { limit: 6 }, signal),
  ]);
  return { performance, trades, alerts };
}

export function view({ data, live, now, query, feed }) {
  const { performance } = data;
  const stale = feed.isStale ? "stale" : "";
  return [
    results(performance, live),
    // On a phone all is one column: what is held and what stops entries comes first there.
    h("div", { key: "cards", class: "columns-2-1" },
      h("div", { class: "stack side" },
        h("div", { class: `stack live ${stale}` }, openPositions(live), risk(live, now), account(live)),
        figures(performance),
        card("Last alerts", alertList(data.alerts), { actions: h("a", { href: "#/alerts" }, "All alerts") })),
      h("div", { class: "stack" },
        card("Balance", performance.equity.length > 0
          ? equityChart(performance)
          : empty("The curve begins with the first trade that ends."), { actions: daysChoice("overview", query) }),
        profit(performance, query),
        card("Last trades", lastTrades(data.trades), { actions: h("a", { href: "#/trades" }, "All trades") }),
        card("By strategy", strategies(performance.strategies)))),
  ];
}

function results({ today, week, month }, live) {
  const sums = (label, sum) => tile(
    label,
    signed(sum.net),
    {
      tone: trend(sum.net),
      detail: sum.trades ? `${count(sum.trades, "trade")}, ${percent(sum.wins / sum.trades, 0)} won` : "no trade",
      title: "After fees and funding, USDT",
    },
  );
  const open = live?.account?.unrealized_pnl;
  return h("section", { key: "results", class: "card headline", "aria-label": "Results" }, tiles(
    tile("Equity", number(live?.account?.equity), { detail: "USDT" }),
    sums("Today", today), sums("7 days", week), sums("30 days", month),
    tile("Open", signed(open), { tone: trend(open), detail: count(live?.account?.open_positions ?? 0, "position") }),
  ));
}

function openPositions(live) {
  const held = (live?.markets ?? []).filter((market) => market.position && measure(market).isHeld);
  return card("Open positions", held.length === 0 ? empty("None.") : h("ul", { class: "open-list" }, held.map((market) => {
    const m = measure(market);
    return h("li", { key: market.symbol, class: isNaked(market.position) ? "naked" : "" },
      h("a", { href: "#/positions" }, market.symbol),
      direction(market.position.side),
      h("span", { class: "muted" }, exact(market.position.size)),
      h("span", { class: `number ${trend(m.pnl)}` }, signed(m.pnl)),
      h("span", { class: `number ${trend(m.pnl)}` }, signedPercent(pnlShare(m.pnl, m.notional))),
      isNaked(market.position)
        ? badge("⚠ no stop", "bad")
        : badge(m.stop === null ? "closing" : m.isTrailing ? "trailing" : "stop ✓", "good"));
  })), { actions: h("a", { href: "#/positions" }, "Positions") });
}

function risk(live, now) {
  const state = live?.risk;
  if (!state) return card("Risk", empty("No word from the risk manager yet."));
  const stops = obstacles(live, now);
  return card("Risk", [
    stops.length === 0
      ? h("p", { key: "free", class: "good-line" }, "✓ Nothing stops entries.")
      : h("ul", { key: "stops", class: "stops" },
        stops.map(({ name, until }) =>
          h("li", { key: name },
            badge(`■ ${words(name)}`, "bad"),
            until ? h("span", { class: "muted" }, ` ${duration((until - now) / 1000)} left`) : ""))),
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

const PERIODS = { day: "Day", week: "Week", month: "Month" };

function profit(performance, query) {
  const by = query.by ?? "day";
  const bars = periods(performance.days, by);
  return card("P&L", [
    bars.length === 0 ? empty("The first bar stands after the first trade that ends.") : [
      columns(
        bars.map(({ name, sum }) =>
          ({
            name,
            value: sum.net,
            title: `${name}: ${signed(sum.net)} USDT, ${count(sum.trades, "trade")}, ${sum.wins} won, fees ${number(sum.fees)}`,
          })),
        `Net result by ${by}`,
      ),
      h("div", { class: "axis" }, h("span", null, bars[0].name), h("span", null, bars.at(-1).name)),
    ],
    bars.length > 0 && table(`Results by ${by}`, [
      { title: PERIODS[by], cell: (row) => row.name },
      { title: "Net", number: true, tone: (row) => trend(row.sum.net), cell: (row) => h("strong", null, signed(row.sum.net)) },
      { title: "Gross", number: true, cell: (row) => signed(row.sum.gross) },
      { title: "Fees", number: true, cell: (row) => number(row.sum.fees) },
      { title: "Trades", number: true, cell: (row) => row.sum.trades },
      { title: "Won", number: true, cell: (row) => percent(row.sum.wins / row.sum.trades, 0) },
    ], [...bars].reverse().slice(0, 8), { key: (row) => row.name }),
  ], { actions: segmented("By", "overview", query, "by", Object.entries(PERIODS)) });
}

/// Days added up to weeks (from Monday) or months, UTC.
function periods(days, by) {
  const found = new Map();
  for (const one of days) {
    const name = {
      day: () => day(one.date),
      week: () => `from ${day(monday(one.date))}`,
      month: () => one.date.slice(0, 7),
    }[by]();
    const sum = found.get(name) ?? { trades: 0, wins: 0, gross: 0, fees: 0, net: 0 };
    for (const field of Object.keys(sum)) sum[field] += Number(one[field]);
    found.set(name, sum);
  }
  return [...found].map(([name, sum]) => ({ name, sum }));
}

function monday(date) {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  return at.toISOString().slice(0, 10);
}

function figures(performance) {
  const { total } = performance;
  return card("Figures", facts(
    ["Net", h("strong", { class: trend(total.net) }, signed(total.net))], ["Fees", number(total.fees)],
    ["Trades", `${total.trades}`], ["Win rate", total.trades ? percent(total.wins / total.trades) : "–"],
    ["Profit factor", number(performance.profit_factor), { title: "What winners earned to what losers lost" }],
    ["Sharpe", number(performance.sharpe), { title: "Of daily results, for a year; from five days on" }],
    ["Max drawdown", percent(performance.max_drawdown, 2)],
    ["Mean hold", duration(performance.average_hold_seconds)],
    ["Best trade", signed(performance.best), { tone: trend(performance.best) }],
    ["Worst trade", signed(performance.worst), { tone: trend(performance.worst) }],
  ), { note: "of the window above" });
}

function lastTrades(trades) {
  return table("Last trades", [
    { title: "Ended", cell: (trade) => traceLink(trade.id, timeText(trade.exit_time)) },
    { title: "Contract", cell: (trade) => trade.symbol },
    { title: "Side", cell: (trade) => direction(trade.side) },
    { title: "Exit by", cell: (trade) => exitText(trade.exit_reason) },
    { title: "Held", number: true, cell: (trade) => duration(trade.hold_seconds) },
    { title: "Net", number: true, tone: (trade) => trend(trade.net), cell: (trade) => h("strong", null, signed(trade.net)) },
  ], trades, { key: (trade) => trade.number,
  href: (trade) => address("trace", { id: trade.id }),
  none: "No trade has ended yet." });
}

function strategies(rows) {
  return table("Results by strategy", [
    { title: "Strategy", cell: (row) => `${row.strategy} ${STRATEGIES[row.strategy] ?? ""}` },
    { title: "Side", cell: (row) => direction(row.side) },
    { title: "Trades", number: true, cell: (row) => row.trades },
    { title: "Won", number: true, cell: (row) => percent(row.wins / row.trades, 0) },
    { title: "Gross", number: true, cell: (row) => signed(row.gross) },
    { title: "Fees", number: true, cell: (row) => number(row.fees) },
    { title: "Net", number: true, tone: (row) => trend(row.net), cell: (row) => h("strong", null, signed(row.net)) },
  ], rows, { key: (row) => row.strategy + row.side, none: "No trade in this window." });
}
