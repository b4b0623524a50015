// A figure on a band of target and danger.
import { clamp } from "./bars.js";
import { h } from "../core/view.js";

/// Bounds as the API words them: `> 55 %`, `< 1.1`, `1-8 min`, `15-30`. Null when they are worded otherwise.
function parseBound(text) {
  const share = text.includes("%") ? 0.01 : 1;
  const range = /^(\d+(?:\.\d+)?)\s*[-–]\s*(\d+(?:\.\d+)?)/.exec(text);
  if (range) return { from: Number(range[1]) * share, to: Number(range[2]) * share };
  const side = /^([<>])\s*([-−]?\d+(?:\.\d+)?)/.exec(text);
  if (!side) return null;
  const value = Number(side[2].replace("−", "-")) * share;
  return side[1] === ">" ? { from: value, to: Infinity } : { from: -Infinity, to: value };
}

export function band({ target, danger, value, text }) {
  const good = parseBound(target);
  const bad = parseBound(danger);
  if (!good || !bad) return null;
  const edges = [good.from, good.to, bad.from, bad.to].filter(Number.isFinite);
  const span = Math.max(...edges) - Math.min(...edges) || Math.abs(edges[0]) || 1;
  let from = Math.min(...edges) - span * 0.6;
  let to = Math.max(...edges) + span * 0.6;
  if (from < 0 && Math.min(...edges) >= 0) from = 0;
  const place = (at) => clamp((at - from) / (to - from), 0, 1) * 100;
  const zone = (bound) => ({
    left: `${place(Math.max(bound.from, from))}%`,
    width: `${place(Math.min(bound.to, to)) - place(Math.max(bound.from, from))}%`,
  });
  return h("div", { class: "band", role: "img", "aria-label": `${text}; target ${target}, danger ${danger}` },
    h("span", { class: "band-zone good", style: zone(good), title: `Target ${target}` }),
    h("span", { class: "band-zone bad", style: zone(bad), title: `Danger ${danger}` }),
    value !== null && h("span", { class: "band-value", style: { left: `${place(value)}%` } }));
}
