// Where a position stands between ruin and target. Left is always worse and right always better, for long and short alike.
import { clamp } from "./bars.js";
import { exact } from "../core/format.js";
import { h } from "../core/view.js";

/// The liquidation is far away beside the stop: the way to it is drawn shortened, and marked as such.
const SHORTENED = 0.2;
const NAMES = { liquidation: "Liquidation", stop: "Stop", entry: "Entry", target: "Target", now: "Now" };

/// Prices are numbers; null for those that are not known.
export function priceBar(side, prices) {
  const place = scale(side === "LONG" ? 1 : -1, prices);
  if (!place) return null;
  const marks = Object.keys(NAMES).filter((kind) => prices[kind] !== null);
  const label = marks.map((kind) => `${NAMES[kind]} ${exact(prices[kind])}`).join(", ");
  return h("div", { class: "price-bar", role: "img", "aria-label": label },
    h("div", { class: "price-track" }, prices.liquidation !== null && shortened(), gain(place, prices)),
    marks.map((kind) => {
      const left = kind === "liquidation" ? "0%" : `${place(prices[kind])}%`;
      return h("span", { key: kind, class: `price-mark ${kind}`, style: { left }, title: `${NAMES[kind]} ${exact(prices[kind])}` });
    }));
}

/// Gives a price its place, in per cent from the left; null when there is nothing to stand between.
function scale(sign, { liquidation, stop, entry, now, target }) {
  const known = [stop, entry, now, target].filter((price) => price !== null).map((price) => price * sign);
  if (known.length < 2) return null;
  const from = Math.min(...known);
  const to = Math.max(...known);
  const start = liquidation === null ? 2 : SHORTENED * 100;
  return (price) => start + (98 - start) * clamp((price * sign - from) / (to - from || 1), 0, 1);
}

function shortened() {
  return h("span", { class: "track-shortened", style: { width: `${SHORTENED * 100}%` }, title: "Not to scale" });
}

/// From the entry to now.
function gain(place, { entry, now }) {
  if (entry === null || now === null) return null;
  const [left, right] = [place(entry), place(now)].sort((one, other) => one - other);
  const kind = place(now) >= place(entry) ? "rising" : "falling";
  return h("span", { class: `track-gain ${kind}`, style: { left: `${left}%`, width: `${right - left}%` } });
}
