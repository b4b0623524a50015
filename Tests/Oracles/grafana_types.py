#!/usr/bin/env python3
"""Reads dashboards with the types that Grafana's authors generate from its schema, and writes them again: what those do not know
is lost on the way, and is an error.

grafana_types.py FILE...
"""
import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def differences(before, after, path):
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from differences(value, after[key], path + "." + key)
            else:
                yield path + "." + key + " is not known"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, value in enumerate(before):
            yield from differences(value, after[index], "%s[%d]" % (path, index))
    elif before != after:
        yield "%s: %r became %r" % (path, before, after)


def main():
    plugins.register_default_plugins()
    wrong = []
    for path in sys.argv[1:]:
        with open(path) as file:
            before = json.load(file)
        after = json.loads(JSONEncoder().encode(Dashboard.from_json(before)))
        wrong += differences(before, after, path)
    print("\n".join(wrong) if wrong else "%d dashboards are of Grafana's types" % len(sys.argv[1:]))
    return 1 if wrong else 0


sys.exit(main())
