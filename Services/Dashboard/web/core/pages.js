// The pages, in the order of the navigation. A page's code is loaded when it is opened first.
//
// A page module exports
//   load(place)    what it reads from the API (optional); place: query, id, signal, firstSymbol()
//   refreshMs      how often it reads it again (optional)
//   isHeld(query)  whether it is not to, so that a person can read (optional)
//   isLive         whether it shows the live frame, and is drawn anew with each (optional)
//   view(context)  what it looks like; context: data, live, feed, now, symbols, query, id, session

export const PAGES = {
  overview: page("Overview", "Now", () => import("../pages/overview.js"), "M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-4H4z"),
  positions: page("Positions", "Now", () => import("../pages/positions.js"), "M4 7h16v12H4zM9 7V4h6v3M4 12h16"),
  signals: page("Signals", "Now", () => import("../pages/signals.js"), "M3 12h4l3-8 4 16 3-8h4"),
  decisions: page("Decisions", "Now", () => import("../pages/decisions.js"), "M4 5h16l-6 8v6l-4-2v-4z"),
  chart: page("Chart", "Now", () => import("../pages/chart.js"), "M7 4v3M7 15v5M5 7h4v8H5zM17 4v6M17 17v3M15 10h4v7h-4z"),
  risk: page("Risk", "Now", () => import("../pages/risk.js"), "M12 3l8 3v6c0 5-3.5 8-8 9-4.500-1-8-4-8-9V6z"),
  alerts: page("Alerts", "Now", () => import("../pages/alerts.js"), "M6 17V11a6 6 0 0112 0v6l2 1H4zM10 21h4"),
  trades: page("Trades", "Results", () => import("../pages/trades.js"), "M4 6h16M4 12h16M4 18h10"),
  kpi: page("KPI", "Results", () => import("../pages/kpi.js"), "M4 16a8 8 0 0116 0M12 16l4-5"),
  accuracy: page(
    "Engine accuracy",
    "Results",
    () => import("../pages/accuracy.js"),
    "M12 4a8 8 0 108 8M12 8a4 4 0 104 4M12 12l8-8",
  ),
  fees: page(
    "Fees",
    "Results",
    () => import("../pages/fees.js"),
    "M6 18L18 6M7 9a2 2 0 100-4 2 2 0 000 4M17 19a2 2 0 100-4 2 2 0 000 4",
  ),
  regime: page("Regime", "Results", () => import("../pages/regime.js"), "M3 16c3 0 3-8 6-8s3 8 6 8 3-8 6-8"),
  learner: page("Learner", "Suite", () => import("../pages/learner.js"), "M4 20V10M10 20V4M16 20v-8M21 20H3"),
  system: page("System", "Suite", () => import("../pages/system.js"), "M4 5h16v5H4zM4 14h16v5H4zM8 7.500h.01M8 16.500h.01"),
  trace: page("Trace", null, () => import("../pages/trace.js"), ""),
};

function page(title, group, module, icon) {
  return { title, group, module, icon };
}
