// The balance after each trade.
import { chartWidget, colour } from "./chart-library.js";
import { chartTime } from "./chart-time.js";
import { h } from "../core/view.js";

const mount = chartWidget((chart) => {
  const series = chart.addBaselineSeries({
    topLineColor: colour("rising"), topFillColor1: colour("rising-veil"), topFillColor2: clear("rising-veil"),
    bottomLineColor: colour("falling"), bottomFillColor1: clear("falling-veil"), bottomFillColor2: colour("falling-veil"),
    lineWidth: 2, priceLineVisible: false, lastValueVisible: true,
  });
  return ({ equity, start }) => {
    series.applyOptions({ baseValue: { type: "price", price: start } });
    series.setData(byTime(equity));
    chart.timeScale().fitContent();
  };
});

/// The same colour, not to be seen: fading to a transparent black would look grey on the way.
function clear(name) {
  return colour(name).replace(/[\d.]+\)$/, "0)");
}

/// One point a second at most, oldest first, as the library wants it.
function byTime(points) {
  const last = new Map();
  for (const [time, value] of points) last.set(chartTime(time), value);
  return [...last].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }));
}

/// The same object as long as the data are the same: the chart keeps its place then.
let shown = { performance: null, value: null };

export function equityChart(performance) {
  if (shown.performance !== performance) {
    const [firstTime, firstBalance] = performance.equity[0];
    const start = Number(performance.start_balance ?? firstBalance);
    shown = { performance, value: { equity: [[firstTime - 60_000, start], ...performance.equity], start } };
  }
  return h(
    "div",
    {
      class: "plot equity-plot",
      key: "equity",
      widget: { mount, value: shown.value },
      role: "img",
      "aria-label": "Balance after each trade",
    },
  );
}
