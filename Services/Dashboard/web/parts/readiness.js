// Contract by contract: whether an entry would be possible now, when it last was, and what stops it.
import { duration } from "../core/format.js";
import { h } from "../core/view.js";
import { badge } from "./ui.js";

/// A word that is older than this is of an engine that no longer speaks, ms.
const AGE_MAX = 60_000;

export function readinessList(live, now) {
  return h("ul", { key: "readiness", class: "readiness", "aria-label": "Entries by contract" },
    (live?.markets ?? []).map((market) => h("li", { key: market.symbol }, h("strong", null, market.symbol), ...state(market.readiness, now))));
}

function state(word, now) {
  if (!word || now - word.event_time > AGE_MAX) {
    return [badge("? unknown", "warn"), h("span", { class: "muted" }, "no word from the decision engine")];
  }
  if (word.possible) return [badge("✓ possible", "good"), h("span", { class: "muted" }, "waits for the market's offer")];
  const last = word.possible_at ? `last possible ${duration((now - word.possible_at) / 1000)} ago` : "never possible yet";
  return [
    badge(word.fault ? "✗ fault" : "■ stopped", word.fault ? "bad" : "warn"),
    h("span", null, word.reason, h("span", { class: "muted" }, ` · ${last}`)),
  ];
}
