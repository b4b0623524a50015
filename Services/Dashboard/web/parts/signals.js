// One engine's signal: direction, strength, and the readings that people look at. The same live and in a trace.
import { signedBar } from "./bars.js";
import { badge, direction, facts, LONG, SHORT } from "./ui.js";
import { engineOf, STRATEGIES } from "./words.js";
import { exact, milliseconds, number, percent, signed, signedPercent, words } from "../core/format.js";
import { h } from "../core/view.js";

/// Older signals count as neutral in a decision (milliseconds).
const OLD_AFTER_MS = { E1: 1_000, E2: 5_000, E3: 5_000, E4: 120_000, E5: 90_000 };
/// Engines of others are shown with each decision, one a minute at least.
const OTHERS_OLD_AFTER_MS = 60_000;

const yes = (value) => value === "1";

/// A yes that matters, with its side, else a quiet no.
function event(is, side) {
  return yes(is) ? h("strong", null, side ? direction(side) : "yes") : "no";
}

const READINGS = {
  E1: (s) => [
    ["Imbalance", signed(s.imbalance, 3), { title: "(bids − asks)/(bids + asks) over ten levels" }],
    ["Imbalance velocity", signed(s.imbalance_velocity, 3), { title: "Change a second" }],
    ["Conviction", percent(s.conviction, 0), { title: "How far the reading is to be trusted" }],
    ["CVD", signed(s.cvd, 1), { title: "Taker buys minus taker sells since the last multiple of 4 h UTC" }],
    ["CVD pressure 30 s", signed(s.cvd_pressure, 3)],
    ["CVD divergence", event(s.cvd_divergence)],
    ["Wall near", yes(s.wall_near) ? h("span", null, direction(s.wall_side), ` ${exact(s.wall_level)}`) : "no"],
    ["Wall absorbed", event(s.wall_absorbed, s.wall_absorbed_direction)],
    [
      "Spoof ratio",
      percent(s.spoof_ratio, 0),
      { title: "Share of new liquidity that flickered away over 60 s; beyond 50 % the conviction is halved" },
    ],
    ["Micro price", number(s.micro_price, 2)],
  ],
  E2: (s) => [
    [
      "Velocity",
      h("span", null,
        `${s.velocity_1s ?? "–"}/s`,
        h("span", { class: "muted" }, s.velocity_ratio ? ` · ${number(s.velocity_ratio, 2)}×` : "")),
      { title: "Trades in the last second, and against the mean of 30 s" },
    ],
    ["Taker buys 5 s", percent(s.aggressor_ratio, 0)],
    ["Run", h("span", null, `${s.streak ?? 0} `, s.streak_side ? direction(s.streak_side) : "")],
    [
      "Volume spike",
      h("span", null,
        event(s.volume_spike),
        h("span", { class: "muted" }, s.spike_ratio ? ` · ${number(s.spike_ratio, 2)}×` : "")),
    ],
    ["Big trade", event(s.big_trade, s.big_trade_direction)],
    ["Delta slope", signed(s.delta_slope, 3)],
  ],
  E3: (s) => [
    ["EMA trend", direction(s.ema_trend)],
    [
      "RSI",
      h("span", null, number(s.rsi, 1), s.rsi_zone && s.rsi_zone !== "NORMAL" ? h("strong", null, ` ${words(s.rsi_zone)}`) : ""),
    ],
    [
      "MACD",
      h("span", null,
        { UP: "▲ up", DOWN: "▼ down" }[s.macd_momentum] ?? "flat",
        h("span", { class: "muted" }, ` · ${signed(s.macd_histogram, 2)}`)),
    ],
    ["Bands", h("span", null, words(s.bb_zone), yes(s.bb_squeeze) ? h("strong", null, " squeeze") : "")],
    [
      "VWAP",
      h("span", null,
        number(s.vwap, 2),
        h("span", { class: "muted" }, s.vwap_distance ? ` · ${signedPercent(s.vwap_distance)}` : "")),
    ],
    [
      "ATR 1m",
      h("span", null,
        number(s.atr, 2),
        h("span", { class: "muted" }, Number(s.price) > 0 ? ` · ${percent(Number(s.atr) / Number(s.price), 2)}` : "")),
    ],
    ["Reversion", h("span", null, direction(s.reversion_direction), ` ${percent(s.reversion_strength, 0)}`)],
    ["Resistance", exact(s.nearest_resistance)],
    ["Support", exact(s.nearest_support)],
    ["RSI divergence", event(s.rsi_divergence, s.rsi_divergence_direction)],
  ],
  E4: (s) => [
    ["Open interest 5 m", s.oi_change_pct === undefined ? "–" : `${signed(s.oi_change_pct, 2)} %`],
    ["Read as", words(s.oi_interpretation)],
    ["Accounts long", percent(s.long_ratio)],
    ["Top traders long", percent(s.top_trader_long_pct)],
    ["Funding", s.funding_rate === undefined ? "–" : `${signed(Number(s.funding_rate) * 100, 4)} %`],
    ["Funding says", words(s.funding_signal)],
    [
      "Cluster",
      h("span", null,
        number(s.nearest_liq_cluster, 1),
        s.liq_direction ? h("span", { class: "muted" }, ` ${words(s.liq_direction)}`) : ""),
      { title: "A model of where crowded positions would be closed by force" },
    ],
    ["Cluster proximity", percent(s.liq_proximity_score, 0)],
    ["Extreme level", percent(s.extreme_level, 0)],
  ],
  E5: (s) => [
    ["Volatility", words(s.vol_phase)],
    ["ADX", number(s.adx, 1)],
    ["ATR 3m", percent(s.atr_pct, 3)],
    [
      "Spread",
      h("span", null, percent(s.current_spread, 4), yes(s.spread_ok) ? "" : h("strong", { class: "falling" }, " too wide")),
    ],
    ["Correlation", signed(s.correlation, 2)],
    ["Risk off", event(s.risk_off)],
    [
      "Prefers",
      STRATEGIES[s.preferred_strategy]
        ? `${s.preferred_strategy} ${STRATEGIES[s.preferred_strategy]}`
        : words(s.preferred_strategy),
    ],
    ["Size ×", number(s.size_multiplier, 2)],
    ["Target · stop ×", `${number(s.tp_multiplier, 2)} · ${number(s.sl_multiplier, 2)}`],
    ["Leverage at most", `${s.leverage_max ?? "–"}×`],
    ["Weights", ["weight_e1", "weight_e2", "weight_e3", "weight_e4"].map((name) => number(s[name], 2)).join(" · ")],
  ],
};

