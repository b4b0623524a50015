#!/usr/bin/env python3
"""Audits a run in which services were killed: the venue's ledger against the streams.

Reads a JSON file {"ledger": …, "streams": {key: [{"id": …, field: value, …}, …]}, "executor_up": [[from_ms, to_ms], …],
"naked_max_ms": N}, and where things went wrong at the venue or a database was written "impaired": [[from_ms, to_ms], …]
and "database": {table: rows}. The streams are those of a market that has ended, of which all has arrived. With
"judges_times": false, how long a position was bare or a stop an orphan is printed, not judged: a machine with other work
stretches it. Prints what is wrong; exits 1 if anything is. The venue's word counts, not ours.
"""
import json
import sys
from collections import Counter, defaultdict
from decimal import Decimal

problems = []


def check(condition, text):
    if not condition:
        problems.append(text)


def by_kind(streams, kind):
    for key, entries in streams.items():
        if key == kind or key.startswith(kind + ":"):
            yield key.partition("{")[2].rstrip("}"), entries


def audit_streams(streams):
    for symbol, signals in by_kind(streams, "signal"):
        causes = Counter((signal["engine"], signal["cause"]) for signal in signals)
        check(max(causes.values(), default=1) == 1, f"{symbol}: a signal was published twice: {causes.most_common(2)}")
        flow = {cause for engine, cause in causes if engine == "E1"}
        books = [entry["id"] for entry in streams.get(f"md.book:{{{symbol}}}", [])]
        start = next((i for i, book in enumerate(books) if book in flow), len(books))
        lost = [book for book in books[start:] if book not in flow]
        check(not lost, f"{symbol}: {len(lost)} books gave no signal, first {lost[:2]}")
    for symbol, decisions in by_kind(streams, "decision"):
        ids = Counter(decision["id_field"] for decision in decisions)
        check(max(ids.values(), default=1) == 1, f"{symbol}: a decision was published twice: {ids.most_common(1)}")
        wanted = {decision["id_field"] for decision in decisions if decision["action"] != "NO_TRADE"}
        planned = streams.get(f"plan:{{{symbol}}}", [])
        plans = Counter(plan["id_field"] for plan in planned)
        check(max(plans.values(), default=1) == 1, f"{symbol}: a decision gave two plans: {plans.most_common(1)}")
        differ = set(plans) ^ wanted
        check(not differ, f"{symbol}: decisions to trade and plans differ: {sorted(differ)[:3]}")
        approved = {p["id_field"] for p in streams.get(f"plan:{{{symbol}}}", []) if p["verdict"] == "APPROVED"}
        answered = Counter(e["plan"] for e in streams.get(f"execution:{{{symbol}}}", []) if e["event"] in ("ENTRY_SENT", "PLAN_DENIED"))
        check(max(answered.values(), default=1) == 1, f"{symbol}: a plan was answered twice: {answered.most_common(1)}")
        # A plan whose leverage call a kill cut off ends as NO_FILL without an entry.
        ended = {e["plan"] for e in streams.get(f"execution:{{{symbol}}}", []) if e["event"] == "NO_FILL"}
        check(approved <= set(answered) | ended, f"{symbol}: plans without an answer: {sorted(approved - set(answered) - ended)[:3]}")
    dead = sum(len(entries) for _, entries in by_kind(streams, "dead"))
    check(dead == 0, f"{dead} dead letters")


def audit_orders(account, streams):
    names = Counter(order["clientOrderId"] for order in account["orders"])
    check(max(names.values(), default=1) == 1, f"a client id was used twice: {names.most_common(1)}")
    plans = {p["id_field"]: p for _, entries in by_kind(streams, "plan") for p in entries if p["verdict"] == "APPROVED"}
    filled = defaultdict(Decimal)
    accepted = defaultdict(set)
    for order in account["orders"]:
        name = order["clientOrderId"]
        if not name.startswith("v7-") or order["reduceOnly"] or order["closePosition"] or "-sl" in name:
            continue
        plan = name[3:].rsplit("-", 1)[0]
        filled[plan] += Decimal(order["executedQty"])
        accepted[plan].add(name)
    for plan, quantity in filled.items():
        check(plan in plans, f"{plan}: an entry without an approved plan")
        check(len(accepted[plan]) == 1, f"{plan}: two entries were accepted: {accepted[plan]}")
        if plan in plans:
            check(quantity <= Decimal(plans[plan]["quantity"]), f"{plan}: filled {quantity} > {plans[plan]['quantity']}")
    open_left = [o["clientOrderId"] for o in account["orders"] if o["status"] in ("NEW", "PARTIALLY_FILLED")]
    stops_left = [o["clientAlgoId"] for o in account["algoOrders"] if o["algoStatus"] == "NEW"]
    held = [p for p in account["positions"] if Decimal(str(p.get("positionAmt", "0"))) != 0]
    check(not held, f"positions are left: {held}")
    check(not open_left and not stops_left, f"orders are left: {open_left + stops_left}")


