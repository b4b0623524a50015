// The suite at this moment, over a WebSocket that comes back by itself.
import { NakedWatch } from "./alarms.js";
import { decimals } from "./format.js";

/// When the suite's clock has not moved for so long, what is shown is no longer "now": the connection is lost, or the suite is silent.
const STALE_AFTER_MS = 3_000;
/// A connection may die without a word, as on a phone that changes its network.
const SILENT_AFTER_MS = 10_000;
const BACK_OFF_MS = { first: 500, longest: 15_000 };

export class LiveFeed {
  /// The newest frame; null before the first.
  frame = null;
  naked = new NakedWatch();

  /// By contract, the decimals that its prices have. Decimals come without trailing zeros: the longest seen tells.
  #digits = new Map();
  #onChange;
  #onRefused;
  #socket = null;
  #receivedAt = 0;
  /// When a frame came last that was newer than the one before.
  #movedAt = 0;
  #backOff = BACK_OFF_MS.first;
  #retryTimer = 0;
  #retryAt = 0;
  #isOpen = false;

  constructor(onChange, onRefused) {
    this.#onChange = onChange;
    this.#onRefused = onRefused;
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#retryNow());
  }

  open() {
    this.#isOpen = true;
    this.#connect();
  }

  close() {
    this.#isOpen = false;
    clearTimeout(this.#retryTimer);
    this.#drop();
    this.frame = null;
  }

  /// Decimals of a contract's prices; at least those of the prices given.
  digits(symbol, ...prices) {
    return Math.max(this.#digits.get(symbol) ?? 0, ...prices.map(decimals));
  }

  get silentMs() {
    return this.frame ? performance.now() - this.#movedAt : 0;
  }

  get isStale() {
    return !this.frame || this.silentMs > STALE_AFTER_MS;
  }

  get isConnected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /// Until the next attempt to connect.
  get retryMs() {
    return this.#socket ? 0 : Math.max(0, this.#retryAt - performance.now());
  }

  /// The suite's clock. It may not be this machine's: paper trading can run faster than time.
  get now() {
    return this.frame ? this.frame.time + this.silentMs : Date.now();
  }

  /// Once a second: nothing else tells of a connection that has died in silence.
  check() {
    if (this.isConnected && this.frame && performance.now() - this.#receivedAt > SILENT_AFTER_MS) {
      this.#drop();
      this.#retryLater();
    }
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
    this.#socket = socket;
    socket.onmessage = (event) => {
      const frame = JSON.parse(event.data);
      this.#receivedAt = performance.now();
      if (!this.frame || frame.time > this.frame.time) this.#movedAt = this.#receivedAt;
      this.frame = frame;
      this.naked.look(frame);
      for (const { symbol, bid, ask } of frame.markets) this.#digits.set(symbol, this.digits(symbol, bid, ask));
      this.#backOff = BACK_OFF_MS.first;
      this.#onChange();
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#retryLater();
      // A refused handshake tells no reason: the session may be over.
      this.#onRefused();
    };
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #retryLater() {
    if (!this.#isOpen) return;
    const wait = this.#backOff * (0.75 + Math.random() / 2);
    this.#backOff = Math.min(this.#backOff * 2, BACK_OFF_MS.longest);
    this.#retryAt = performance.now() + wait;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
    this.#onChange();
  }

  #retryNow() {
    if (!this.#isOpen || this.#socket) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  }
}
