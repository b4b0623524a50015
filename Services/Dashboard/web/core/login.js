// The one view that needs no session.
import { logIn } from "./api.js";
import { h } from "./view.js";

let user = "viewer";
let refusal = "";
let isSending = false;

export function loginView({ onSession, redraw, error }) {
  return h("main", { class: "login", key: "login" },
    h("form", { class: "card login-card", onsubmit: (event) => send(event, onSession, redraw), "aria-busy": String(isSending) },
      h("div", { class: "brand" }, h("img", { src: "/icon.svg", alt: "", width: 32, height: 32 }), h("h1", null, "Vortex-7")),
      h("fieldset", { class: "segmented", "aria-label": "Who" },
        [["viewer", "Viewer"], ["operator", "Operator"]].map(([name, text]) =>
          h("label", { key: name },
            h(
              "input",
              { type: "radio", name: "user", value: name, checked: user === name, onchange: () => { user = name; redraw(); } },
            ),
            h("span", null, text)))),
      // Password managers look for a name as text.
      h(
        "input",
        {
          class: "hidden",
          type: "text",
          autocomplete: "username",
          value: user,
          tabindex: -1,
          "aria-hidden": "true",
          readonly: true,
        },
      ),
      h("label", { class: "field" }, "Password",
        h(
          "input",
          {
            type: "password",
            name: "password",
            autocomplete: "current-password",
            required: true,
            maxlength: 200,
            autofocus: true,
          },
        )),
      h("p", { class: "refusal", role: "alert" }, refusal || (error ? error.message : "")),
      h("button", { class: "button primary", type: "submit", disabled: isSending }, isSending ? "Logging in…" : "Log in"),
      h("p", { class: "hint" }, "A viewer sees everything. An operator can also halt trading and close positions.")));
}

async function send(event, onSession, redraw) {
  event.preventDefault();
  const form = event.currentTarget;
  isSending = true;
  refusal = "";
  redraw();
  try {
    const session = await logIn(user, form.elements.password.value);
    form.reset();
    isSending = false;
    onSession(session);
  } catch (error) {
    isSending = false;
    refusal = error.message;
    form.elements.password.select();
  }
  redraw();
}
