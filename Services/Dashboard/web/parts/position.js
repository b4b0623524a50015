// What can be said of a position with the price of this moment.
import { number } from "../core/format.js";

/// Numbers for bars and shares; what is not known is null.
export function measure(market) {
  const { position, plan } = market;
  const value = (text) => (text === null || text === undefined ? null : Number(text));
  const bid = value(market.bid);
  const ask = value(market.ask);
  const now = bid !== null && ask !== null ? (bid + ask) / 2 : null;
  const entry = value(position.entry);
  const size = value(position.size);
  const pnl = value(position.unrealized_pnl);
  const terms = plan && plan.id === position.plan ? plan : null;
  const sign = position.side === "LONG" ? 1 : -1;
  const target = value(position.take_profit);
  const notional = entry === null ? null : entry * size;
  const away = (price) => (now === null || value(price) === null ? null : Math.abs(now - value(price)) / now);
  return {
    now, entry, size, pnl, target, notional, terms,
    stop: value(position.stop),
    liquidation: value(position.liquidation),
    marketValue: now === null ? notional : now * size,
    margin: notional === null || !position.leverage ? null : notional / position.leverage,
    stopAway: away(position.stop),
    liquidationAway: away(position.liquidation),
    targetAway: away(position.take_profit),
    progress: target === null || entry === null || now === null || target === entry ? null : ((now - entry) / (target - entry)),
    isTrailing: position.state === "TRAILING",
    isHeld: entry !== null && size > 0,
    sign,
  };
}

export function pnlShare(pnl, of) {
  return pnl === null || !of ? null : pnl / of;
}

/// What stands in a dialog before a position is closed.
export function positionFacts(market) {
  const { position } = market;
  return [
    ["Position", `${position.side} ${number(position.size, 6).replace(/\.?0+$/, "")} ${market.symbol}`],
    ["Entry", position.entry === null ? "–" : number(position.entry, 4)],
    ["Unrealized P&L", position.unrealized_pnl === null ? "–" : `${number(position.unrealized_pnl)} USDT before fees`],
  ];
}
