// What is held at this moment, and how it is protected.
import { isBookOld } from "../core/alarms.js";
import { askCommand } from "../core/commands.js";
import { duration, exact, number, percent, signed, signedPercent, trend, utc } from "../core/format.js";
import { h } from "../core/view.js";
import { partsBar, shareBar } from "../parts/bars.js";
import { measure, pnlShare, positionFacts } from "../parts/position.js";
import { priceBar } from "../parts/price-bar.js";
import { badge, card, direction, facts, tile, tiles, traceLink } from "../parts/ui.js";
import { POSITION_STATES, STRATEGIES } from "../parts/words.js";

export const isLive = true;

export function view(context) {
  const { live, session, feed } = context;
  if (!live) return h("p", { class: "empty-text" }, "Waiting for the first word from the suite.");
  const held = live.markets.filter((market) => market.position && !["NO_FILL", "CLOSED"].includes(market.position.state));
  return [
    exposure(held, live, session),
    held.length === 0
      ? h("section", { key: "none", class: "card empty" },
        h("p", null, "No position is open."),
        h("p", { class: "muted" },
          "One appears here as soon as an entry order is sent. Why nothing is traded stands under ",
          h("a", { href: "#/decisions" }, "Decisions"),
          "."))
      : h("div", { key: "cards", class: `positions live ${feed.isStale ? "stale" : ""}` },
        held.map((market) => positionCard(market, context))),
  ];
}

function exposure(held, live, session) {
  const sum = (side) => held
    .filter((market) => market.position.side === side)
    .reduce((total, market) => total + (measure(market).marketValue ?? 0), 0);
  const long = sum("LONG");
  const short = sum("SHORT");
  const equity = Number(live.account?.equity ?? 0);
  const pnl = held.reduce((total, market) => total + Number(market.position.unrealized_pnl ?? 0), 0);
  const share = (value) => (equity > 0 ? `${number(value / equity, 2)}× equity` : null);
  return card("Exposure", [
    tiles(
      tile("Long ▲", number(long, 0), { detail: share(long) }),
      tile("Short ▼", number(short, 0), { detail: share(short) }),
      tile("Net", signed(long - short, 0), { detail: share(Math.abs(long - short)) }),
      tile("Unrealized P&L", signed(pnl), { tone: trend(pnl), detail: "USDT before fees" }),
    ),
    partsBar(
      [{ name: "Long", value: Math.round(long), tone: "long" }, { name: "Short", value: Math.round(short), tone: "short" }],
      `Long ${number(long, 0)} against short ${number(short, 0)} USDT`,
    ),
  ], { actions: session.role === "operator" && held.length > 0 && closeAllButton(held) });
}

function closeAllButton(held) {
  const facts = held.map(({ symbol, position }) => [
    symbol,
    `${position.side} ${exact(position.size)}, ${signed(position.unrealized_pnl)} USDT`,
  ]);
  const ask = () => askCommand("close_all", { facts });
  return h("button", { class: "button danger-outline", type: "button", onclick: ask }, "Close all…");
}

function closeButton(market) {
  const ask = () => askCommand("close", { symbol: market.symbol, facts: positionFacts(market) });
  return h("button", { class: "button danger-outline small", type: "button", onclick: ask }, "Close…");
}

function positionCard(market, { live, now, session, feed }) {
  const { position, symbol } = market;
  const m = measure(market);
  const naked = feed.naked.seconds(symbol, now);
  const isOld = isBookOld(market, live.time);
  const kind = `${naked === null ? "" : "naked"} ${isOld ? "stale" : ""}`;
  return h("article", { key: symbol, class: `card position ${kind}`, "aria-label": `${position.side} ${symbol}` },
    h("header", { class: "card-head" },
      h("h2", null, h("a", { href: `#/chart?symbol=${symbol}` }, symbol)),
      direction(position.side),
      position.leverage && badge(`${position.leverage}×`),
      badge(POSITION_STATES[position.state] ?? position.state, position.state === "TRAILING" ? "good" : ""),
      isOld && badge("no price for a while", "warn"),
      position.strategy && h("span", { class: "note" }, `${position.strategy} ${STRATEGIES[position.strategy] ?? ""}`),
      session.role === "operator" && m.isHeld && closeButton(market)),
    naked !== null && nakedAlarm(naked),
    m.isHeld
      ? held(market, m, now, feed.digits(symbol, position.stop, position.take_profit))
      : h("p", { key: "pending", class: "muted" },
        "The entry order waits at the venue, nothing is filled yet.",
        m.terms && ` ${exact(m.terms.quantity)} at ${exact(m.terms.entry_price)}.`),
    h("footer", { class: "card-foot" }, traceLink(position.plan, `Trace of ${position.plan}`)));
}

