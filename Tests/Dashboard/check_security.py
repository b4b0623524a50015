#!/usr/bin/env python3
"""Tries to get into a dashboard where one should not, and to hurt it.

    check_security.py BASE_URL LOGINS [--secret FILE]

LOGINS is the folder with `first-login` of a dashboard that nobody has logged in to yet. --secret: a file with the secret of
machines. Prints a line a check; exits 1 when one does not hold. It locks the viewer out for half a minute at its end.
"""
import argparse
import base64
import http.client
import json
import os
import random
import socket
import sys
from urllib.parse import urlsplit

failures = 0


def check(what, holds, detail=""):
    global failures
    if not holds:
        failures += 1
    print(f"{'ok      ' if holds else 'FAILED  '}{what}{'' if holds else f': {detail}'}", flush=True)


class Dashboard:
    def __init__(self, url):
        self.host = urlsplit(url).netloc
        self.address = (urlsplit(url).hostname, urlsplit(url).port)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer, text

    def status(self, *arguments, **headers):
        return self.ask(*arguments, **headers)[0].status

    def upgrade(self, **headers):
        return self.status(
            "GET", "/api/v1/live", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13",
            Sec_WebSocket_Key=base64.b64encode(os.urandom(16)).decode(), **headers)

    def send(self, data):
        """What comes back for bytes as they are."""
        with socket.create_connection(self.address, timeout=60) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                return connection.recv(65536)
            except OSError:
                return b""


READ = [
    "session", "live", "performance", "trades", "trades.csv", "trades/BTCUSDT-1", "decisions", "funnel/BTCUSDT", "accuracy",
    "fees", "kpi", "regime", "learner", "alerts", "system", "chart/BTCUSDT", "commands/web-1",
]
HALT = {"name": "halt", "confirm": "halt"}


def strangers(dashboard):
    """Who has not logged in sees the pages' own files and nothing of the suite."""
    for path in READ:
        check(f"{path} needs a login", dashboard.status("GET", f"/api/v1/{path}") == 401)
    check("a command needs a login", dashboard.status("POST", "/api/v1/commands", HALT) == 401)
    check("the live socket needs a login", dashboard.upgrade(Origin=f"http://{dashboard.host}") == 401)
    check("a made-up session is none", dashboard.status("GET", "/api/v1/live", Cookie="vortex7_session=" + "0" * 64) == 401)
    check("ping needs none", dashboard.status("GET", "/api/v1/ping") == 200)
    for path in ["/", "/index.html", "/api/v1/live", "/nowhere", "/vendor/lightweight-charts.js"]:
        answer, _ = dashboard.ask("GET", path)
        policy = answer.getheader("Content-Security-Policy") or ""
        check(
            f"{path} comes with its headers",
            "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
            and answer.getheader("X-Content-Type-Options") == "nosniff" and answer.getheader("X-Frame-Options") == "DENY"
            and answer.getheader("Referrer-Policy") == "no-referrer" and answer.getheader("Cache-Control"),
            str(answer.getheaders()))
    for path in ["/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/index.html/..", "/.git/config"]:
        check(f"{path} is not there", dashboard.status("GET", path) == 404)
    for method in ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"]:
        check(f"{method} is not taken", dashboard.status(method, "/api/v1/live") == 405)
    check("another host name is refused", dashboard.status("GET", "/", Host="evil.example") == 403)
    check("another host name is refused by the API", dashboard.status("GET", "/api/v1/ping", Host="evil.example:80") == 403)


def people(dashboard, passwords):
    def log_in(user, password, **headers):
        return dashboard.ask("POST", "/api/v1/session", {"user": user, "password": password}, **headers)

    check("a foreign page can't log in", log_in("viewer", passwords["viewer"], Origin="http://evil.example")[0].status == 403)
    check(
        "a foreign page can't log in, whatever it says of itself",
        log_in("viewer", passwords["viewer"], Sec_Fetch_Site="cross-site")[0].status == 403)
    form = f"user=viewer&password={passwords['viewer']}"
    check(
        "a form can't log in",
        dashboard.status("POST", "/api/v1/session", form, Content_Type="application/x-www-form-urlencoded") == 415)

    answer, text = log_in("viewer", passwords["viewer"])
    cookie = answer.getheader("Set-Cookie") or ""
    check("the cookie is kept from scripts and other sites", "HttpOnly" in cookie and "SameSite=Strict" in cookie, cookie)
    viewer = {"Cookie": cookie.split(";")[0], "X_CSRF_Token": json.loads(text)["csrf"]}
    for path in READ:
        if path not in ("trades/BTCUSDT-1", "commands/web-1", "funnel/BTCUSDT"):
            check(f"the viewer reads {path}", dashboard.status("GET", f"/api/v1/{path}", Cookie=viewer["Cookie"]) == 200)
    check("the viewer gives no command", dashboard.status("POST", "/api/v1/commands", HALT, **viewer) == 403)
    check("a foreign page can't listen", dashboard.upgrade(Origin="http://evil.example", Cookie=viewer["Cookie"]) == 403)
    check("a page of ours can", dashboard.upgrade(Origin=f"http://{dashboard.host}", Cookie=viewer["Cookie"]) == 101)

    answer, text = log_in("operator", passwords["operator"])
    operator = {"Cookie": answer.getheader("Set-Cookie").split(";")[0], "X_CSRF_Token": json.loads(text)["csrf"]}
    check("no two sessions are alike", operator["Cookie"] != viewer["Cookie"])
    cookie_only = {"Cookie": operator["Cookie"]}
    check("a command needs the session's token", dashboard.status("POST", "/api/v1/commands", HALT, **cookie_only) == 403)
    check(
        "the token of another session is not it",
        dashboard.status("POST", "/api/v1/commands", HALT, Cookie=operator["Cookie"], X_CSRF_Token=viewer["X_CSRF_Token"]) == 403)
    check(
        "a foreign page can't command", dashboard.status("POST", "/api/v1/commands", HALT, Origin="http://evil.example", **operator) == 403)
    check(
        "a command is JSON", dashboard.status("POST", "/api/v1/commands", json.dumps(HALT), Content_Type="text/plain", **operator) == 415)
    check(
        "a command says itself twice",
        dashboard.status("POST", "/api/v1/commands", {"name": "close_all", "confirm": "yes"}, **operator) == 400)
    check("an unknown symbol can't be closed", dashboard.status(
        "POST", "/api/v1/commands", {"name": "close", "symbol": "NOSUCH", "confirm": "close NOSUCH"}, **operator) == 404)
    check("logging out needs the token", dashboard.status("DELETE", "/api/v1/session", **cookie_only) == 403)
    check("the operator logs out", dashboard.status("DELETE", "/api/v1/session", **operator) == 204)
    check("and is out", dashboard.status("GET", "/api/v1/live", **cookie_only) == 401)
    check("the viewer is still in", dashboard.status("GET", "/api/v1/session", Cookie=viewer["Cookie"]) == 200)


