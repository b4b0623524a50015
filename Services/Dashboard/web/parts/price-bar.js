// Where a position stands between ruin and target. Left is always worse and right always better, for long and short alike.
import { clamp } from "./bars.js";
import { exact } from "../core/format.js";
import { h } from "../core/view.js";

/// The liquidation is far away beside the stop: the way to it is drawn shortened, and marked as such.
const SHORTENED = 0.2;

/// `marks`: `liquidation`, `stop`, `entry`, `now`, `target`, numbers or null.
export function priceBar({ side, liquidation, stop, entry, now, target }) {
  const sign = side === "LONG" ? 1 : -1;
  const known = [stop, entry, now, target].filter((price) => price !== null).map((price) => price * sign);
  if (known.length < 2) return null;
  const from = Math.min(...known);
  const to = Math.max(...known);
  const start = liquidation === null ? 0.02 : SHORTENED;
  const end = 0.98;
  const place = (price) => {
    const value = price * sign;
    if (liquidation !== null && value < from) return start * clamp(
      (value - liquidation * sign) / (from - liquidation * sign),
      0,
      1,
    );
    return start + (end - start) * clamp((value - from) / (to - from || 1), 0, 1);
  };
  const percent = (price) => `${place(price) * 100}%`;
  const gain = now !== null && entry !== null && [Math.min(place(entry), place(now)), Math.max(place(entry), place(now))];
  const isGain = now !== null && entry !== null && (now - entry) * sign >= 0;
  const marks = [
    ["liquidation", "Liquidation", liquidation === null ? null : liquidation],
    ["stop", "Stop", stop],
    ["entry", "Entry", entry],
    ["target", "Target", target],
    ["now", "Now", now],
  ].filter(([, , price]) => price !== null);
  return h(
    "div",
    { class: "price-bar", role: "img", "aria-label": marks.map(([, name, price]) => `${name} ${exact(price)}`).join(", ") },
    h("div", { class: "price-track" },
      liquidation !== null
        && h("span", { class: "track-shortened", style: { width: `${SHORTENED * 100}%` }, title: "Not to scale" }),
      gain
        && h(
          "span",
          {
            class: `track-gain ${isGain ? "rising" : "falling"}`,
            style: { left: `${gain[0] * 100}%`, width: `${(gain[1] - gain[0]) * 100}%` },
          },
        )),
    marks.map(([kind, name, price]) =>
      h(
        "span",
        {
          key: kind,
          class: `price-mark ${kind}`,
          style: { left: kind === "liquidation" ? "0%" : percent(price) },
          title: `${name} ${exact(price)}`,
        },
      )));
}
