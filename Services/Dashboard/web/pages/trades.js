// Trades that have ended.
import { get, withQuery } from "../core/api.js";
import { duration, number, percent, signed, trend, words } from "../core/format.js";
import { address } from "../core/router.js";
import { h } from "../core/view.js";
import { filters, pager } from "../parts/filters.js";
import { table } from "../parts/table.js";
import { card, direction, timeText, traceLink } from "../parts/ui.js";
import { EXITS, exitText, STRATEGIES } from "../parts/words.js";

export const refreshMs = 10_000;

export function load({ query, signal }) {
  return get("trades", { ...asked(query), before: query.before, limit: 50 }, signal);
}

/// The filters as the API takes them: days begin and end at local midnight.
function asked({ symbol, side, strategy, exit_reason, result, from, to }) {
  const midnight = (date, days) => {
    const [year, month, day] = date.split("-").map(Number);
    return new Date(year, month - 1, day + days).getTime();
  };
  return { symbol, side, strategy, exit_reason, result, from: from && midnight(from, 0), to: to && midnight(to, 1) };
}

export function view({ data, query, feed, symbols }) {
  const options = (names) => Object.entries(names).map(([value, text]) => [value, `${value} ${text}`]);
  return card("Trades", [
    filters("trades", query, [
      { name: "symbol", label: "Contract", options: symbols.map((name) => [name, name]) },
      { name: "side", label: "Side", options: [["LONG", "▲ Long"], ["SHORT", "▼ Short"]] },
      { name: "strategy", label: "Strategy", options: options(STRATEGIES) },
      {
        name: "exit_reason",
        label: "Exit",
        options: Object.keys(EXITS).map((name) => [name, exitText(name)]),
      },
      { name: "result", label: "Result", options: [["win", "Wins"], ["loss", "Losses"]] },
      { name: "from", label: "From", type: "date" },
      { name: "to", label: "To", type: "date" },
    ], h("a",
    { key: "csv", class: "button csv", href: withQuery("trades.csv", asked(query)), download: "trades.csv" },
    "Download CSV")),
    data.trades.length > 0 && sums(data.trades),
    tradesTable(data.trades, feed),
    pager("trades", query, data.next),
  ], { isPage: true });
}

function sums(trades) {
  const net = trades.reduce((sum, trade) => sum + Number(trade.net ?? 0), 0);
  const wins = trades.filter((trade) => Number(trade.net) > 0).length;
  return h("p", { class: "sums" },
    `${trades.length} on this page: `,
    h("strong", { class: trend(net) }, `${signed(net)} USDT`),
    ` net, ${wins} won, ${trades.length - wins} not`);
}

function tradesTable(trades, feed) {
  // Means of fills have more decimals than a price of the venue.
  const price = (trade, value) => number(value, feed.digits(trade.symbol, trade.stop_price, trade.take_profit_price));
  return table("Trades", [
    { title: "Ended", cell: (trade) => traceLink(trade.id, timeText(trade.exit_time ?? trade.entry_time)) },
    { title: "Contract", cell: (trade) => trade.symbol },
    { title: "Side", cell: (trade) => direction(trade.side) },
    { title: "Strategy", minor: true, cell: (trade) => h("span", { title: STRATEGIES[trade.strategy] ?? "Found at the venue" }, trade.strategy ?? "–") },
    { title: "Net", number: true, tone: (trade) => trend(trade.net), cell: (trade) => h("strong", null, signed(trade.net)) },
    { title: "Gross", number: true, cell: (trade) => signed(trade.gross) },
    { title: "Fees", number: true, cell: (trade) => number(trade.fees) },
    { title: "Funding", minor: true, number: true, cell: (trade) => signed(trade.funding) },
    { title: "Exit by", cell: (trade) => h("span", { title: EXITS[trade.exit_reason] }, exitText(trade.exit_reason)) },
    { title: "Held", number: true, cell: (trade) => duration(trade.hold_seconds) },
    { title: "Entry", number: true, cell: (trade) => price(trade, trade.entry_price) },
    { title: "Exit", number: true, cell: (trade) => price(trade, trade.exit_price) },
    { title: "Stop", minor: true, number: true, cell: (trade) => price(trade, trade.stop_price) },
    { title: "Target", minor: true, number: true, cell: (trade) => price(trade, trade.take_profit_price) },
    { title: "Trailed to", minor: true, number: true, cell: (trade) => price(trade, trade.trailing_stop_price) },
    { title: "Size USDT", number: true, cell: (trade) => number(trade.size_usdt, 0) },
    { title: "Lev.", minor: true, number: true, cell: (trade) => `${trade.leverage}×` },
    { title: "Score", minor: true, number: true, cell: (trade) => signed(trade.final_score, 2) },
    {
      title: "Conf.",
      minor: true,
      number: true,
      hint: "Confidence",
      cell: (trade) => (trade.confidence === null ? "–" : `${number(trade.confidence, 0)} %`),
    },
    {
      title: "Maker",
      minor: true,
      number: true,
      hint: "Part of the entry that was filled as maker",
      cell: (trade) => percent(trade.entry_maker_share, 0),
    },
    { title: "Regime", minor: true, cell: (trade) => `${words(trade.regime)} · ${words(trade.vol_phase)}` },
  ], trades, {
    key: (trade) => trade.number, href: (trade) => address("trace", { id: trade.id }), cards: true,
    none: "No trade fits. A trade appears here when it has ended; what is open stands under Positions.",
  });
}
