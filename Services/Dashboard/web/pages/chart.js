// Candles of one contract, and what the suite does there.
import { isBookOld } from "../core/alarms.js";
import { get } from "../core/api.js";
import { exact, number, signed, signedPercent, trend } from "../core/format.js";
import { h } from "../core/view.js";
import { candleChart } from "../parts/candle-chart.js";
import { measure, pnlShare } from "../parts/position.js";
import { card, direction, empty, segmented } from "../parts/ui.js";

export const isLive = true;
export const refreshMs = 5_000;

export async function load({ query, signal, firstSymbol }) {
  const symbol = query.symbol ?? (await firstSymbol());
  return {
    symbol,
    answer: symbol ? await get(`chart/${symbol}`, { timeframe: query.timeframe ?? "1m", limit: 300 }, signal) : null,
  };
}

export function view({ data, live, query, feed, symbols }) {
  if (!data.answer) return empty("No contract is traded.");
  const market = live?.markets.find((one) => one.symbol === data.symbol);
  const isOld = feed.isStale || !market || isBookOld(market, live.time);
  const m = market?.position ? measure(market) : null;
  const price = market && market.bid !== null && market.ask !== null ? (Number(market.bid) + Number(market.ask)) / 2 : null;
  return card("Chart", [
    h("div", { class: "toolbar" },
      segmented("Contract", "chart", { ...query, symbol: data.symbol }, "symbol", symbols.map((name) => [name, name])),
      segmented("Timeframe", "chart", query, "timeframe", [["1m", "1m"], ["3m", "3m"], ["5m", "5m"], ["15m", "15m"]]),
      h("span", { class: `quote live ${isOld ? "stale" : ""}` },
        ["Bid", "Ask"].map((side) =>
          h("span", { key: side },
            `${side} `,
            h("strong", null, number(market?.[side.toLowerCase()], feed.digits(data.symbol))))))),
    data.answer.candles.length === 0
      ? empty("No candles yet. The hub fetches a day of them at its start.")
      : candleChart(data.answer, lines(data.answer, m), isOld ? null : price),
    m?.isHeld && held(market, m),
    h("p", { class: "legend-line muted" },
      h("span", null, "▲ ▼ entry"),
      h("span", null, "● exit, with its reason"),
      h("span", null, "green field: to the target"),
      h("span", null, "red field: to the stop"),
      h("span", null, "dotted: key levels")),
  ], { isPage: true });
}

function lines(answer, m) {
  const levels = answer.key_levels.map((price) => ({ name: "", price, kind: "level" }));
  const own = m?.isHeld
    ? [
      ["Entry", m.entry, "entry"],
      [m.isTrailing ? "Trailing stop" : "Stop", m.stop, "stop"],
      ["Target", m.target, "target"],
      ["Liquidation", m.liquidation, "liquidation"],
    ]
    : [];
  return [...levels, ...own.filter(([, price]) => price !== null).map(([name, price, kind]) => ({ name, price, kind }))];
}

function held({ symbol, position }, m) {
  return h("p", { key: "held", class: "held-line" }, direction(position.side), ` ${exact(position.size)} ${symbol} `,
    h("strong", { class: trend(m.pnl) }, `${signed(m.pnl)} USDT`),
    h("span", { class: trend(m.pnl) }, ` ${signedPercent(pnlShare(m.pnl, m.notional))}`),
    h("a", { href: "#/positions" }, "Position"));
}
