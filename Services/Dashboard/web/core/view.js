// Draws what a page says it looks like: `h` describes an element, `render` makes the document agree with the description.
// What hasn't changed is left alone, so focus, selections and scroll positions survive two updates a second.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "line", "rect", "path", "polyline", "polygon", "circle", "title"]);

/// Describes an element. Text comes in as children and goes out as text, never as HTML.
export function h(tag, properties, ...children) {
  return { tag, properties: properties ?? {}, key: properties?.key, children: children.flat(Infinity).map(placed) };
}

/// A condition that is false leaves an empty text behind, so that its siblings keep their places.
function placed(child) {
  if (child === null || child === undefined || child === false) return "";
  return typeof child === "object" ? child : String(child);
}

export function render(container, ...children) {
  update(container, children.flat(Infinity).map(placed));
}

function update(parent, wanted) {
  const keyed = new Map();
  const unkeyed = [];
  for (const drawn of parent.drawn ?? []) {
    if (drawn.what.key === undefined) unkeyed.push(drawn);
    else keyed.set(drawn.what.key, drawn);
  }
  let place = 0;
  const drawn = wanted.map((what) => {
    const before = what.key === undefined ? unkeyed[place++] : keyed.get(what.key);
    if (before && !before.isKept && before.what.tag === what.tag) {
      before.isKept = true;
      change(before.node, before.what, what);
      return { what, node: before.node };
    }
    return { what, node: create(what, parent) };
  });
  for (const before of parent.drawn ?? []) if (!before.isKept) remove(before.node);
  let next = parent.firstChild;
  for (const { node } of drawn) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  parent.drawn = drawn;
}

function create(what, parent) {
  if (typeof what === "string") return document.createTextNode(what);
  const isDrawing = SVG_TAGS.has(what.tag) && (what.tag !== "title" || parent.namespaceURI === SVG);
  const node = isDrawing ? document.createElementNS(SVG, what.tag) : document.createElement(what.tag);
  for (const [name, value] of Object.entries(what.properties)) set(node, name, value, undefined);
  if (what.properties.widget) {
    node.widget = what.properties.widget.mount(node);
    node.toggleAttribute("data-widget", true);
    node.widget.update(what.properties.widget.value);
  } else {
    update(node, what.children);
    // A select takes its value only once its options are there.
    if ("value" in what.properties && what.tag === "select") node.value = what.properties.value;
  }
  return node;
}

function change(node, before, what) {
  if (before === what) return;
  if (typeof what === "string") {
    node.data = what;
    return;
  }
  for (const name of Object.keys(before.properties)) {
    if (!(name in what.properties)) set(node, name, undefined, before.properties[name]);
  }
  for (const [name, value] of Object.entries(what.properties)) set(node, name, value, before.properties[name]);
  if (node.widget) node.widget.update(what.properties.widget.value);
  else update(node, what.children);
  if (what.tag === "select" && document.activeElement !== node) node.value = what.properties.value;
}

function set(node, name, value, before) {
  if (name === "key" || name === "widget") return;
  if (name === "style") {
    for (const [property, text] of Object.entries(value ?? {})) {
      if (before?.[property] !== text) node.style.setProperty(property, text);
    }
  } else if (name.startsWith("on")) {
    node[name] = value ?? null;
  } else if (value === before) {
    // What a person has typed since stays.
  } else if (name === "value" || name === "checked" || name === "selected") {
    node[name] = value ?? "";
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

function remove(node) {
  if (node.nodeType === Node.ELEMENT_NODE) {
    for (const inner of [node, ...node.querySelectorAll("[data-widget]")]) inner.widget?.unmount?.();
  }
  node.remove();
}
