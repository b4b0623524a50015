// What names of the suite mean, for people.
import { words } from "../core/format.js";

export const ENGINES = {
  E1: { name: "Order flow", what: "Book pressure and taker volume" },
  E2: { name: "Tick", what: "What takers just did" },
  E3: { name: "Technical", what: "Indicators on candles" },
  E4: { name: "Sentiment", what: "Positioning of the crowd, read against it" },
  E5: { name: "Regime", what: "State of the market: a gate and multipliers" },
};

/// An engine that is not the house's goes by its id alone.
export const engineOf = (id) => ENGINES[id] ?? { name: "", what: "An engine of your own, admitted to the vote" };

/// The house's engines, then the others that have spoken.
export const enginesIn = (signals) =>
  [...Object.keys(ENGINES), ...Object.keys(signals).filter((id) => !(id in ENGINES)).sort()];

export const STRATEGIES = { A: "Momentum", B: "Reversion", C: "Cascade" };

export const GATES = {
  score: "The weighted score is above its threshold",
  agreement: "Enough engines point the same way",
  primary: "E1 does not point the other way",
  tradeable: "The regime allows trading",
  spread: "The spread is narrow and known",
  hedge: "No position stands the other way",
  max_positions: "Fewer positions open than allowed",
  breaker: "The risk manager takes entries",
  stability: "The score has not jumped",
  stale: "E1 and E2 are warm and young",
  locked: "No order of unknown outcome",
  strategy: "A strategy has its trigger and confirmations",
};

export const RULES = {
  stale: "the decision was too old",
  no_atr: "no average true range",
  no_book: "no valid best prices",
  no_balance: "no balance known",
  no_rules: "the contract's rules are not known",
  no_regime: "the regime is cold, old or says no",
  no_target: "no target in reach",
  symbol_busy: "the contract has a plan under way",
  max_positions: "as many positions open as allowed",
  spread: "the spread was too wide",
  rr: "too little reward for the risk",
  effective_rr: "too little reward for the risk, after fees",
  min_tp: "the target does not pay its costs",
  min_notional: "smaller than the venue allows",
  margin_cap: "it would take too much margin",
  liquidation: "the stop lies too near the liquidation",
  daily_loss: "the day's loss limit",
  loss_streak: "losses in a row",
  hourly_loss: "losses within an hour",
  overtrade: "too many trades this hour",
  halted: "a person has halted trading",
  journal: "the risk journal could not be written",
};

export const POSITION_STATES = {
  PENDING_ENTRY: "pending",
  ENTRY_SENT: "entry sent",
  PARTIAL_FILL: "filling",
  ACTIVE_POSITION: "active",
  TRAILING: "trailing",
  CLOSING: "closing",
  NO_FILL: "not filled",
  CLOSED: "closed",
};

export const EXITS = {
  TP1: "All of it at its target",
  TP2: "The rest by its trailing stop, after the first target",
  SL: "Stopped",
  TIMEOUT: "Held as long as allowed",
  MANUAL: "Closed by a person here",
  EMERGENCY: "Closed by an emergency rule",
  LIQUIDATION: "Closed by the venue",
  EXTERNAL: "Closed outside of the suite",
  NO_FILL: "Too little of the entry filled",
};

/// `TP2` and `SL` are words of the trade, the others are read better as words.
export function exitText(reason) {
  return /^(TP\d|SL)$/.test(reason ?? "") ? reason : words(reason);
}
