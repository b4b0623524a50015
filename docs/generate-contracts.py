#!/usr/bin/env python3
"""Prints docs/contracts.md: every stream, message and field, read off the Swift sources and the golden files."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Shared/SignalContracts"
GOLDEN = ROOT / "Tests/SignalContractsTests/Golden"

# Who writes and who reads; the rest of this page comes from the code.
STREAMS = [
    ("md.trade:{S}", "data-hub", "order-flow-engine, tick-engine", ["AggTrade"]),
    ("md.book:{S}", "data-hub", "order-flow-engine, regime-filter, executor", ["BookUpdate"]),
    ("md.candle:{S}", "data-hub", "technical-engine, regime-filter, trade-recorder", ["CandleUpdate"]),
    ("md.forming:{S}", "data-hub", "technical-engine, trade-recorder", ["CandleUpdate"]),
    ("md.metric:{S}", "data-hub", "sentiment-engine, risk-manager, executor", ["MarketMetric"]),
    ("signal:{S}", "the five engines, and engines of your own", "decision-engine",
     ["ForeignSignal", "OrderFlowSignal", "TickSignal", "TechnicalSignal", "SentimentSignal", "RegimeSignal"]),
    ("heatmap:{S}", "sentiment-engine", "sentiment-engine", ["LiquidationHeatmap"]),
    ("decision:{S}", "decision-engine", "risk-manager, trade-recorder", ["Decision"]),
    ("readiness:{S}", "decision-engine", "vortexctl, dashboard, notifier", ["Readiness"]),
    ("plan:{S}", "risk-manager", "executor, trade-recorder, notifier", ["TradePlan", "TradeTerms"]),
    ("execution:{S}", "executor", "risk-manager, decision-engine, trade-recorder, notifier",
     ["ExecutionEvent", "TradeSummary"]),
    ("account", "executor", "decision-engine, risk-manager, notifier, dashboard", ["AccountUpdate"]),
    ("risk", "risk-manager", "decision-engine, trade-recorder, notifier, dashboard", ["RiskState"]),
    ("weights", "learner", "decision-engine, risk-manager", ["EngineWeights"]),
    ("alert", "any service", "notifier, trade-recorder", ["Alert"]),
    ("command", "notifier, dashboard, vortexctl", "the service that acts", ["Command"]),
    ("reply", "the service that acts", "who asked, notifier", ["Reply"]),
    ("notice", "notifier", "notifier", ["Notice"]),
    ("dead:{S}, dead", "any reader", "people", ["DeadLetter"]),
]

# Keys that show people where things stand; no trading service reads them.
KEYS = [
    ("position:{S}", "hash", "executor", "what is held: plan, state, side, strategy, size, entry, sl, tp1, tp2, leverage, open_time, liquidation, close_by; gone when it is closed"),
    ("engine_signals:{S}", "hash", "the five engines, decision-engine",
     "`e1` … `e5`, and others by their names: the last signal of each, as `name=value` pairs"),
    ("engine_weights:{S}", "hash", "decision-engine",
     "`e1` … `e4`: the weights in force, regime included; `others`: those of engines of your own, `name:weight,…`; all add up to 1; `score_min`; `set`: number of the learner's set, 0 for the strategy reference's; `event_time`"),
    ("regime:{S}", "hash", "regime-filter", "E5's signal, field by field"),
    ("sentiment:{S}", "hash", "data-hub, sentiment-engine", "the last metrics, and `liq_clusters`: the clusters nearest to the price"),
    ("oi:{S}", "hash", "data-hub", "`value`: open interest now; `event_time`"),
    ("oi:{S}:history", "list", "data-hub", "the last twelve readings, `ms:value`, newest first"),
    ("ticks:{S}", "list", "data-hub", "the last 2000 trades, newest first"),
    ("orderbook:{S}", "hash", "data-hub", "the last book, as in `md.book`"),
    ("candles:{S}:1m", "sorted set", "data-hub", "500 candles by open time; also `3m`, `5m`, `15m`"),
    ("session", "hash", "risk-manager", "the day, as in `risk`: `gross_pnl` is of all trades, `gross_profit` of those that won"),
    ("circuit_breaker", "hash", "risk-manager",
     "`state` ON or OFF, `reason` (empty where nothing stops entries), `cooldown_until` (ms; 0 where nothing does, or a person must end it)"),
    ("risk_session", "hash", "risk-manager", "what its journal has, for an instance on another machine"),
]

# Fields that are the same everywhere.
COMMON = {
    "event_time": "When it happened, by the venue's clock.",
    "engine": "Its name: `E1` … `E5`, or another's.",
    "warm": "False until the engine has all the data it needs; it counts as neutral until then.",
    "strength": "In [0, 1].",
    "sign": "1 long, -1 short, 0 neither; absent in entries of earlier versions, as is `confidence`.",
    "confidence": "In [0, 1]: how far the reading is to be trusted.",
    "open": "First price.", "high": "Highest price.", "low": "Lowest price.", "close": "Last price.",
    "volume": "What was traded.", "quote_volume": "What it was worth.",
    "taker_buy_volume": "What of it takers bought.", "closed": "Whether it is over; else it still forms.",
}


def fail(message):
    sys.exit(f"generate-contracts: {message}")


def read_types():
    """For each struct its file's text, for each enum with words its words, and what each type says of itself."""
    structs, enums, comments = {}, {}, {}
    for path in sorted(SOURCES.rglob("*.swift")) + sorted((ROOT / "Shared/TradingPrimitives").glob("*.swift")):
        text = path.read_text()
        for match in re.finditer(r"((?:^ *///[^\n]*\n)*)^(?:public )struct (\w+)", text, re.M):
            structs[match.group(2)] = (clean(match.group(1)), text[match.start():])
        for match in re.finditer(r"((?:^ *///[^\n]*\n)+)^ *public (?:struct|enum) (\w+)", text, re.M):
            comments[match.group(2)] = clean(match.group(1))
        for match in re.finditer(r"^ *(?:public |private )?enum (\w+): String[^{]*\{(.*?)^ *\}", text, re.M | re.S):
            words = []
            for case in re.finditer(r"^ *case (.+)$", match.group(2), re.M):
                for part in case.group(1).split(","):
                    name, _, raw = part.partition("=")
                    if re.fullmatch(r"\s*\w+\s*", name):
                        words.append(raw.strip().strip('"') or name.strip())
            enums[match.group(1)] = words
    return structs, enums, comments


