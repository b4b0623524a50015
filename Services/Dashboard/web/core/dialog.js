// The one dialog: what it shows is a function of its state, drawn anew when that changes.
import { render } from "./view.js";

const dialog = document.getElementById("dialog");

/// `content` describes what stands in it; called again by the function that is returned.
export function openDialog(content) {
  const redraw = () => render(dialog, content());
  redraw();
  if (!dialog.open) dialog.showModal();
  return redraw;
}

export function closeDialog() {
  dialog.close();
}

dialog.addEventListener("close", () => render(dialog));
