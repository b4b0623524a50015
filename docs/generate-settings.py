#!/usr/bin/env python3
"""Prints docs/settings.md: each setting of each service, asked of its own program, with what its source says of it.

generate-settings.py FOLDER   the folder of the built programs
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICES = {
    "data-hub": "DataHub", "order-flow-engine": "OrderFlowEngine", "tick-engine": "TickEngine",
    "technical-engine": "TechnicalEngine", "sentiment-engine": "SentimentEngine", "regime-filter": "RegimeFilter",
    "decision-engine": "DecisionEngine", "risk-manager": "RiskManager", "executor": "Executor",
    "trade-recorder": "TradeRecorder", "learner": "Learner", "notifier": "Notifier", "dashboard": "Dashboard",
}
LEAST = """\
symbols: [BTCUSDT]
redis: {url: "redis://127.0.0.1:6379"}
postgres: {url: "postgresql://vortex7@127.0.0.1/vortex7"}
venue: {rest_url: "http://127.0.0.1:8080", stream_url: "ws://127.0.0.1:8080"}
notifier: {token: "1:a", chats: [1], users: [1]}
"""

# What the sources do not say at the property: by path, or by what a path ends with.
MEANINGS = {
    "mode": "What money is at stake: none, the demo venue's, yours. `live` is refused.",
    "symbols": "Contracts that are traded.",
    "redis.url": "`redis://`, `rediss://` (TLS), `unix://`; a list of nodes for a cluster.",
    "redis.user": "User of Redis' access lists; without one the default user.",
    "redis.password": "Its password.",
    "redis.ca_file": "Authorities that the server's certificate is checked by (`rediss://`); without it the system's.",
    "redis.cert_file": "Our own certificate, for a server that wants one.",
    "redis.key_file": "Its key.",
    "postgres.password": "The database's password.",
    "venue.api_key": "Of the account that is traded.",
    "log.level": "trace, debug, info, warning, error.",
    "log.form": "JSON lines, lines for people, or the one that fits where they go.",
    ".metrics_port": "Port of `/metrics` and `/healthz`; 0 for any free one.",
    ".latency_file": "File that the times of what passes are noted in, for measurements.",
    "_file": "A file with the secret, in place of the key without `_file`.",
    "data-hub.rotation_minutes": "Age at which a market connection is replaced by a new one.",
    "data-hub.silence_seconds": "Silence after which a market connection is taken for dead.",
    "data-hub.open_interest_seconds": "Distance of two questions for open interest.",
    "tick-engine.big_trade_notional": "Value of a trade that is called big, USDT.",
    "technical-engine.preset": "Smoothing of RSI, ATR and ADX: Wilder's, or plain means as the blueprint writes them.",
    "technical-engine.rsi_extreme": "RSI below which (above 100 − it) a reading is extreme.",
    "technical-engine.squeeze_percentile": "Percentile of the band widths below which they are squeezed.",
    "sentiment-engine.short_crowd": "Share of short accounts beyond which the crowd leans.",
    "sentiment-engine.shorts_expensive": "Funding rate below which shorts are expensive.",
    "sentiment-engine.top_short": "Share of long top traders below which they lean short.",
    "sentiment-engine.heatmap.leverage_mix": "Leverages that the map supposes.",
    "sentiment-engine.heatmap.half_life_ms": "Time in which half of the map fades, milliseconds.",
    "regime-filter.correlation_symbols": "The two contracts whose correlation is watched.",
    "regime-filter.volatility_candles_min": "Candles from which volatility is judged.",
    "regime-filter.high_percentile": "Percentile of volatility above which it is HIGH.",
    "regime-filter.extreme_percentile": "Percentile of volatility above which it is EXTREME: no entries.",
    "regime-filter.spread_readings": "Books whose mean spread is the measure.",
    "regime-filter.correlation_high": "Correlation above which the pair went together.",
    "regime-filter.correlation_memory_minutes": "How long `risk_off` lasts at most.",
    ".tick_age_max_ms": "Oldest E2 signal that counts, event time, milliseconds.",
    ".technical_age_max_ms": "Oldest E3 signal that counts, event time, milliseconds.",
    ".sentiment_age_max_ms": "Oldest E4 signal that counts, event time, milliseconds.",
    ".regime_age_max_ms": "Oldest E5 signal that counts, event time, milliseconds.",
    "decision-engine.positions_max": "Positions at a time.",
    "decision-engine.stability_ms": "Time over which the score may not jump, milliseconds.",
    "decision-engine.momentum.streak_min": "Trigger: least run of trades of one side.",
    ".imbalance_min": "Confirmation: least imbalance of the book in the direction.",
    "decision-engine.cascade.proximity_min": "Trigger: least nearness of a cluster (1 at it, 0 half a per cent away).",
    "risk-manager.risk_middle": "Risk at a confidence of 60 or more.",
    "risk-manager.risk_low": "Risk at less.",
    "risk-manager.capital_limit_usdt": "USDT of the wallet that are seen at most: sizes, margins and the day's loss are parts of it; 0 for the whole wallet.",
    "risk-manager.leverage_max": "Greatest leverage.",
    "risk-manager.leverage_min": "Least leverage.",
    "risk-manager.margin_cap_total": "Part of the balance that the margin of all positions may take.",
    "risk-manager.positions_max": "Positions and entries at a time.",
    ".take_profit_atr": "Distance of the target in ATR(14) on 1m; 0 for a target by another rule.",
    ".trail_atr": "Distance of the stop that trails in ATR(14) on 1m; 0 for none.",
    ".entry_timeout_ms": "How long an entry may rest, milliseconds.",
    ".max_hold_ms": "Longest hold, milliseconds.",
    ".streak_pause_ms": "Pause after such losses, milliseconds.",
    ".streak_risk_max": "Greatest risk of the trades after such a pause.",
    ".hourly_pause_ms": "Pause after such an hour, milliseconds.",
    "risk-manager.stop_distance_max": "Greatest stop distance, a part of the price.",
    "risk-manager.take_profit_distance_max": "Greatest target distance, a part of the price.",
    "risk-manager.taker_fee_rate": "As `maker_fee_rate`, for orders that take.",
    ".entry_offset_ticks": "Ticks by which an entry betters the best price of its side, as far as it takes nothing.",
    "executor.trail_every_ms": "A stop that trails is moved so long after its last move, or at once by a tenth of the trail.",
    "executor.flatten_before_end_minutes": "Time before a contract's end at which its position is closed.",
    "executor.emergency.slow_call_ms": "Time after which a call is slow.",
    "executor.notional_max": "Greatest value of one entry, whatever its plan says, USDT.",
    "streams.retention_minutes.": "Minutes of the venue's clock that it is kept.",
    "trade-recorder.keep_days.": "Days that it is kept; 0 for ever.",
    "learner.score_threshold": "The threshold that it begins with.",
    "notifier.chats": "Chats that are told, by number; a chat and a person must be listed for a command to count.",
    "notifier.users": "People whose commands count, by number.",
    "notifier.noise.": "How loud the topic is.",
    "notifier.quiet_hours": "`22:00-06:30`, UTC: what would make a sound is silent then.",
    "dashboard.port": "Port of the pages.",
    "dashboard.machine_role": "What a machine with the secret may do.",
}

HEAD = """\
# Settings

