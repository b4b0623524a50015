// An operator's commands. Each is asked back with what exactly will happen, sent, and followed until its answer is there.
import { get, giveCommand } from "./api.js";
import { closeDialog, openDialog } from "./dialog.js";
import { h } from "./view.js";

const ANSWER_EVERY_MS = 400;
const ANSWER_WITHIN_MS = 30_000;

const COMMANDS = {
  halt: {
    title: "Halt entries",
    what: "The risk manager refuses every new trade until a person resumes.",
    stays: "Open positions stay, with their stops and targets. An entry order that is already at the venue may still fill.",
  },
  pause: {
    title: "Pause",
    what: "The risk manager refuses new trades in this contract until a person resumes it. The others go on.",
    stays: "An open position stays, with its stop and target. An entry order that is already at the venue may still fill.",
  },
  resume: {
    title: "Resume entries",
    what: "The risk manager takes new trades again.",
    stays: "Breakers that are on stay on until their time is over. A stop of the executor is ended by “Start” only.",
  },
  stop: {
    title: "Stop entries",
    what: "The executor sends no new entry order until a person starts it again.",
    stays: "Open positions stay, with their stops and targets.",
  },
  start: {
    title: "Start entries",
    what: "The executor sends entry orders again.",
    stays: "Make sure first that the cause of the stop is over: the last alerts tell it.",
  },
  close: {
    title: "Close position",
    what: "The position is closed now with a market order: at the price that the book offers, with the taker's fee.",
    stays: "Its stop and target are cancelled. New entries stay allowed.",
    isGrave: true,
  },
  close_all: {
    title: "Close all positions",
    what: "Every position is closed now with market orders, and all our orders are cancelled.",
    stays: "New entries are not stopped by this. Halt first if nothing new shall be opened.",
    isGrave: true,
  },
};

/// `facts` are what the person should see before: names and values of what is open.
export function askCommand(name, { symbol = undefined, facts = [] } = {}) {
  const command = COMMANDS[name];
  const state = { step: "asked", typed: "" };
  const change = (news) => {
    Object.assign(state, news);
    redraw();
  };
  const redraw = openDialog(() => dialogContent(name, command, symbol, facts, state, change));
}

function dialogContent(name, command, symbol, facts, state, change) {
  const title = symbol ? `${command.title} ${name === "resume" ? "in " : ""}${symbol}` : command.title;
  const isTyped = name !== "close_all" || state.typed === "close_all";
  return h("form", { method: "dialog", class: "dialog", onsubmit: (event) => {
    event.preventDefault();
    if (state.step !== "asked") closeDialog();
    else if (isTyped) carryOut(name, symbol, change);
  } },
    h("h2", { id: "dialog-title" }, title),
    state.step === "asked" && [
      h("p", { key: "what" }, command.what),
      h("p", { key: "stays", class: "muted" }, command.stays),
      facts.length > 0 && h("dl", { key: "facts", class: "facts" }, facts.map(([label, value]) =>
        h("div", { key: label }, h("dt", null, label), h("dd", null, value)))),
      name === "close_all" && h("label", { key: "typed", class: "field" }, "Type close_all to go on",
        h(
          "input",
          {
            type: "text",
            name: "typed",
            autocomplete: "off",
            autocapitalize: "none",
            spellcheck: "false",
            oninput: (event) => change({ typed: event.target.value.trim() }),
          },
        )),
    ],
    state.step === "sent" && h("p", { role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), state.text),
    state.step === "over" && h("p", { role: "status", class: `answer ${state.isDone ? "good" : "bad"}` },
      h("strong", null, state.isDone ? "✓ Done. " : "✗ Not done. "), state.text),
    h("div", { class: "dialog-buttons" },
      state.step === "asked" && h("button", { key: "cancel", class: "button", type: "button", onclick: closeDialog }, "Cancel"),
      state.step === "asked"
        ? h(
          "button",
          { key: "go", class: `button ${command.isGrave ? "danger" : "primary"}`, type: "submit", disabled: !isTyped },
          title)
        : h("button", { key: "close", class: "button", type: "submit" }, "Close")));
}

async function carryOut(name, symbol, change) {
  change({ step: "sent", text: "Sending…" });
  try {
    const { id } = await giveCommand({ name, ...(symbol && { symbol }), confirm: symbol ? `${name} ${symbol}` : name });
    change({ text: "Sent. Waiting for the answer…" });
    const answer = await answerTo(id);
    change(answer
      ? {
        step: "over",
        isDone: answer.state === "done",
        text: `${answer.service ? `${answer.service}: ` : ""}${answer.text ?? ""}`,
      }
      : {
        step: "over",
        isDone: false,
        text: "No answer within 30 s. The command may still be carried out: look at the state above and at the alerts.",
      });
  } catch (error) {
    change({ step: "over", isDone: false, text: error.message });
  }
}

/// Null when there is none in time.
async function answerTo(id) {
  const end = performance.now() + ANSWER_WITHIN_MS;
  while (performance.now() < end) {
    const answer = await get(`commands/${encodeURIComponent(id)}`);
    if (answer.state !== "waiting") return answer;
    await new Promise((resolve) => setTimeout(resolve, ANSWER_EVERY_MS));
  }
  return null;
}