def judged(up, impaired):
    """The times of `up` without those of `impaired`."""
    spans = [tuple(span) for span in up]
    for start, end in impaired:
        spans = [part for since, to in spans for part in ((since, min(to, start)), (max(since, end), to)) if part[0] < part[1]]
    return spans


def positions(account):
    """The position after each fill, by symbol: (time, order id, before, after)."""
    held, steps = defaultdict(Decimal), defaultdict(list)
    for fill in sorted(account["fills"], key=lambda fill: (fill["symbol"], fill["id"])):
        before = held[fill["symbol"]]
        held[fill["symbol"]] += Decimal(fill["qty"]) * (1 if fill["side"] == "BUY" else -1)
        steps[fill["symbol"]].append((fill["time"], fill["orderId"], before, held[fill["symbol"]]))
    return steps


def audit_order(account, spans, naked_max_ms):
    """Who closes a position that it has held for a while has placed a stop before, however slow the machine is."""
    orders = {order["orderId"]: order for order in account["orders"]}
    stops = [(stop["symbol"], stop["createTime"]) for stop in account["algoOrders"] if stop["clientAlgoId"].startswith("v7-")]
    for symbol, steps in positions(account).items():
        since = None
        for time, order_id, before, after in steps:
            if before == 0:
                since = time
            name = orders.get(order_id, {}).get("clientOrderId", "")
            if after != 0 or time - since <= naked_max_ms or not name.startswith("v7-"):
                continue
            is_judged = any(start <= since and time <= end for start, end in spans)
            has_stop = any(of == symbol and since <= created <= time for of, created in stops)
            check(has_stop or not is_judged, f"{name}: closed a position that never had a stop")


def audit_exits(account, judged_spans, orphan_max_ms):
    """No exit opens or turns a position, and nothing of ours outlives one."""
    orders = {order["orderId"]: order for order in account["orders"]}
    for symbol, steps in positions(account).items():
        flat_since, flats = 0, []
        for time, order_id, before, after in steps:
            order = orders.get(order_id, {})
            name = order.get("clientOrderId", "")
            if name.startswith("v7-") and (order["reduceOnly"] or order["closePosition"]):
                check(before * after >= 0 and abs(after) <= abs(before), f"{name}: an exit took {before} to {after}")
            if before == 0 and flat_since is not None:
                flats.append((flat_since, time))
                flat_since = None
            if after == 0:
                flat_since = time
        if flat_since is not None:
            flats.append((flat_since, float("inf")))
        for stop in account["algoOrders"]:
            if stop["symbol"] != symbol or not stop["clientAlgoId"].startswith("v7-"):
                continue
            end = float("inf") if stop["algoStatus"] == "NEW" else stop["updateTime"]
            for since, to in flats:
                left = overlap(max(since, stop["createTime"]), min(to, end), judged_spans)
                check(left <= orphan_max_ms, f"{stop['clientAlgoId']}: rested for {left} ms without a position")


