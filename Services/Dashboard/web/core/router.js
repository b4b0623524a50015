// Where one is: `#/trades?symbol=BTCUSDT`, `#/trace/ID`.
// All that a page shows stands in its address: it can be reloaded, sent, gone back to.

export function readRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  return {
    page: page || "overview",
    id: decodeURIComponent(rest.join("/")),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

export function address(page, { id = "", query = {} } = {}) {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(set).toString();
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}${text ? `?${text}` : ""}`;
}
