// The one dialog: what it shows is a function of its state, drawn anew when that changes.
import { render } from "./view.js";

const dialog = document.getElementById("dialog");
/// What draws the dialog that is open. One that was closed may still hear news, and must not write into the next.
let shown = null;

/// `content` describes what stands in it; called again by the function that is returned.
export function openDialog(content) {
  const redraw = () => {
    if (shown !== redraw) return;
    render(dialog, content());
    // The button that had the focus may be gone.
    if (dialog.open && !dialog.contains(document.activeElement)) dialog.querySelector("button")?.focus();
  };
  shown = redraw;
  redraw();
  if (!dialog.open) dialog.showModal();
  return redraw;
}

export function closeDialog() {
  dialog.close();
}

dialog.addEventListener("close", () => {
  shown = null;
  render(dialog);
});