Each key of the configuration, as the services read it: `vortexctl config show --effective` tells the same of a running suite, with
the values that count there. A key that nobody knows is an error that names its line. `VORTEX7__SECTION__KEY` in the environment
overrides a key of the files (`-` is written `_`: `VORTEX7__RISK_MANAGER__RISK_PER_TRADE=0.005`), also in containers.
`${NAME}` and `${NAME:-default}` in a value stand for variables of the environment. Generated by `make docs`.

Engines, decision-engine and risk-manager may have other settings for one contract, key by key:

```yaml
overrides:
  SOLUSDT:
    order-flow-engine: {imbalance_min: 0.4}
    decision-engine: {spread_max: 0.001, momentum: {streak_min: 6}}
    risk-manager: {risk_per_trade: 0.005, momentum: {stop_atr: 1.0}}
```

What is of the account, the day or the process (`positions_max`, `breakers`, `engines`, `correlation_*`, ports, journals …) is the same for all contracts, and refused there.
"""


def ask(folder, service, configuration):
    result = subprocess.run(
        [str(Path(folder) / service), "-c", configuration, "--settings"], capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("VORTEX7")})
    if result.returncode != 0:
        sys.exit(f"generate-settings: {service}: {result.stderr.strip()}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def meanings(folders):
    """What the sources say of the property that each key is read into, by key."""
    text = "\n".join(path.read_text() for folder in folders for path in sorted(folder.rglob("*.swift")))
    comments = {}
    for match in re.finditer(r"((?:^ *///[^\n]*\n)+)^ *(?:public |package |private |fileprivate )?(?:private\(set\) )?"
                             r"(?:let|var) (\w+)", text, re.M):
        said = " ".join(line.strip().removeprefix("///").strip() for line in match[1].splitlines())
        comments.setdefault(match[2], said)
    found = {}
    for match in re.finditer(r"(\w+)\s*=[^=\n]*?\(\s*(?:\w+,\s*)?\"(\w+)\"", text):
        if match[1] in comments:
            found.setdefault(match[2], comments[match[1]])
    return found


def main(folder):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(LEAST)
        file.flush()
        asked = {service: ask(folder, service, file.name) for service in SERVICES}
    shared = meanings([ROOT / "Shared/ServiceKit"])
    unknown = []

    def meaning(path, said):
        key = path.rsplit(".", 1)[-1]
        for name, text in MEANINGS.items():
            if path == name or name[0] in "._" and path.endswith(name) or name[-1] == "." and path.startswith(name):
                return text
        if key not in said:
            unknown.append(path)
        # The code's names are not the configuration's.
        return re.sub(r"`([a-z]+[A-Z]\w*)`", lambda m: "`" + re.sub("([A-Z])", r"_\1", m[1]).lower() + "`", said.get(key, ""))

    print(HEAD)
    print("## Names that are not read\n\nThe blueprint names its settings otherwise. Such a variable in the environment stops each service at its start, and "
          "`vortexctl config check` and `doctor` name it, so that none is set and does nothing.\n\n| variable | instead |\n|---|---|")
    foreign = (ROOT / "Shared/ServiceKit/ForeignSettings.swift").read_text()
    for name, instead in re.findall(r'\("([A-Z_]+)", "set ([^"]+)"\)', foreign):
        named = re.sub(r"([A-Z][A-Z0-9_]{6,})", r"`\1`", instead)
        print(f"| `{name}` | {named} |")
    print("\nNames that begin with `VORTEX7_` and one underscore are those of `.env` ([containers.md](containers.md)). In containers keys are always files "
          "(`VORTEX7_API_KEY_FILE`), and `BINANCE_API_KEY` in `.env` reaches none of them.\n")
    print("## All services\n")
    seen = set()

    def table(settings, said):
        print("| key | may be | default | |\n|---|---|---|---|")
        for setting in settings:
            default = setting.get("default")
            print(f"| `{setting['path']}` | {setting['form']} | "
                  f"{'' if default is None else '(empty)' if default == '' else f'`{default}`'} | {meaning(setting['path'], said)} |")
        print()

    common = [s for s in asked["data-hub"] if not s["path"].startswith("data-hub.")]
    table(common, shared)
    seen.update(s["path"] for s in common)
    for service, name in SERVICES.items():
        own = [s for s in asked[service] if s["path"] not in seen]
        seen.update(s["path"] for s in own)
        print(f"## {service}\n")
        table(own, shared | meanings([ROOT / "Services" / name]))
    if unknown:
        sys.exit(f"generate-settings: nobody says what these are: {', '.join(unknown)}")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
