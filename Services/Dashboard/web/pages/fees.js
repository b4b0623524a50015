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
          "Maker rate",
          percent(data.maker_rate),
          { detail: `${number(data.maker_fills, 0)} of ${number(data.maker_fills + data.taker_fills, 0)} fills` },
        ),
      ),
      split(data),
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

function split({ maker_fills: maker, taker_fills: taker }) {
  return partsBar(
    [{ name: "Maker", value: maker, tone: "good" }, { name: "Taker", value: taker, tone: "warn" }],
    `Maker ${maker}, taker ${taker} fills`,
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
    {
      title: "Maker",
      number: true,
      cell: (row) => (row.maker_fills + row.taker_fills ? percent(row.maker_fills / (row.maker_fills + row.taker_fills), 0) : "–"),
    },
    { title: "Maker : taker", cell: split },
  ], list, { key: (row) => row.name, none: "No trade in this window." });
}
