// Fees beside what was earned, and how much of it was traded as maker.
import { get } from "../core/api.js";
import { day, number, percent, signed, trend } from "../core/format.js";
import { h } from "../core/view.js";
import { partsBar } from "../parts/bars.js";
import { columns } from "../parts/plots.js";
import { table } from "../parts/table.js";
import { card, daysChoice, empty, tile, tiles } from "../parts/ui.js";

export const refreshMs = 30_000;

export function load({ query, signal }) {
  return get("fees", { days: query.days ?? 30 }, signal);
}

export function view({ data, query }) {
  return [
    card("Fees", [
      tiles(
        tile("Fees paid", number(data.total), { detail: "USDT" }),
        tile(
          "Fee ratio",
          percent(data.fee_ratio),
          { detail: "of what winners earned before fees", tone: data.fee_ratio > 0.45 ? "falling" : "" },
        ),
        tile(
          "Maker entries",
          percent(data.entry_maker_rate),
          { detail: "of the entries' value", tone: data.entry_maker_rate < 0.6 ? "falling" : "" },
        ),
        tile("Maker, all fills", percent(data.maker_rate), { detail: "stops and market exits are takers" }),
      ),
      data.maker_rate !== null && split(data),
    ], { actions: daysChoice("fees", query) }),
    card("Fees by day", data.days.length === 0 ? empty("The first bar stands after the first trade that ends.") : [
      columns(
        data.days.map((row) => ({
          value: Number(row.fees),
          title: `${row.name}: fees ${number(row.fees)}, gross ${signed(row.gross)}, net ${signed(row.net)}`,
        })),
        "Fees by day",
        "accent",
      ),
      h("div", { class: "axis" }, h("span", null, day(data.days[0].name)), h("span", null, day(data.days.at(-1).name))),
    ]),
    h("div", { key: "tables", class: "columns-1-1" },
      card("By contract", rows("Contract", data.symbols, (name) => name)),
      card("By day", rows("Day", [...data.days].reverse(), day))),
  ];
}

function split({ maker_rate: maker }) {
  const share = Math.round(maker * 100);
  return partsBar(
    [{ name: "Maker, %", value: share, tone: "good" }, { name: "Taker, %", value: 100 - share, tone: "warn" }],
    `${percent(maker, 0)} of all fills as maker`,
  );
}

function rows(title, list, shown) {
  return table(title, [
    { title, cell: (row) => shown(row.name) },
    { title: "Trades", number: true, cell: (row) => row.trades },
    { title: "Fees", number: true, cell: (row) => h("strong", null, number(row.fees)) },
    { title: "Gross", number: true, cell: (row) => signed(row.gross) },
    { title: "Net", number: true, tone: (row) => trend(row.net), cell: (row) => signed(row.net) },
    { title: "Ratio", number: true, hint: "Fees to what winners earned before fees", cell: (row) => percent(row.fee_ratio, 0) },
    { title: "Maker entries", number: true, cell: (row) => percent(row.entry_maker_rate, 0) },
    { title: "Maker : taker", hint: "Of all fills, by value", cell: (row) => (row.maker_rate === null ? "–" : split(row)) },
  ], list, { key: (row) => row.name, none: "No trade in this window." });
}
