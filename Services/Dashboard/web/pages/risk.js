// What stops entries and until when, the day's figures, and what breakers did before.
import { get, getEach } from "../core/api.js";
import { askCommand } from "../core/commands.js";
import { obstacles } from "../core/entries.js";
import { clock, duration, number, percent, signed, signedPercent, trend, utc, words } from "../core/format.js";
import { h } from "../core/view.js";
import { alertList } from "../parts/alerts.js";
import { readinessList } from "../parts/readiness.js";
import { answered, card, empty, tile, tiles } from "../parts/ui.js";

export const isLive = true;
export const refreshMs = 10_000;

/// Alerts that tell of stopped and resumed trading.
const ABOUT_ENTRIES = new Set([
  "daily_loss",
  "loss_streak",
  "hourly_loss",
  "overtrade",
  "fee_alert",
  "halt",
  "resume",
  "stop",
  "start",
  "emergency",
  "emergency_stop",
  "entries_stopped",
  "venue_refuses",
  "streams_lost",
  "feed_lost",
]);

export function load({ signal }) {
  return getEach({ told: get("alerts", { limit: 500 }, signal) });
}

export function view({ data, live, now, session, feed }) {
  return [
    h("div", { key: "now", class: `columns-1-1 live ${feed.isStale ? "stale" : ""}` },
      card("Entries", stops(live, now)),
      session.role === "operator"
        ? card("Controls", controls(live))
        : card("Controls", empty("Log in as operator to halt, resume, stop, start, or close positions."))),
    h("div", { key: "today", class: `live ${feed.isStale ? "stale" : ""}` }, card("Today", today(live?.risk))),
    card("Breakers and stops before", answered(data.told, before)),
  ];
}

function before({ alerts }) {
  const about = alerts.filter((alert) => ABOUT_ENTRIES.has(alert.event)).slice(0, 60);
  return alertList(about, "None yet. Each breaker, halt and emergency is listed here with its reason.");
}

function stops(live, now) {
  if (!live) return empty("Waiting for the first word from the suite.");
  if (!live.risk || !live.account) {
    return empty("No word yet from the risk manager and the executor. It comes within a minute of the start.");
  }
  const found = obstacles(live, now);
  return [
    found.length === 0
      ? h("p", { key: "free", class: "good-line big-line" }, "✓ Nothing stops entries of all contracts.")
      : obstacleList(found, now),
    readinessList(live, now),
  ];
}

function obstacleList(found, now) {
  return h("ul", { key: "stops", class: "obstacles" }, found.map(({ name, until, text }) => h("li", { key: name },
    h("strong", null, `■ ${words(name)}`),
    h("span", { class: "obstacle-until" },
      until
        ? [
          h("time", { title: utc(until) }, `until ${clock(until)}`),
          h("span", { class: "muted" }, ` · ${duration((until - now) / 1000)} left`),
        ]
        : "until a person ends it or its cause is over"),
    h("p", { class: "muted" }, text))));
}

function controls(live) {
  const open = (live?.markets ?? []).filter((market) => market.position && Number(market.position.size) > 0);
  const row = (name, label, text, kind, options) => h("div", { key: `${name} ${options?.symbol ?? ""}`, class: "control" },
    h("button", { class: `button ${kind}`, type: "button", onclick: () => askCommand(name, options) }, label),
    h("p", { class: "muted" }, text));
  return h("div", { class: "controls" },
    live?.risk?.halted
      ? row("resume", "Resume", "Let the risk manager take new trades again.", "primary")
      : row("halt", "Halt", "The risk manager refuses every new trade. Positions keep their stops.", "danger-outline"),
    live?.account && !live.account.accepts_entries
      ? row("start", "Start", "Let the executor send entry orders again.", "primary")
      : row("stop", "Stop", "The executor sends no new entry order. Positions keep their stops.", "danger-outline"),
    (live?.markets ?? []).map(({ symbol }) => live?.risk?.paused.includes(symbol)
      ? row("resume", `Resume ${symbol}`, "Let the risk manager take new trades in it again.", "primary", { symbol })
      : row("pause", `Pause ${symbol}`, "No new trades in this contract; the others go on.", "danger-outline", { symbol })),
    row(
      "close_all",
      "Close all…",
      "Closes every position at the market and cancels all our orders.",
      "danger-outline",
      { facts: open.map((market) => [market.symbol, `${market.position.side} ${market.position.size}`]) },
    ));
}

function today(risk) {
  if (!risk) return empty("No word from the risk manager yet.");
  const share = Number(risk.day_start_balance) > 0 ? Number(risk.pnl_today) / Number(risk.day_start_balance) : null;
  const fees = Number(risk.gross_profit) > 0 ? Number(risk.fee_total) / Number(risk.gross_profit) : null;
  return tiles(
    tile(
      "P&L today",
      signed(risk.pnl_today),
      {
        tone: trend(risk.pnl_today),
        detail: share === null ? "" : `${signedPercent(share)} of ${number(risk.day_start_balance, 0)}`,
      },
    ),
    tile("Trades today", `${risk.trades_today}`, { detail: `${risk.trades_this_hour} since the full hour` }),
    tile(
      "Losses in a row",
      `${risk.streak}`,
      { tone: risk.streak >= 2 ? "falling" : "", detail: `${risk.losses_last_hour} losses in the last hour` },
    ),
    tile(
      "Fees today",
      number(risk.fee_total),
      { detail: fees === null ? "no winner yet" : `${percent(fees, 0)} of winners' gross ${number(risk.gross_profit, 0)}` },
    ),
    tile("At reduced risk", `${risk.reduced_trades_left}`, { detail: "trades still to come, after a streak" }),
  );
}
