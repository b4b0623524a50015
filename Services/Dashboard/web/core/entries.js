// Whether the suite opens new trades at this moment, and if not, what stops it.

/// Breakers that only warn, and stop nothing.
const WARNINGS = new Set(["fee_alert"]);

/// Everything that stops entries now: `name`, `until` (ms, or null until a person ends it), `text`.
export function obstacles(live, now) {
  const found = [];
  if (!live) return found;
  if (live.risk?.halted) found.push({ name: "halted", until: null, text: "A person has halted trading. Ends with Resume." });
  if (live.account && !live.account.accepts_entries) {
    found.push({
      name: "stopped",
      until: null,
      text: `The executor takes no entries: ${live.account.hindrances.join(", ")}.`,
    });
  }
  for (const symbol of live.risk?.paused ?? []) {
    found.push({ name: `${symbol} paused`, until: null, text: "A person keeps this contract out. The others are traded." });
  }
  for (const breaker of live.risk?.breakers ?? []) {
    if (WARNINGS.has(breaker.name) || breaker.until <= now) continue;
    found.push({ name: breaker.name, until: breaker.until, text: BREAKERS[breaker.name] ?? "A circuit breaker." });
  }
  if (live.account && !live.account.venue_reachable) {
    found.push({ name: "venue unreachable", until: null, text: "The venue does not answer. Stops rest there and go on protecting." });
  }
  if (live.account?.unknown_orders > 0) {
    found.push({
      name: "unknown orders",
      until: null,
      text: "The outcome of an order is not known yet. No entry is made until it is.",
    });
  }
  return found;
}

const BREAKERS = {
  daily_loss: "The day has lost more than it may. Ends at midnight UTC.",
  loss_streak: "Several losses in a row.",
  hourly_loss: "Too many losses within an hour.",
  overtrade: "Too many trades within this hour.",
};

/// One word for the header: `accepted`, `paused`, `stopped`, `halted` or `unknown`.
export function entryState(live, now) {
  if (!live?.risk || !live.account) return { state: "unknown", label: "Entries unknown" };
  const names = new Map(obstacles(live, now).map((obstacle) => [obstacle.name, obstacle]));
  if (names.has("halted")) return { state: "halted", label: "Entries halted" };
  if (names.has("stopped")) return { state: "stopped", label: "Entries stopped" };
  if (names.has("venue unreachable")) return { state: "stopped", label: "Venue unreachable" };
  const breaker = [...names.values()].find((obstacle) => obstacle.until !== null);
  if (breaker) return { state: "paused", label: "Entries paused", until: breaker.until, name: breaker.name };
  return { state: "accepted", label: "Entries accepted" };
}
