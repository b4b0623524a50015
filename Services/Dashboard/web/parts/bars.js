// Bars that show a number beside its text.
import { h } from "../core/view.js";

/// A share in [0, 1] as a filled bar.
export function shareBar(share, { tone = "accent", label } = {}) {
  return h("span", { class: "bar", role: "img", "aria-label": label },
    h("span", { class: `bar-fill ${tone}`, style: { width: `${clamp(share, 0, 1) * 100}%` } }));
}

/// A number in [−1, 1] as a bar from the middle: right is long, left is short. `mark` draws thresholds on both sides.
export function signedBar(value, { mark = null, label } = {}) {
  const size = Math.abs(clamp(value, -1, 1)) * 50;
  return h("span", { class: "bar signed", role: "img", "aria-label": label },
    h("span", { class: "bar-middle" }),
    h(
      "span",
      {
        class: `bar-fill ${value >= 0 ? "long" : "short"}`,
        style: { left: `${value >= 0 ? 50 : 50 - size}%`, width: `${size}%` },
      },
    ),
    mark !== null && [-mark, mark].map((at) => h("span", { key: at, class: "bar-mark", style: { left: `${50 + at * 50}%` } })));
}

/// Parts of a whole beside each other: `name`, `value`, `tone`.
export function partsBar(parts, label) {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  return h("span", { class: "bar parts", role: "img", "aria-label": label },
    total > 0
      && parts.map((part) =>
        h(
          "span",
          {
            key: part.name,
            class: `bar-part ${part.tone}`,
            title: `${part.name}: ${part.value}`,
            style: { width: `${(part.value / total) * 100}%` },
          },
        )));
}

export function clamp(value, least, most) {
  return Math.min(most, Math.max(least, Number(value) || 0));
}
