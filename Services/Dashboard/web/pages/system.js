// How the suite itself is.
import { get, getEach } from "../core/api.js";
import { bytes, duration, milliseconds, number } from "../core/format.js";
import { h } from "../core/view.js";
import { shareBar } from "../parts/bars.js";
import { table } from "../parts/table.js";
import { answered, card, empty, facts } from "../parts/ui.js";

export const isLive = true;
export const refreshMs = 3_000;

export function load({ signal }) {
  return getEach({ system: get("system", {}, signal) });
}

export function view({ data, live, feed }) {
  return [
    h("div", { key: "services", class: `live ${feed.isStale ? "stale" : ""}` }, card("Services", services(live?.services ?? []))),
    h("div", { key: "rest", class: "stack" }, answered(data.system, rest)),
  ];
}

function rest(system) {
  return [
    h("div", { key: "stores", class: "columns-1-1" },
      card("Redis", redis(system.redis)),
      card("PostgreSQL", postgres(system.postgres))),
    card("Way of an entry", hops(system.hops), { note: "from the market data to each service's entry, newest hundred" }),
    card("Streams", streams(system.streams)),
    card("Dead letters", deadLetters(system.dead_letters)),
  ];
}

function services(list) {
  if (list.length === 0) return empty("Waiting for the first word from the suite.");
  return h("ul", { class: "services" }, list.map((service) => h("li", { key: service.name, class: service.up || service.optional ? "up" : "down" },
    h("span", { class: "service-mark", "aria-hidden": "true" }, service.up ? "●" : service.optional ? "○" : "✗"),
    h("span", { class: "service-name" }, service.name),
    h("span", { class: "muted" },
      service.up ? "up" : service.optional ? "off" : h("strong", { class: "falling" }, "down"),
      service.idle_ms === null ? "" : ` · read ${milliseconds(service.idle_ms)} ago`,
      service.pending > 0 ? ` · ${service.pending} pending` : "",
      service.complaint ? h("strong", { class: "falling" }, ` · ${service.complaint}`) : ""))));
}

function redis(redis) {
  return facts(
    ["Version", redis.version],
    ["Memory", bytes(redis.memory_bytes)],
    ["Commands", `${number(redis.commands_per_second, 0)}/s`],
    ["Clients", number(redis.clients, 0)],
    ["Up", duration(redis.uptime_seconds)],
  );
}

function postgres(postgres) {
  if (!postgres.up) return h("p", { class: "answer bad" },
    h("strong", null, "✗ Away. "),
    "Trading goes on; history is written when it is back.");
  return facts(
    ["State", "up"],
    ["Version", postgres.version?.split(" ")[0] ?? "–", { title: postgres.version }],
    ["Size", bytes(postgres.size_bytes)],
    ["Trades", number(postgres.trades, 0)],
  );
}

function hops(rows) {
  const slowest = Math.max(1, ...rows.map((row) => row.p99_ms ?? 0));
  return table("Way of an entry", [
    { title: "Hop", cell: (row) => row.hop },
    { title: "p50", number: true, cell: (row) => milliseconds(row.p50_ms) },
    { title: "p99", number: true, cell: (row) => milliseconds(row.p99_ms) },
    { title: "", cell: (row) => shareBar((row.p99_ms ?? 0) / slowest, { label: `p99 ${milliseconds(row.p99_ms)}` }) },
    { title: "Entries", number: true, cell: (row) => number(row.count, 0) },
  ], rows, { key: (row) => row.hop, none: "No entry has made its way yet." });
}

function streams(rows) {
  return table("Streams", [
    { title: "Stream", cell: (row) => h("code", null, row.name) },
    { title: "Length", number: true, cell: (row) => number(row.length, 0) },
    {
      title: "Newest",
      number: true,
      cell: (row) => h("span", { title: row.last_entry }, row.age_ms === null ? "–" : `${milliseconds(row.age_ms)} ago`),
    },
    { title: "Readers", wide: true, cell: (row) => h("span", { class: "readers" }, row.readers.map(reader)) },
  ], rows, { key: (row) => row.name, none: "There is no stream yet." });
}

function reader({ service, behind, pending }) {
  const isLate = behind > 100 || pending > 100;
  return h("span", { key: service, class: isLate ? "falling" : "" },
    service,
    h("span", { class: "muted" },
      behind === null ? " lag unknown" : behind > 0 ? ` ${number(behind, 0)} behind` : " ✓",
      pending > 0 ? `, ${pending} pending` : ""));
}

function deadLetters(rows) {
  if (rows.length === 0) return empty("None: every entry could be read.");
  return [
    h("p", { key: "hint", class: "muted" },
      "Entries that a reader could not understand. They stop nobody; ",
      h("code", null, "vortexctl dlq"),
      " shows and retries them."),
    table("Dead letters", [
      { title: "Stream", cell: (row) => h("code", null, row.stream) },
      { title: "Entry", cell: (row) => h("code", null, row.entry) },
      { title: "Origin", cell: (row) => h("code", null, row.origin) }, { title: "Reader", cell: (row) => row.service },
      { title: "Why", wide: true, cell: (row) => row.error },
    ], rows, { key: (row) => `${row.stream}/${row.entry}`, cards: true }),
  ];
}