def clean(comment):
    return " ".join(line.strip().removeprefix("///").strip() for line in comment.splitlines()).strip()


def properties(body):
    """Name, type and comment of each stored property before the first initialiser."""
    found, comment = {}, ""
    for line in body.splitlines():
        stripped = line.strip()
        if stripped.startswith("///"):
            comment += " " + stripped.removeprefix("///").strip()
            continue
        match = re.match(r"public (?:let|var) (\w+): (\[?[\w.?<>]+\]?)", stripped)
        if match:
            found[match.group(1)] = (match.group(2), comment.strip())
        if stripped.startswith("public init"):
            break
        comment = ""
    return found


def fields(name, structs):
    if name not in structs:
        fail(f"there is no struct {name}")
    _, text = structs[name]
    body = text[: text.find("\n}\n") + 1]
    known = properties(body)
    encode = text[text.find("func encode"):]
    encode = encode[: encode.find("\n    }\n")]
    if name.endswith("Signal") and "encodeEnvelope(into" in encode:
        encode = envelope(structs) + encode
        own = known
        known = properties(structs["ForeignSignal"][1]) | own
    rows = []
    for match in re.finditer(r'fields\.put\(\s*"(\w+)",\s*(?:EngineList\()?([\w.]+)', encode):
        kind, comment = known.get(match.group(2), ("", ""))
        rows.append((match.group(1), kind, comment))
    return rows


def envelope(structs):
    """What begins each signal."""
    text = (SOURCES / "Signals/EngineSignal.swift").read_text()
    start = text.index("func encodeEnvelope")
    return text[start: text.index("\n    }\n", start)]