def audit_database(database, streams):
    """Each trade, event, decision and plan of the streams is in its table, once, and nothing else is."""
    events = [(symbol, e) for symbol, entries in by_kind(streams, "execution") for e in entries]
    closed = {e["plan"]: e for _, e in events if e["event"] == "POSITION_CLOSED" and "pnl_net" in e}
    trades = {row[0]: row for row in database["trades"]}
    check(len(trades) == len(database["trades"]), "a trade is twice in the database")
    check(set(trades) == set(closed), f"trades of streams and database differ: {sorted(set(trades) ^ set(closed))[:3]}")
    for plan in set(trades) & set(closed):
        check(Decimal(trades[plan][1]) == Decimal(closed[plan]["pnl_net"]), f"{plan}: net {trades[plan][1]} in the database")
    check(sorted(map(tuple, database["executions"])) == sorted((symbol, e["id"]) for symbol, e in events),
          f"{len(database['executions'])} executions in the database, {len(events)} in the streams")
    for table, kind in (("decisions", "decision"), ("plans", "plan")):
        # Decisions without the signals that they were made from are in the streams alone.
        told = {e["id_field"] for _, entries in by_kind(streams, kind) for e in entries
                if kind != "decision" or e["action"] != "NO_TRADE" or any(name.startswith("e1.") for name in e)}
        kept = {row[0] for row in database[table]}
        check(kept == told, f"{table}: {len(kept)} in the database, {len(told)} in the streams, {sorted(kept ^ told)[:2]}")


def audit_protection(account, up, naked_max_ms):
    """Longest time that the venue saw a position without a resting stop while the executor was up."""
    worst = 0
    for symbol in {fill["symbol"] for fill in account["fills"]}:
        events = []
        for fill in account["fills"]:
            if fill["symbol"] == symbol:
                sign = 1 if fill["side"] == "BUY" else -1
                events.append((fill["time"], "fill", sign * Decimal(fill["qty"])))
        for stop in account["algoOrders"]:
            if stop["symbol"] != symbol:
                continue
            events.append((stop["createTime"], "stop", 1))
            if stop["algoStatus"] != "NEW":
                # A triggered stop has done its work; its order closes the position.
                end = stop["triggerTime"] or stop["updateTime"]
                events.append((end + (1000 if stop["triggerTime"] else 0), "stop", -1))
        position, stops, naked_since = Decimal(0), 0, None
        for time, kind, amount in sorted(events, key=lambda e: (e[0], e[1] == "fill")):
            if naked_since is not None:
                worst = max(worst, overlap(naked_since, time, up))
            if kind == "fill":
                position += amount
            else:
                stops += amount
            naked_since = (naked_since or time) if position != 0 and stops == 0 else None
    check(worst <= naked_max_ms, f"a position was without a stop for {worst} ms while the executor was up")
    return worst


def overlap(start, end, up):
    """Longest stretch of [start, end] within one life of the executor."""
    return max((max(0, min(end, to) - max(start, since)) for since, to in up), default=0)


def audit_money(account, streams):
    """What the services say that they earned is what the venue's ledger says."""
    closed = [e for _, entries in by_kind(streams, "execution") for e in entries if e["event"] == "POSITION_CLOSED"]
    said = sum(Decimal(e["pnl_net"]) for e in closed if "pnl_net" in e)
    totals = account["totals"]
    true = Decimal(totals["REALIZED_PNL"]) + Decimal(totals["COMMISSION"])
    check(abs(said - true) < Decimal("0.00000001"), f"trades add up to {said}, the venue's ledger to {true}")
    return len(closed)


def main(path):
    with open(path) as file:
        run = json.load(file)
    account, streams = run["ledger"]["accounts"][0], run["streams"]
    audit_streams(streams)
    audit_orders(account, streams)
    spans = judged(run["executor_up"], run.get("impaired", []))
    judges_times = run.get("judges_times", True)
    worst = audit_protection(account, spans, run["naked_max_ms"] if judges_times else float("inf"))
    always = audit_protection(account, run["executor_up"], float("inf"))
    audit_order(account, spans, run["naked_max_ms"])
    audit_exits(account, spans, orphan_max_ms=5000 if judges_times else float("inf"))
    trades = audit_money(account, streams)
    if "database" in run:
        audit_database(run["database"], streams)
    entries = sum(len(entries) for entries in streams.values())
    print(f"audited {entries} entries, {len(account['orders'])} orders, {len(account['fills'])} fills, {trades} trades; "
          f"longest without a stop {worst} ms in {sum(to - since for since, to in spans) // 1000} s of judgement, "
          f"{always} ms in all {sum(to - since for since, to in run['executor_up']) // 1000} s of the executor")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(sys.argv[1])
