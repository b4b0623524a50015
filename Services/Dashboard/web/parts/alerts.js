// What people were told.
import { empty, timeText } from "./ui.js";
import { h } from "../core/view.js";

const MARKS = { INFO: ["ℹ", "info"], WARNING: ["▲", "warn"], CRITICAL: ["■", "bad"] };

export function alertList(
  alerts,
  none = "No alert. Breakers, lost feeds, unprotected positions and what persons do are told here.",
) {
  if (alerts.length === 0) return empty(none);
  return h("ul", { class: "alerts" }, alerts.map((alert) => {
    const [mark, tone] = MARKS[alert.severity];
    return h("li", { key: alert.entry, class: tone },
      h("span", { class: `alert-mark ${tone}`, title: alert.severity },
        h("span", { "aria-hidden": "true" }, mark),
        h("span", { class: "hidden" }, alert.severity)),
      h("div", null,
        h("p", null, alert.text),
        h("p", { class: "muted" },
          timeText(alert.event_time),
          h("span", null, alert.service),
          h("code", null, alert.event),
          alert.symbol && h("span", null, alert.symbol))));
  }));
}