def metric_fields(structs):
    _, text = structs["MarketMetric"]
    rows = [("v", "", "Schema version."), ("event_time", "Timestamp", ""), ("metric", "Kind", "Which of those below.")]
    for file in sorted(GOLDEN.glob("MarketMetric-*")):
        names = [line.split(" ")[0] for line in file.read_text().splitlines()][3:]
        rows.append((", ".join(names), "", f"with metric {file.name.split('-', 1)[1].split('.')[0].replace('-', '_')}"))
    return rows


def type_text(kind, enums):
    optional = " (may be absent)" if kind.endswith("?") else ""
    base = kind.rstrip("?")
    if base in enums:
        return " / ".join(f"`{word}`" for word in enums[base]) + optional
    words = {"Price": "decimal, quote", "Quantity": "decimal, base", "Notional": "decimal, USDT", "Ratio": "decimal",
             "Timestamp": "ms since 1970 UTC", "StreamId": "stream id", "Int": "integer", "Int64": "integer", "Bool": "1 / 0",
             "Double": "number", "String": "text", "TradeId": "trade id", "Symbol": "symbol", "PriceList": "decimals, by commas",
             "BookSide": "`price:quantity,…`, best first", "LiquidationBins": "`bin:volume,…`, lowest first", "GateSet": "gate names, by commas", "EngineId": "name", "EngineList<EngineShare>": "`engine:number,…`",
             "[EngineVote]": "`engine:sign:strength:weight,…`", "": ""}
    return words.get(base, base) + optional


def main():
    structs, enums, comments = read_types()
    missing = []
    print("# Streams and messages\n\nGenerated from the code by `make docs`; checked by the tests. Every entry is flat text: names and values. "
          "Decimals are exact, without trailing zeros. `v` is the schema version: a reader puts an entry of a newer version, or one it "
          "can't read, on the dead-letter stream. `{S}` is the symbol in literal braces: `md.trade:{BTCUSDT}`.\n")
    print("| stream | written by | read by | message |\n|---|---|---|---|")
    for stream, writer, readers, names in STREAMS:
        links = ", ".join(f"[{name}](#{name.lower()})" for name in names)
        print(f"| `{stream}` | {writer} | {readers} | {links} |")
    told = set()
    for stream, _, _, names in STREAMS:
        for name in names:
            if name in told:
                continue
            told.add(name)
            comment, _ = structs[name]
            print(f"\n## {name}\n\n{comment or 'Part of the entries of `' + stream + '`.'}\n")
            print("| field | value | meaning |\n|---|---|---|")
            rows = metric_fields(structs) if name == "MarketMetric" else fields(name, structs)
            for field, kind, meaning in rows:
                if field == "v":
                    meaning = "Schema version."
                meaning = meaning or COMMON.get(field) or (comments.get(kind.rstrip("?"), "") if kind.rstrip("?") in enums else "")
                if not meaning:
                    missing.append(f"{name}.{field}")
                print(f"| `{field}` | {type_text(kind, enums)} | {meaning} |")
            if name == "Decision":
                print("| `e1.…` … `e5.…` |  | The five signals it was made from: their fields with this prefix. |")
            if name == "TradePlan":
                print("| `verdict` | `APPROVED` / `REJECTED` | With `rule` and `detail`, or with the fields of TradeTerms. |")
    print("\n## Keys\n\nBeside the streams, for people (`HGETALL 'position:{BTCUSDT}'`) and the dashboard.\n")
    print("| key | type | written by | |\n|---|---|---|---|")
    for key, kind, writer, content in KEYS:
        print(f"| `{key}` | {kind} | {writer} | {content} |")
    if missing:
        fail("nobody says what these are: " + ", ".join(missing))
    print("\n## Gates\n\n" + ", ".join(f"`{word}`" for word in enums["Gate"]))
    print("\n## Risk rules\n\n" + ", ".join(f"`{word}`" for word in enums["RiskRule"]))


if __name__ == "__main__":
    main()
