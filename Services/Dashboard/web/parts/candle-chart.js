// Candles with volume, trades, key levels, and the lines of what is held now.
import { chartWidget, colour } from "./chart-library.js";
import { barOf, chartTime } from "./chart-time.js";
import { TradeZones } from "./trade-zones.js";
import { h } from "../core/view.js";

/// Value: `answer` (of the API), `lines` (name, price, kind), `price` (now, or null).
const mount = chartWidget((chart) => {
  const candles = chart.addCandlestickSeries({
    upColor: colour("rising"),
    downColor: colour("falling"),
    wickUpColor: colour("rising"),
    wickDownColor: colour("falling"),
    borderVisible: false,
  });
  const volume = chart.addHistogramSeries({
    priceFormat: { type: "volume" }, priceScaleId: "volume", lastValueVisible: false, priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.85, bottom: 0 } });
  candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
  const zones = new TradeZones({ rising: colour("rising-veil"), falling: colour("falling-veil"), line: colour("text") });
  candles.attachPrimitive(zones);

  let data = null;
  let last = null;
  let priceLines = [];
  let drawnLines = "";

  function showData(answer) {
    const isOther = data?.symbol !== answer.symbol || data?.timeframe !== answer.timeframe;
    data = answer;
    const bars = answer.candles.map(([time, open, high, low, close]) => ({ time: chartTime(time), open, high, low, close }));
    candles.applyOptions({ priceFormat: precision(answer.candles) });
    candles.setData(bars);
    volume.setData(answer.candles.map(([time, open, , , close, value]) =>
      ({ time: chartTime(time), value, color: colour(close >= open ? "rising-veil" : "falling-veil") })));
    last = bars.at(-1) ?? null;
    const times = bars.map((bar) => bar.time);
    zones.show(answer.trades, times);
    candles.setMarkers(markers(answer.trades, times, chart.timeScale().width() > WIDE));
    const shown = chart.timeScale().width() / BAR_WIDTH;
    if (isOther) chart.timeScale().setVisibleLogicalRange({ from: bars.length - shown, to: bars.length + 4 });
  }

  /// The candle in progress follows the book until the next answer of the API brings its trades.
  function showPrice(price) {
    if (price === null || !last) return;
    last = { ...last, close: price, high: Math.max(last.high, price), low: Math.min(last.low, price) };
    candles.update(last);
  }

  function showLines(lines) {
    const text = JSON.stringify(lines);
    if (text === drawnLines) return;
    drawnLines = text;
    for (const line of priceLines) candles.removePriceLine(line);
    priceLines = lines.map(({ name, price, kind }) => candles.createPriceLine({
      price,
      title: name,
      color: colour(COLOURS[kind]),
      lineWidth: kind === "level" ? 1 : 2,
      lineStyle: kind === "level" ? 1 : kind === "entry" ? 0 : 2,
      axisLabelVisible: kind !== "level",
    }));
  }

  return ({ answer, lines, price }) => {
    if (answer !== data) showData(answer);
    showPrice(price);
    showLines(lines);
  };
});

/// To begin with, in pixels: more bars on a wide screen, not thinner ones on a phone.
const BAR_WIDTH = 8;
/// Narrower, in pixels, the reasons of exits would lie on each other.
const WIDE = 500;

const COLOURS = { entry: "accent", stop: "falling", target: "rising", liquidation: "warn", level: "faint" };

/// As many decimals as the prices have.
function precision(candles) {
  const digits = Math.max(0, ...candles.slice(-60).map(([, , , , close]) => (String(close).split(".")[1] ?? "").length));
  return { type: "price", precision: Math.min(digits, 8), minMove: 10 ** -Math.min(digits, 8) };
}

function markers(trades, times, withReasons) {
  if (times.length === 0) return [];
  const found = [];
  for (const trade of trades) {
    const isLong = trade.side === "LONG";
    const entry = barOf(times, chartTime(trade.entry_time));
    if (entry !== null) found.push({
      time: entry,
      position: isLong ? "belowBar" : "aboveBar",
      shape: isLong ? "arrowUp" : "arrowDown",
      color: colour("accent"),
      text: isLong ? "L" : "S",
    });
    const exit = trade.exit_time === null ? null : barOf(times, chartTime(trade.exit_time));
    if (exit !== null) found.push({
      time: exit,
      position: isLong ? "aboveBar" : "belowBar",
      shape: "circle",
      color: colour(Number(trade.net) > 0 ? "rising" : "falling"),
      text: withReasons ? (trade.exit_reason ?? "") : "",
    });
  }
  return found.sort((one, other) => one.time - other.time);
}

export function candleChart(answer, lines, price) {
  return h(
    "div",
    {
      class: "plot candle-plot",
      key: `candles/${answer.symbol}/${answer.timeframe}`,
      widget: { mount, value: { answer, lines, price } },
      role: "img",
      "aria-label": `Candles of ${answer.symbol}, ${answer.timeframe}`,
    },
  );
}
