// What can be seen in a document without knowing what it is about: things that stand out of the window, controls without a name,
// identifiers given twice, text that is hard to read on its ground. Gives a list of words.
() => {
  const found = [];
  const describe = (node) => `${node.tagName.toLowerCase()}${node.className.baseVal ?? (node.className ? `.${node.className.trim().replaceAll(/\s+/g, ".")}` : "")} “${node.textContent.trim().slice(0, 30)}”`;

  const wider = document.documentElement.scrollWidth - innerWidth;
  if (wider > 0) {
    const guilty = [...document.querySelectorAll("main *, header *")].find((node) => node.getBoundingClientRect().right > innerWidth + 1 && !node.closest(".table-scroll"));
    found.push(`the document is ${wider} px wider than the window${guilty ? `: ${describe(guilty)}` : ""}`);
  }

  for (const node of document.querySelectorAll("button, a[href], input, select")) {
    const name = node.getAttribute("aria-label") || node.textContent.trim() || node.title || node.closest("label")?.textContent.trim();
    if (!name && node.getAttribute("aria-hidden") !== "true") found.push(`without a name: ${node.outerHTML.slice(0, 80)}`);
  }
  const identifiers = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(identifiers)) if (identifiers.filter((other) => other === id).length > 1) found.push(`two elements are #${id}`);

  const channels = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const over = (top, bottom) => ({
    red: top.red * top.alpha + bottom.red * (1 - top.alpha), green: top.green * top.alpha + bottom.green * (1 - top.alpha), blue: top.blue * top.alpha + bottom.blue * (1 - top.alpha), alpha: 1,
  });
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), { red: 255, green: 255, blue: 255, alpha: 1 });
  };
  const luminance = ({ red, green, blue }) => {
    const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const pale = new Map();
  for (const node of document.querySelectorAll("#app *")) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (!hasText || node.closest(".stale, .old, :disabled, svg, .plot, .skip, option, .hidden, [aria-busy=true]") || node.offsetParent === null) continue;
    const below = ground(node);
    const [light, dark] = [luminance(over(channels(getComputedStyle(node).color), below)), luminance(below)].sort((one, other) => other - one);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) pale.set(node.className, `contrast ${contrast.toFixed(2)}: ${describe(node)}`);
  }
  return [...found, ...pale.values()];
}
