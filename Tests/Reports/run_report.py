#!/usr/bin/env python3
"""Reports on a run of the paper suite: trades by strategy, exits, breakers, gates, and whether the money adds up.

Reads the simulator's ledger (the truth) and PostgreSQL (what the suite recorded). Exits 1 when they disagree.
Addresses come from the environment, as `deploy/local/suite.sh env` prints them.
"""
import csv
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter, defaultdict
from decimal import Decimal


def ledger():
    with urllib.request.urlopen(os.environ["VORTEX7_VENUE_REST_URL"] + "/sim/v1/ledger") as reply:
        return json.load(reply)


def query(sql):
    result = subprocess.run(
        ["psql", "--csv", "-q", "-d", os.environ["VORTEX7_POSTGRES_URL"], "-c", sql], capture_output=True, text=True,
        check=True, env=os.environ | {"PGPASSWORD": os.environ.get("VORTEX7_POSTGRES_PASSWORD", "")})
    return list(csv.DictReader(io.StringIO(result.stdout)))


def plan_of(client_order_id):
    """`v7-<plan>-<leg>`; a plan's name has a dash of its own."""
    return client_order_id[3:].rpartition("-")[0] if client_order_id.startswith("v7-") else None


def ratio(part, whole, form="{:.1%}"):
    return form.format(part / whole) if whole else "–"


def table(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())


def by_strategy(trades):
    print("\nTrades by strategy (net of fees and funding, USDT)")
    rows = [("", "trades", "won", "profit factor", "net", "fees", "fees/gross profit", "maker entries", "maker fills", "mean hold s")]
    groups = [(name, [t for t in trades if t["strategy"] == name]) for name in "ABC"] + [("all", trades)]
    for name, group in groups:
        net = [Decimal(t["pnl_net"]) for t in group]
        wins, losses = sum(n for n in net if n > 0), -sum(n for n in net if n <= 0)
        gross = sum(Decimal(t["pnl_gross"]) for t in group if Decimal(t["pnl_gross"]) > 0)
        fees = sum(Decimal(t["fee_total"]) for t in group)
        maker, taker = sum(int(t["maker_fills"]) for t in group), sum(int(t["taker_fills"]) for t in group)
        entries = [e for t in group for e in t["entries"]]
        rows.append((
            name, len(group), ratio(sum(n > 0 for n in net), len(net)), ratio(wins, losses, "{:.2f}"),
            f"{sum(net):.2f}", f"{fees:.2f}", ratio(fees, gross), ratio(sum(entries), len(entries)),
            ratio(maker, maker + taker),
            f"{sum(int(t['hold_duration_sec']) for t in group) / len(group):.0f}" if group else "–"))
    table(rows)


def counts(title, counter):
    print(f"\n{title}: " + (", ".join(f"{name} {count}" for name, count in counter.most_common()) or "none"))


def traded_account():
    accounts = ledger()["accounts"]
    return next(a for a in accounts if a["fills"] or len(accounts) == 1)


def trades_of(account):
    """The trades of this venue's account, each with whether its entry fills were made; and their plans, for SQL."""
    # A position that was adopted, and that a person closed, has had a stop and no order.
    names = [order["clientOrderId"] for order in account["orders"]] + [stop["clientAlgoId"] for stop in account["algoOrders"]]
    plans = {plan_of(name) for name in names} - {None}
    names = ",".join(f"'{plan}'" for plan in sorted(plans)) or "''"
    trades = query(f"SELECT * FROM trades WHERE plan IN ({names}) ORDER BY exit_time")
    orders = {order["orderId"]: order for order in account["orders"]}
    entries = defaultdict(list)
    for fill in account["fills"]:
        order = orders.get(fill["orderId"])
        if order and not order.get("reduceOnly") and order["clientOrderId"].startswith("v7-"):
            entries[plan_of(order["clientOrderId"])].append(bool(fill["maker"]))
    for trade in trades:
        trade["entries"] = entries[trade["plan"]]
    return trades, names


def alerts_since(since):
    return Counter({row["event"]: int(row["n"]) for row in query(
        f"SELECT event, count(*) n FROM alerts WHERE event_time >= '{since}' GROUP BY event")})


def main():
    account = traded_account()
    trades, names = trades_of(account)
    by_strategy(trades)
    counts("Exit reasons", Counter(t["exit_reason"] for t in trades))
    for name in "ABC":
        counts(f"  {name}", Counter(t["exit_reason"] for t in trades if t["strategy"] == name))
    since = min((t["entry_time"] for t in trades), default="infinity")
    counts("Breakers and alerts", alerts_since(since))
    details(since, names)
    return add_up(account, trades)


def details(since, names):
    counts("Plans refused by", Counter(
        {row["rule"]: int(row["n"]) for row in query(
            f"SELECT rule, count(*) n FROM plans WHERE verdict = 'REJECTED' AND event_time >= '{since}' GROUP BY rule")}))
    counts("Entries without a fill", Counter(
        {"NO_FILL": int(query(
            f"SELECT count(*) n FROM executions WHERE event = 'NO_FILL' AND plan IN ({names})")[0]["n"])}))
    print("\nDecisions that one gate alone stopped, and the mean move in their direction (basis points)")
    table([("gate", "times", "1 min", "5 min", "10 min")] + [
        (row["gate"], row["n"], row["m1"], row["m5"], row["m10"]) for row in query(
            "SELECT gate, count(*) n, round((avg(move_1m)*1e4)::numeric,2) m1, round((avg(move_5m)*1e4)::numeric,2) m5, "
            f"round((avg(move_10m)*1e4)::numeric,2) m10 FROM signal_outcome WHERE event_time >= '{since}' "
            "GROUP BY gate ORDER BY n DESC")])


def add_up(account, trades, others_fees=Decimal(0)):
    """0 when the trades are what the account tells; `others_fees`: what a person's own orders cost, which is on no trade, or on one."""
    totals = {name: Decimal(value) for name, value in account["totals"].items()}
    venue = totals["REALIZED_PNL"] + totals["COMMISSION"] + totals["FUNDING_FEE"]
    ours = sum((Decimal(t["pnl_net"]) for t in trades), Decimal(0))
    open_positions = [p for p in account["positions"] if Decimal(p["positionAmt"]) != 0]
    print(f"\nVenue: realised {totals['REALIZED_PNL']}, fees {totals['COMMISSION']}, funding {totals['FUNDING_FEE']} = {venue}")
    print(f"Trades: gross {sum(Decimal(t['pnl_gross']) for t in trades)}, fees {-sum(Decimal(t['fee_total']) for t in trades)}, "
          f"funding {sum(Decimal(t['funding']) for t in trades)} = {ours}")
    wallet = Decimal(account["walletBalance"])
    allowed = others_fees + Decimal("1e-8")
    others = totals["TRANSFER"] + totals["INSURANCE_CLEAR"]
    print(f"Wallet {wallet} = transfers {totals['TRANSFER']}, insurance {totals['INSURANCE_CLEAR']}, "
          f"trades {wallet - others}")
    if open_positions:
        print(f"{len(open_positions)} positions are open: close them for the sums to be compared")
        return 1
    if abs(venue - ours) > allowed or abs(wallet - others - ours) > allowed:
        print(f"They differ by {ours - venue}, the wallet by {ours - (wallet - others)}")
        return 1
    print("They are equal" + (f", but for {others_fees} of others' orders." if others_fees else "."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
