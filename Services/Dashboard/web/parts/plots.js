// Small drawings in SVG. They stretch with their card: the box is 100 × 100, lines keep their width by `non-scaling-stroke`.
import { h } from "../core/view.js";

/// A line through `values`; null leaves a gap.
export function sparkline(values, { label, tone = "accent" } = {}) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const from = Math.min(...known);
  const to = Math.max(...known);
  let isDown = false;
  const path = values.map((value, index) => {
    if (value === null) {
      isDown = false;
      return "";
    }
    const x = round((index / (values.length - 1)) * 100);
    const y = round(96 - ((value - from) / (to - from || 1)) * 92);
    const point = `${isDown ? "L" : "M"}${x} ${y}`;
    isDown = true;
    return point;
  }).join("");
  return drawing(`sparkline ${tone}`, label, h("path", { d: path }));
}

/// Bars above and below zero, oldest first: `value` and `title`. Without a `tone` of their own they are coloured by their sign.
export function columns(bars, label, tone = null) {
  const most = Math.max(0, ...bars.map((bar) => bar.value));
  const least = Math.min(0, ...bars.map((bar) => bar.value));
  const height = most - least || 1;
  const y = (value) => ((most - value) / height) * 100;
  const step = 100 / bars.length;
  const width = Math.min(step * 0.7, 8);
  return drawing("columns", label,
    h("line", { class: "zero", x1: 0, x2: 100, y1: y(0), y2: y(0) }),
    bars.map((bar, index) => h("g", { key: index },
      h("title", null, bar.title),
      h("rect", { class: "column-space", x: index * step, y: 0, width: step, height: 100 }),
      h("rect", {
        class: tone ?? (bar.value >= 0 ? "rising" : "falling"),
        x: round(index * step + (step - width) / 2),
        width: round(width),
        y: round(Math.min(y(bar.value), y(0))),
        height: Math.max(0.6, round(Math.abs(y(bar.value) - y(0)))),
      }))));
}

/// Shares of a whole over time, as areas on each other: `rows` of equal length, each adding up to 1.
export function stackedAreas(rows, series, label) {
  const x = (index) => round(rows.length < 2 ? index * 100 : (index / (rows.length - 1)) * 100);
  const drawn = rows.length < 2 ? [rows[0], rows[0]] : rows;
  const below = drawn.map(() => 0);
  return drawing("stacked", label,
    series.map((one, part) => {
      const lower = below.map((value, index) => `${x(index)} ${round(100 - value * 100)}`).reverse();
      drawn.forEach((row, index) => { below[index] += row[part]; });
      const upper = below.map((value, index) => `${x(index)} ${round(100 - value * 100)}`);
      return h("path", { key: one.name, class: one.tone, d: `M${upper.join("L")}L${lower.join("L")}Z` },
        h("title", null, one.name));
    }));
}

function drawing(kind, label, ...content) {
  const box = { viewBox: "0 0 100 100", preserveAspectRatio: "none" };
  return h("svg", { class: kind, ...box, role: "img", "aria-label": label }, content);
}

function round(value) {
  return Math.round(value * 100) / 100;
}
