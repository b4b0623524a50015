#!/usr/bin/env python3
"""Writes the dashboards of Grafana into dashboards/: one list of panels a dashboard, two panels a row.

    deploy/grafana/make-dashboards.py
"""
import json
import pathlib

P99 = "histogram_quantile(0.99, sum by (le, {by}) (rate({metric}_bucket[1m])))"


def slow(metric, by):
    return P99.format(metric="vortex7_" + metric, by=by)


# title, what the numbers are, then for each line its query and its legend
DASHBOARDS = {
    "trading": ("Trading", [
        ("Equity", "currencyUSD", [("vortex7_equity_usdt", "equity")]),
        ("Result and fees of the day", "currencyUSD", [
            ("vortex7_day_pnl_usdt", "result after fees"), ("vortex7_day_fees_usdt", "fees")]),
        ("Open positions", "short", [("vortex7_open_positions", "positions")]),
        ("Trades of the day", "short", [("vortex7_day_trades", "trades")]),
        ("Trades an hour, by why they ended", "short", [
            ("sum by (reason) (increase(vortex7_trades_total[1h]))", "{{reason}}")]),
        ("Decisions a minute", "short", [
            ("sum by (action) (rate(vortex7_decisions_total[5m])) * 60", "{{action}}")]),
        ("Plans an hour, approved or refused by", "short", [
            ("sum by (rule) (increase(vortex7_plans_total[1h]))", "{{rule}}")]),
        ("Alerts of the last day", "short", [
            ("sum by (event) (increase(vortex7_alerts_total[1d]))", "{{event}}")]),
    ]),
    "execution": ("Execution", [
        ("From the market event to the order", "s", [
            ('histogram_quantile(0.5, sum by (le) (rate(vortex7_pipeline_stage_seconds_bucket{stage="order"}[5m])))', "p50"),
            ('histogram_quantile(0.99, sum by (le) (rate(vortex7_pipeline_stage_seconds_bucket{stage="order"}[5m])))', "p99")]),
        ("Round trip of orders", "s", [
            ("histogram_quantile(0.5, sum by (le) (rate(vortex7_order_roundtrip_seconds_bucket[5m])))", "p50"),
            ("histogram_quantile(0.99, sum by (le) (rate(vortex7_order_roundtrip_seconds_bucket[5m])))", "p99")]),
        ("Orders a minute", "short", [
            ("sum by (symbol, type) (rate(vortex7_orders_submitted_total[5m])) * 60", "{{symbol}} {{type}}")]),
        ("Part of the fills that were a maker's", "percentunit", [("vortex7_maker_fill_ratio", "maker")]),
        ("Longest time without a confirmed stop", "s", [("vortex7_position_unprotected_seconds", "unprotected")]),
        ("Orders of unknown outcome", "short", [("vortex7_unknown_orders", "unknown")]),
        ("What reconciliation found", "short", [
            ("sum by (kind) (increase(vortex7_reconcile_mismatch_total[1h]))", "{{kind}}")]),
        ("Use of the venue's limits", "percentunit", [
            ("vortex7_rate_limit_used_ratio", "{{service}} {{bucket}}"),
            ("vortex7_venue_blocked", "{{service}} blocked")]),
        ("Calls that failed or stayed unknown, a minute", "short", [
            ("rate(vortex7_rest_failures_total[5m]) * 60", "{{service}} failed"),
            ("rate(vortex7_rest_unknown_total[5m]) * 60", "{{service}} unknown")]),
        ("Time that the disk takes for a sync, p99", "s", [
            ("histogram_quantile(0.99, sum by (le) (rate(vortex7_journal_sync_seconds_bucket[5m])))", "executor")]),
    ]),
    "data-health": ("Data health", [
        ("Age of the last message", "s", [
            ('vortex7_message_age_seconds{stream=~"book|trade"}', "{{symbol}} {{stream}}")]),
        ("From the venue's event to its receipt, p99", "s", [(slow("ws_message_lag_seconds", "stream"), "{{stream}}")]),
        ("Messages a second", "short", [
            ('sum by (kind) (deriv(vortex7_hub_messages{outcome="accepted"}[1m]))', "{{kind}}")]),
        ("Messages not taken", "short", [
            ('sum by (kind, outcome) (deriv(vortex7_hub_messages{outcome!="accepted"}[1m]))', "{{kind}} {{outcome}}")]),
        ("Market streams", "short", [
            ("vortex7_ws_connected", "{{route}}"), ("vortex7_user_stream_connected", "user")]),
        ("Reconnects an hour", "short", [
            ("increase(vortex7_ws_reconnects_total[1h])", "{{route}}"),
            ("increase(vortex7_user_stream_silences_total[1h])", "user, silent")]),
        ("How far the venue's clock is ahead", "s", [("vortex7_clock_offset_seconds", "{{service}}")]),
        ("Entries lost, unreadable or refused, an hour", "short", [
            ("increase(vortex7_stream_gap_entries_total[1h])", "{{service}} gap"),
            ("increase(vortex7_dead_letters_total[1h])", "{{service}} unreadable"),
            ("increase(vortex7_writes_lost_total[1h])", "{{service}} lost")]),
    ]),
    "risk": ("Risk", [
        ("Drawdown", "percentunit", [
            ("vortex7_drawdown_ratio", "since the start"),
            ("1 - vortex7_equity_usdt / max_over_time(vortex7_equity_usdt[1d])", "of the last day")]),
        ("Breakers", "short", [("vortex7_breaker_active", "{{name}}")]),
        ("Losses in a row", "short", [("vortex7_loss_streak", "losses")]),
        ("Takes entries", "short", [("vortex7_accepts_entries", "executor"), ("vortex7_owner", "has the lease")]),
        ("Refusals an hour, by rule", "short", [
            ('sum by (rule) (increase(vortex7_plans_total{rule!="approved"}[1h]))', "{{rule}}")]),
        ("Journals take records", "short", [("vortex7_journal_writable", "{{service}}")]),
    ]),
    "infrastructure": ("Infrastructure", [
        ("Services", "short", [('up{job="vortex7"}', "{{service}} answers"), ("vortex7_ready", "{{service}} ready")]),
        ("Each hop after the market event, p99", "s", [(slow("pipeline_stage_seconds", "stage"), "{{stage}}")]),
        ("Entries behind", "short", [("sum by (group) (vortex7_stream_lag)", "{{group}}")]),
        ("Entries in hand", "short", [("sum by (group) (vortex7_stream_pending)", "{{group}}")]),
        ("Entries a second", "short", [("rate(vortex7_stream_entries_total[1m])", "{{service}}")]),
        ("Redis and PostgreSQL", "short", [
            ("vortex7_redis_up", "{{service}} Redis"), ("vortex7_postgres_up", "PostgreSQL")]),
        ("Commits refused, a minute", "short", [
            ("rate(vortex7_commits_refused_total[5m]) * 60", "{{service}}"),
            ("rate(vortex7_writes_refused_total[5m]) * 60", "{{service}} writes")]),
        ("What waits for Redis", "short", [
            ("vortex7_outbox_waiting", "executor, words"), ("vortex7_writer_queue_bytes", "data-hub, bytes")]),
        ("Memory", "bytes", [("vortex7_process_resident_memory_bytes", "{{service}}")]),
        ("Processor", "percentunit", [("rate(vortex7_process_cpu_seconds_total[1m])", "{{service}}")]),
        ("Disk of the journal", "percentunit", [("vortex7_disk_used_ratio", "used")]),
        ("Age of the newest backup", "s", [("vortex7_backup_age_seconds", "backup")]),
    ]),
}


def panel(number, title, unit, queries):
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "gridPos": {"h": 8, "w": 12, "x": number % 2 * 12, "y": number // 2 * 8},
        "fieldConfig": {"defaults": {"unit": unit, "custom": {"lineWidth": 1, "fillOpacity": 5}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend}
            for index, (query, legend) in enumerate(queries)],
    }


def dashboard(name, title, panels):
    return {
        "uid": "vortex7-" + name,
        "title": title,
        "tags": ["vortex7"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "5s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "links": [{"type": "dashboards", "tags": ["vortex7"], "title": "Vortex-7", "asDropdown": False}],
        "panels": [panel(number, *content) for number, content in enumerate(panels)],
    }


folder = pathlib.Path(__file__).resolve().parent / "dashboards"
folder.mkdir(exist_ok=True)
for name, (title, panels) in DASHBOARDS.items():
    text = json.dumps(dashboard(name, title, panels), indent=1) + "\n"
    (folder / f"{name}.json").write_text(text)
