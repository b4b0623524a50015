// Numbers and times as text. Decimals arrive as exact text and are rounded as such, not by way of binary fractions.

const NOTHING = "–";
const MINUS = "−";

const formats = new Map();

function fixed(digits, least = digits) {
  const key = `${digits}/${least}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat("en-US", { maximumFractionDigits: digits, minimumFractionDigits: least }));
  }
  return formats.get(key);
}

function isMissing(value) {
  return value === null || value === undefined || value === "" || (typeof value === "number" && !Number.isFinite(value));
}

function withSign(text) {
  return text.replace(/^-/, MINUS).replace(/^−(0(\.0+)?)$/, "$1");
}

/// `12,345.68`
export function number(value, digits = 2) {
  return isMissing(value) ? NOTHING : withSign(fixed(digits).format(value));
}

/// `+12.30`, `−4.00`, `0.00`: the sign is told by more than a colour.
export function signed(value, digits = 2) {
  if (isMissing(value)) return NOTHING;
  const text = number(value, digits);
  return Number(value) > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/// A price or quantity with the decimals that it came with.
export function exact(value) {
  if (isMissing(value)) return NOTHING;
  const [whole, part] = String(value).split(".");
  return withSign(fixed(0).format(whole === "-0" ? "0" : whole)) + (part ? `.${part}` : "");
}

/// How many decimals an exact decimal has.
export function decimals(text) {
  return (String(text ?? "").split(".")[1] ?? "").length;
}

/// `1 trade`, `2 trades`
export function count(amount, noun) {
  return `${number(amount, 0)} ${noun}${amount === 1 ? "" : "s"}`;
}

/// 0.613 → `61.3 %`
export function percent(value, digits = 1) {
  return isMissing(value) ? NOTHING : `${number(Number(value) * 100, digits)} %`;
}

export function signedPercent(value, digits = 2) {
  return isMissing(value) ? NOTHING : `${signed(Number(value) * 100, digits)} %`;
}

/// `rising`, `falling` or `flat`: the class that colours a result.
export function trend(value) {
  const size = Number(value);
  return size > 0 ? "rising" : size < 0 ? "falling" : "flat";
}

/// `2m 05s`, `1h 12m`, `3d 4h`
export function duration(seconds) {
  if (isMissing(seconds)) return NOTHING;
  const whole = Math.max(0, Math.round(seconds));
  const pad = (part) => String(part).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}

/// `0.8 ms`, `340 ms`, `2.1 s`, `5m 10s`
export function milliseconds(value) {
  if (isMissing(value)) return NOTHING;
  if (value < 1_000) return `${number(value, value < 10 ? 1 : 0)} ms`;
  return value < 60_000 ? `${number(value / 1_000, 1)} s` : duration(value / 1_000);
}

export function bytes(value) {
  if (isMissing(value)) return NOTHING;
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(value) / 3)) : 0;
  return `${number(value / 1000 ** power, power === 0 ? 0 : 1)} ${units[power]}`;
}

const clockTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export function clock(time) {
  return clockTime.format(time);
}

/// `14:05:09` today, else `25 Nov 14:05:09`; local time.
export function moment(time) {
  if (isMissing(time)) return NOTHING;
  const at = new Date(time);
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return clock(at);
  const isThisYear = at.getFullYear() === now.getFullYear();
  return `${(isThisYear ? shortDay : longDay).format(at)} ${clock(at)}`;
}

/// The same in UTC and with milliseconds, as logs and streams have it.
export function utc(time) {
  return isMissing(time) ? "" : `${new Date(Number(time)).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

const dayOfDate = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/// `25 Nov` of `2026-11-25`, a day UTC.
export function day(date) {
  return dayOfDate.format(new Date(`${date}T00:00:00Z`));
}

/// `MAX_POSITIONS` and `max_positions` → `max positions`
export function words(name) {
  return isMissing(name) ? NOTHING : String(name).replaceAll("_", " ").toLowerCase();
}