/// Which way it votes: by its direction in words, or by its sign where it has no such word.
function signOf(signal) {
  if (signal.direction === undefined) return Number(signal.sign ?? 0);
  return LONG.has(signal.direction) ? 1 : SHORT.has(signal.direction) ? -1 : 0;
}

/// Strength with the sign of its direction, as far as the reading is to be trusted.
export function signedStrength(engine, signal) {
  if (!signal) return 0;
  return signOf(signal) * Number(signal.strength ?? 0) * Number(signal.conviction ?? signal.confidence ?? 1);
}

const otherReadings = (s) => [
  ["Strength", percent(s.strength, 0)],
  ["Confidence", percent(s.confidence, 0)],
  ["Weight", percent(s.weight, 0)],
].filter(([name]) => s[name.toLowerCase()] !== undefined);

/// `now` is null in a trace: there a signal has no age.
export function isOld(engine, signal, now) {
  return now !== null && now - Number(signal.event_time) > (OLD_AFTER_MS[engine] ?? OTHERS_OLD_AFTER_MS);
}

export function signalCard(engine, signal, now = null) {
  const { name, what } = engineOf(engine);
  const old = signal && isOld(engine, signal, now);
  const state = !signal
    ? badge("silent", "warn")
    : signal.warm === "0"
    ? badge("cold", "warn", "It still lacks data, and counts as neutral")
    : old
    ? badge("old", "warn", "Older than it may be: counts as neutral")
    : badge("warm", "good");
  return h("article", { class: `signal ${old ? "old" : ""}`, key: engine, "aria-label": `${engine} ${name}` },
    h("header", { class: "signal-head" },
      h("h3", { title: what }, h("span", { class: `engine ${engine.toLowerCase()}` }, engine), name),
      state,
      signal
        && now !== null && h("span", { class: "age", title: "Age" }, milliseconds(Math.max(0, now - Number(signal.event_time))))),
    !signal ? h("p", { class: "empty-text" }, "No signal yet. It comes within a minute of the start.") : [
      engine === "E5" ? regimeHead(signal) : strengthHead(engine, signal),
      facts(...(READINGS[engine] ?? otherReadings)(signal)),
    ]);
}

function strengthHead(engine, signal) {
  const strength = signedStrength(engine, signal);
  const word = signal.direction ?? { 1: "LONG", [-1]: "SHORT" }[signOf(signal)] ?? "NEUTRAL";
  const way = word === "NEUTRAL" || word === "BALANCED"
    ? h("span", { class: "direction none" }, "◆ neutral")
    : direction(word);
  return h("div", { class: "strength", key: "strength" },
    h("span", { class: "strength-way" }, way),
    h("span", { class: "strength-value" }, signed(strength, 2)),
    signedBar(strength, { label: `${word}, strength ${percent(signal.strength, 0)}` }));
}

function regimeHead(signal) {
  return h("div", { class: "strength", key: "regime" },
    h("span", { class: "strength-way" }, h("strong", null, words(signal.regime))),
    yes(signal.tradeable)
      ? badge("✓ tradeable", "good")
      : badge(`✗ ${signal.reason ? words(signal.reason) : "not tradeable"}`, "bad"));
}
