// What must be seen on every page.

/// Just after a fill the stop is on its way, and a stop that is filling stands no more; longer than this, somebody should look.
const NAKED_AFTER_MS = 1_000;

/// Whether a position is held that no stop protects.
function isNaked(position) {
  if (position === null || position.entry === null || position.stop !== null) return false;
  return Number(position.size) > 0 && position.state !== "CLOSING";
}

/// Since when positions are without a stop. A frame tells only that they are.
export class NakedWatch {
  /// By contract: the plan, and since when (ms).
  #naked = new Map();
  /// Plans that had a stop.
  #protected = new Map();

  look({ time, markets }) {
    for (const { symbol, position } of markets) {
      if (!isNaked(position)) {
        this.#naked.delete(symbol);
        if (position?.stop) this.#protected.set(symbol, position.plan);
      } else if (this.#naked.get(symbol)?.plan !== position.plan) {
        // One that had a stop is without it since now, another since its fill.
        const hadStop = this.#protected.get(symbol) === position.plan;
        this.#naked.set(symbol, { plan: position.plan, since: hadStop ? time : (position.open_time ?? time) });
      }
    }
  }

  /// Seconds that a contract's position is without a stop; null when it has one, or may still get it.
  seconds(symbol, now) {
    const naked = this.#naked.get(symbol);
    return naked && now - naked.since > NAKED_AFTER_MS ? (now - naked.since) / 1000 : null;
  }

  /// Those that somebody should look at.
  all(now) {
    const found = [...this.#naked.keys()].map((symbol) => ({ symbol, seconds: this.seconds(symbol, now) }));
    return found.filter(({ seconds }) => seconds !== null);
  }
}

const BOOK_OLD_AFTER_MS = 5_000;
const ACCOUNT_OLD_AFTER_MS = 30_000;

/// Frames go on when only the hub or the executor is silent: what they tell of is then old by itself.
export function isBookOld({ book_time: bookTime }, time) {
  return bookTime === null || time - bookTime > BOOK_OLD_AFTER_MS;
}

export function isAccountOld({ account, time }) {
  return account === null || time - account.event_time > ACCOUNT_OLD_AFTER_MS;
}

export function servicesDown(live) {
  return (live?.services ?? []).filter((service) => !service.up && !service.optional).map((service) => service.name);
}

/// What services say that keeps them from their work though they run: alerts that reach nobody.
export function complaints(live) {
  return (live?.services ?? []).filter((service) => service.up && service.complaint).map((service) => service.complaint);
}
