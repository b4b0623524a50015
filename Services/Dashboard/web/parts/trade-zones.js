// Each trade as two fields from its entry to its exit: to the target, and to the stop. A primitive of the chart library.
import { barOf, chartTime } from "./chart-time.js";

export class TradeZones {
  #colours;
  #zones = [];
  #chart = null;
  #series = null;
  #requestUpdate = () => {};

  constructor(colours) {
    this.#colours = colours;
  }

  attached({ chart, series, requestUpdate }) {
    this.#chart = chart;
    this.#series = series;
    this.#requestUpdate = requestUpdate;
  }

  show(trades, times) {
    this.#zones = trades
      .map((trade) => ({
        from: barOf(times, chartTime(trade.entry_time)),
        to: trade.exit_time === null ? times.at(-1) : barOf(times, chartTime(trade.exit_time)),
        entry: Number(trade.entry_price), exit: trade.exit_price === null ? null : Number(trade.exit_price),
        stop: Number(trade.stop_price), target: Number(trade.take_profit_price),
      }))
      .filter((zone) => zone.from !== null && zone.to !== null);
    this.#requestUpdate();
  }

  updateAllViews() {}

  paneViews() {
    return [{ zOrder: () =>
      "bottom", renderer: () => ({ draw: (target) => target.useBitmapCoordinateSpace((scope) => this.#draw(scope)) }) }];
  }

  #draw({ context, horizontalPixelRatio: across, verticalPixelRatio: down }) {
    const scale = this.#chart.timeScale();
    const half = scale.options().barSpacing / 2;
    const y = (price) => this.#series.priceToCoordinate(price) * down;
    for (const zone of this.#zones) {
      const from = scale.timeToCoordinate(zone.from);
      const to = scale.timeToCoordinate(zone.to);
      if (from === null || to === null) continue;
      const left = (from - half) * across;
      const width = Math.max(2, (to - from + 2 * half) * across);
      context.fillStyle = this.#colours.rising;
      context.fillRect(left, y(zone.entry), width, y(zone.target) - y(zone.entry));
      context.fillStyle = this.#colours.falling;
      context.fillRect(left, y(zone.entry), width, y(zone.stop) - y(zone.entry));
      if (zone.exit === null) continue;
      context.strokeStyle = this.#colours.line;
      context.lineWidth = across;
      context.setLineDash([3 * across, 3 * across]);
      context.beginPath();
      context.moveTo(from * across, y(zone.entry));
      context.lineTo(to * across, y(zone.exit));
      context.stroke();
    }
  }
}
