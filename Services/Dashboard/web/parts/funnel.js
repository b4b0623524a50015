// What stopped a contract's entries since midnight UTC: gate by gate, then what risk made of the rest.
import { shareBar } from "./bars.js";
import { empty, timeText } from "./ui.js";
import { GATES, RULES } from "./words.js";
import { number, percent, words } from "../core/format.js";
import { h } from "../core/view.js";

export function funnel(data) {
  if (data.evaluations === 0) return empty("No evaluation yet today. It fills as soon as E1 is warm.");
  return h("div", { class: "funnel" },
    h("p", { class: "muted" },
      `${number(data.evaluations, 0)} evaluations since `,
      timeText(data.since),
      ". Every gate is asked every time; “alone” counts what this gate alone has stopped."),
    h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Gates" }, h("table", null,
      h("thead", null,
        h("tr", null,
          ["Gate", "Stopped", "", "Alone", "Last"].map((title, index) =>
            h("th", { key: index, scope: "col", class: index === 1 || index === 3 ? "number" : "" }, title)))),
      h("tbody", null, Object.entries(data.gates).map(([gate, counts]) => gateRow(gate, counts))))),
    h("h3", null, "Decisions to trade"),
    plans(data.plans));
}

function gateRow(gate, { passed, failed, alone, last_failure: last }) {
  const share = failed / (passed + failed || 1);
  return h("tr", { key: gate },
    h("td", { title: GATES[gate] }, words(gate)),
    h("td", { class: "number" }, number(failed, 0)),
    h("td", { class: "bar-cell" },
      shareBar(share, { tone: failed ? "bad" : "good", label: `${percent(share)} stopped` }),
      h("span", { class: "cell-value" }, percent(share, share > 0 && share < 0.1 ? 1 : 0))),
    h("td", { class: "number" }, alone > 0 ? h("strong", null, number(alone, 0)) : "0"),
    h("td", null, timeText(last)));
}

function plans(counts) {
  const rows = Object.entries(counts);
  if (rows.length === 0) return empty("None passed all gates yet.");
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  return h("dl", { class: "outcomes" }, rows.sort(([, a], [, b]) => b - a).map(([name, count]) => {
    const rule = name.replace(/^refused by /, "");
    const isApproved = name === "approved";
    return h("div", { key: name }, h("dt", { title: RULES[rule] }, isApproved ? "✓ approved" : `✗ ${words(rule)}`),
      h("dd", null, shareBar(count / total, { tone: isApproved ? "good" : "bad", label: `${count} of ${total}` })),
      h("dd", { class: "number" }, number(count, 0)));
  }));
}