def machines(dashboard, secret):
    def basic(user, word):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()}

    if secret is None:
        check("without a secret no machine comes in", dashboard.status("GET", "/api/v1/live", **basic("machine", "")) == 401)
        return
    check("a machine reads", dashboard.status("GET", "/api/v1/system", **basic("machine", secret)) == 200)
    check("a machine does not command", dashboard.status("POST", "/api/v1/commands", HALT, **basic("machine", secret)) == 403)
    for user, word in [("machine", secret + "x"), ("machine", ""), ("operator", secret), ("", secret)]:
        check("a wrong secret is refused", dashboard.status("GET", "/api/v1/live", **basic(user, word)) == 401)
    for text in ["Basic", "Basic !!!", "Bearer " + secret, "Basic " + "A" * 5000]:
        check("what is no secret is refused", dashboard.status("GET", "/api/v1/live", Authorization=text) == 401)


def brutes(dashboard, seed):
    """Bytes that are no requests, and more than is taken."""
    chance = random.Random(seed)
    head = f"GET /api/v1/ping HTTP/1.1\r\nHost: {dashboard.host}\r\n".encode()
    for _ in range(200):
        dashboard.send(bytes(chance.randrange(256) for _ in range(chance.randrange(400))))
        broken = bytearray(head + b"\r\n")
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        dashboard.send(bytes(broken))
    check("bytes that are no requests do no harm", dashboard.status("GET", "/api/v1/ping") == 200)
    # Cut off while it is still sent, the answer may be lost on the way.
    answer = dashboard.send(head + b"X-Long: " + b"a" * 40_000)
    check("a long head is refused", answer == b"" or b" 431 " in answer, str(answer[:80]))
    long = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
    check("a long body is refused", b" 413 " in dashboard.send(long))
    check("a chunked body is refused", b" 411 " in dashboard.send(head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
    for body in ["", "{", "[]", "null", '"x"', "{" * 2000, '{"user":1,"password":2}', '{"user":"viewer"}', '{"user":"\\ud800","password":"x"}']:
        answer, _ = dashboard.ask("POST", "/api/v1/session", body, Content_Type="application/json")
        check("a login that can't be read is refused", answer.status == 400, f"{body[:20]} {answer.status}")
    # Many that say nothing, then one that does.
    idle = [socket.create_connection(dashboard.address, timeout=60) for _ in range(100)]
    check("a hundred silent callers stop nobody", dashboard.status("GET", "/api/v1/ping") == 200)
    for connection in idle:
        connection.close()


def guessers(dashboard, password):
    for _ in range(5):
        status = dashboard.status("POST", "/api/v1/session", {"user": "viewer", "password": "guess"})
        check("a wrong password is refused", status == 401)
    answer, _ = dashboard.ask("POST", "/api/v1/session", {"user": "viewer", "password": password})
    check(
        "after five even the right one must wait",
        answer.status == 429 and 0 < int(answer.getheader("Retry-After")) <= 30, str(answer.getheaders()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("logins")
    parser.add_argument("--secret")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    dashboard = Dashboard(given.url)
    first = os.path.join(given.logins, "first-login")
    with open(first) as lines:
        passwords = dict(line.split() for line in lines)
    secret = open(given.secret).read().strip() if given.secret else None
    check("the first passwords are for one pair of eyes", os.stat(first).st_mode & 0o777 == 0o600)
    strangers(dashboard)
    people(dashboard, passwords)
    check("the first passwords are gone once the operator was in", not os.path.exists(first))
    machines(dashboard, secret)
    brutes(dashboard, given.seed)
    guessers(dashboard, passwords["viewer"])
    print(f"{failures} failed" if failures else "all hold")
    sys.exit(1 if failures else 0)


main()
