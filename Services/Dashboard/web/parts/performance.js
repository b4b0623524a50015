// What the trades of a window came to: sums, by period, by strategy.
import { count, day, duration, number, percent, signed, trend } from "../core/format.js";
import { h } from "../core/view.js";
import { columns } from "./plots.js";
import { table } from "./table.js";
import { direction, empty, facts, segmented, tile } from "./ui.js";
import { STRATEGIES } from "./words.js";

const PERIODS = { day: "Day", week: "Week", month: "Month" };

/// A tile for the sum of some days.
export function sumTile(label, sum) {
  const detail = sum.trades ? `${count(sum.trades, "trade")}, ${percent(sum.wins / sum.trades, 0)} won` : "no trade";
  return tile(label, signed(sum.net), { tone: trend(sum.net), detail, title: "After fees and funding, USDT" });
}

export function periodChoice(query) {
  return segmented("By", "overview", query, "by", Object.entries(PERIODS));
}

export function profitByPeriod(performance, query) {
  const by = query.by in PERIODS ? query.by : "day";
  const bars = periods(performance.days, by);
  return [
    bars.length === 0 ? empty("The first bar stands after the first trade that ends.") : [
      columns(
        bars.map(({ name, sum }) => ({
          value: sum.net,
          title: `${name}: ${signed(sum.net)} USDT, ${count(sum.trades, "trade")}, ${sum.wins} won, fees ${number(sum.fees)}`,
        })),
        `Net result by ${by}`,
      ),
      h("div", { class: "axis" }, h("span", null, bars[0].name), h("span", null, bars.at(-1).name)),
    ],
    bars.length > 0 && table(`Results by ${by}`, [
      { title: PERIODS[by], cell: (row) => row.name },
      { title: "Net", number: true, tone: (row) => trend(row.sum.net), cell: (row) => h("strong", null, signed(row.sum.net)) },
      { title: "Gross", number: true, cell: (row) => signed(row.sum.gross) },
      { title: "Fees", number: true, cell: (row) => number(row.sum.fees) },
      { title: "Trades", number: true, cell: (row) => row.sum.trades },
      { title: "Won", number: true, cell: (row) => percent(row.sum.wins / row.sum.trades, 0) },
    ], [...bars].reverse().slice(0, 8), { key: (row) => row.from }),
  ];
}

/// Days added up to weeks (from Monday) or months, UTC.
function periods(days, by) {
  const found = new Map();
  for (const one of days) {
    const from = { day: one.date, week: monday(one.date), month: one.date.slice(0, 7) }[by];
    const sum = found.get(from) ?? { trades: 0, wins: 0, gross: 0, fees: 0, net: 0 };
    for (const field of Object.keys(sum)) sum[field] += Number(one[field]);
    found.set(from, sum);
  }
  const name = { day, week: (from) => `from ${day(from)}`, month: (from) => from }[by];
  return [...found].map(([from, sum]) => ({ from, name: name(from), sum }));
}

function monday(date) {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  return at.toISOString().slice(0, 10);
}

export function figures(performance) {
  const { total } = performance;
  return facts(
    ["Net", h("strong", { class: trend(total.net) }, signed(total.net))], ["Fees", number(total.fees)],
    ["Trades", `${total.trades}`], ["Win rate", total.trades ? percent(total.wins / total.trades) : "–"],
    ["Profit factor", number(performance.profit_factor), { title: "What winners earned to what losers lost" }],
    ["Sharpe", number(performance.sharpe), { title: "Of daily results, for a year; from five days on" }],
    ["Max drawdown", percent(performance.max_drawdown, 2)],
    ["Mean hold", duration(performance.average_hold_seconds)],
    ["Best trade", signed(performance.best), { tone: trend(performance.best) }],
    ["Worst trade", signed(performance.worst), { tone: trend(performance.worst) }],
  );
}

export function resultsByStrategy({ strategies }) {
  return table("Results by strategy", [
    { title: "Strategy", cell: (row) => (row.strategy ? `${row.strategy} ${STRATEGIES[row.strategy]}` : "Found at the venue") },
    { title: "Side", cell: (row) => direction(row.side) },
    { title: "Trades", number: true, cell: (row) => row.trades },
    { title: "Won", number: true, cell: (row) => percent(row.wins / row.trades, 0) },
    { title: "Gross", number: true, cell: (row) => signed(row.gross) },
    { title: "Fees", number: true, cell: (row) => number(row.fees) },
    { title: "Net", number: true, tone: (row) => trend(row.net), cell: (row) => h("strong", null, signed(row.net)) },
  ], strategies, { key: (row) => row.strategy + row.side, none: "No trade in this window." });
}
