#!/usr/bin/env python3
"""Listens to the dashboard as many times as is asked for and asks for the past now and then, as pages do, but draws nothing: what is
measured beside it is the dashboard's own weight, not a browser's. Runs until it is killed.

    hold_sockets.py BASE_URL LOGINS COUNT      LOGINS: a file with a line `viewer PASSWORD`
"""
import base64
import http.client
import json
import os
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit


def main():
    url, logins, count = urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with open(logins) as lines:
        password = dict(line.split() for line in lines)["viewer"]
    asking = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    asking.request(
        "POST", "/api/v1/session", json.dumps({"user": "viewer", "password": password}), {"Content-Type": "application/json"})
    answer = asking.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie").split(";")[0]
    selector = selectors.DefaultSelector()
    for _ in range(count):
        link = socket.create_connection((url.hostname, url.port))
        key = base64.b64encode(os.urandom(16)).decode()
        link.sendall((
            f"GET /api/v1/live HTTP/1.1\r\nHost: {url.netloc}\r\nOrigin: {sys.argv[1]}\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        selector.register(link, selectors.EVENT_READ)
    print(f"{count} listen", flush=True)
    due, turn, paths = time.monotonic(), 0, ["performance", "trades", "decisions", "alerts", "kpi", "system", "accuracy", "chart/BTCUSDT"]
    while True:
        for event, _ in selector.select(0.05):
            if not event.fileobj.recv(1 << 20):
                sys.exit("the dashboard has hung up")
        # Each page asks every fifteen seconds or so.
        if time.monotonic() >= due:
            due += 15 / count
            asking.request("GET", f"/api/v1/{paths[turn % len(paths)]}", headers={"Cookie": cookie})
            asking.getresponse().read()
            turn += 1


main()