function nakedAlarm(seconds) {
  return h("div", { key: "naked", class: "alarm", role: "alert" },
    h("strong", null, "⚠ NO STOP", h("span", { "aria-hidden": "true" }, ` · for ${duration(seconds)}`)),
    h("span", null,
      seconds > 10
        ? "Close it now, here or at the venue."
        : "The executor places it or closes the position. After 10 s: close it yourself."));
}

function held(market, m, now, digits) {
  const { position } = market;
  return h("div", { key: "held", class: "position-body" },
    h("div", { class: "position-pnl" },
      h("span", { class: `big ${trend(m.pnl)}` }, signed(m.pnl)), h("span", { class: "unit" }, "USDT"),
      h("span", { class: trend(m.pnl), title: "Of the position's value" }, signedPercent(pnlShare(m.pnl, m.notional))),
      h("span", { class: "muted", title: "Of its margin" }, `${signedPercent(pnlShare(m.pnl, m.margin), 1)} on margin`)),
    priceBar(position.side, m),
    legend(position, m, digits),
    progress(m),
    timeLeft(position, m, now),
    facts(
      ["Size", `${exact(position.size)}`],
      ["Value", `${number(m.notional, 0)} USDT`],
      ["Margin", `${number(m.margin, 0)} USDT`],
      position.open_time !== null
        && ["Opened", h("time", { title: utc(position.open_time) }, `${duration((now - position.open_time) / 1000)} ago`)],
      m.terms && ["Confidence", `${number(m.terms.confidence, 0)} %`],
    ));
}

/// The same prices as the bar's marks, in the order in which they hurt.
function legend(position, m, digits) {
  const row = (kind, label, price, detail) => h("div", { key: kind, class: "legend-row" },
    h("dt", null, h("span", { class: `legend-mark ${kind}`, "aria-hidden": "true" }), label),
    h("dd", null, price),
    h("dd", { class: "muted" }, detail));
  return h("dl", { class: "legend" },
    row(
      "liquidation",
      "Liquidation",
      position.liquidation === null ? "not told yet" : number(position.liquidation, digits),
      m.liquidationAway === null ? "" : `${percent(m.liquidationAway, 1)} away`,
    ),
    row(
      "stop",
      m.isTrailing ? "Stop (trailing)" : "Stop",
      position.stop === null ? h("strong", { class: "falling" }, "none") : number(position.stop, digits),
      m.stopAway === null ? "" : `${percent(m.stopAway, 2)} away`,
    ),
    row("entry", "Entry", number(position.entry, digits), ""),
    row("now", "Now", m.now === null ? "–" : number(m.now, digits), ""),
    row(
      "target",
      "Target",
      position.take_profit === null ? (m.isTrailing ? "reached" : "none") : number(position.take_profit, digits),
      m.targetAway === null ? "" : `${percent(m.targetAway, 2)} away`,
    ));
}

function progress(m) {
  if (m.isTrailing) {
    const part = m.terms ? `${percent(m.terms.tp1_fraction, 0)} closed. ` : "";
    return h("div", { key: "trailing", class: "progress" },
      h("span", null, "Target 1 ✓"),
      shareBar(1, { tone: "good", label: "Target reached" }),
      h("span", null, `${part}The rest trails${m.terms ? ` by ${exact(m.terms.trail_distance)}` : ""}`));
  }
  if (m.progress === null) return null;
  return h("div", { key: "progress", class: "progress" },
    h("span", null, "To target"),
    shareBar(m.progress, { tone: m.progress >= 0 ? "rising" : "falling", label: "Way to the target" }),
    h("span", null, `${number(Math.max(0, m.progress) * 100, 0)} %`));
}

function timeLeft(position, m, now) {
  if (position.close_by === null) return null;
  const left = (position.close_by - now) / 1000;
  const whole = m.terms ? Number(m.terms.max_hold_ms) / 1000 : (position.close_by - (position.open_time ?? now)) / 1000;
  return h("div", { key: "time", class: "progress", title: `Closed at ${utc(position.close_by)} whatever it has earned` },
    h("span", null, "Time left"),
    shareBar(whole > 0 ? left / whole : 0, { tone: left < 30 ? "warn" : "accent", label: "Time left" }),
    h("span", null, left > 0 ? duration(left) : "closing"));
}
