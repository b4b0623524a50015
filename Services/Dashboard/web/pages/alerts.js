// Everything that people were told.
import { get } from "../core/api.js";
import { alertList } from "../parts/alerts.js";
import { card, segmented } from "../parts/ui.js";

export const refreshMs = 5_000;

export function load({ query, signal }) {
  return get("alerts", { severity: query.severity, limit: 200 }, signal);
}

export function view({ data, query }) {
  return card("Alerts", alertList(data.alerts, query.severity ? "No alert of this kind." : undefined), {
    actions: segmented(
      "Severity",
      "alerts",
      query,
      "severity",
      [["", "All"], ["CRITICAL", "Critical"], ["WARNING", "Warning"], ["INFO", "Info"]],
    ),
    isPage: true,
  });
}
