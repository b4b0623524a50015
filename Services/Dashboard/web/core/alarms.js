// What must be seen on every page.

/// Just after a fill the stop is on its way; longer than this, somebody should look.
const NAKED_AFTER_MS = 1_000;

/// Whether a position is held that no stop protects.
export function isNaked(position) {
  return position !== null && position.entry !== null && Number(position.size) > 0 && position.stop === null && position.state !== "CLOSING";
}

/// Positions without a stop: contract and seconds since the fill (null when that is not known).
export function nakedPositions(live, now) {
  return (live?.markets ?? [])
    .filter(({ position }) => isNaked(position) && (position.open_time === null || now - position.open_time > NAKED_AFTER_MS))
    .map(({ symbol, position }) => ({ symbol, seconds: position.open_time === null ? null : (now - position.open_time) / 1000 }));
}

export function servicesDown(live) {
  return (live?.services ?? []).filter((service) => !service.up && !service.optional).map((service) => service.name);
}
