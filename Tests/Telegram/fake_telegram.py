#!/usr/bin/env python3
"""Telegram's Bot API on loopback, for tests: getUpdates (long polls, offsets, 409), sendMessage (limits, HTML, 400, 403, 429),
sendChatAction, setMyCommands.

fake_telegram.py TOKEN        prints its port, and serves until it is ended
A test's own words, without the token: POST /test/write (from, chat, text, age, or update=JSON), POST /test/mode
(retry_after=N, fail=N, forbid=CHAT, unknown=CHAT, moved=OLD:NEW, hold=0|1), GET /test/sent (one JSON line for each message), GET /test/menu (the commands of the chat's menu),
GET /test/beat (a watch that takes heartbeats), GET /test/beats (how many it took)
"""
import html
import json
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

token = sys.argv[1]
lock = threading.Condition()
updates, sent, beats = [], [], []
mode = {"retry_after": 0, "fail": 0, "forbid": "", "unknown": "", "moved": "", "hold": 0}
polls = {"current": 0}
last_sent = {}


class Refused(Exception):
    def __init__(self, code, text, **parameters):
        super().__init__(text)
        self.code, self.text, self.parameters = code, text, parameters


def get_updates(query):
    offset, timeout = int(query.get("offset", 0)), int(query.get("timeout", 0))
    with lock:
        # A newer poll ends an older one, whose asker hears of the conflict.
        polls["current"] += 1
        mine = polls["current"]
        lock.notify_all()
        updates[:] = [update for update in updates if update["update_id"] >= offset]
        end = time.monotonic() + timeout
        while not updates and time.monotonic() < end:
            lock.wait(max(0.01, end - time.monotonic()))
            if polls["current"] != mine:
                raise Refused(409, "Conflict: terminated by other getUpdates request")
        return list(updates[:100])


def refuse_chat(chat):
    if chat == mode["forbid"]:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if chat == mode["unknown"]:
        raise Refused(400, "Bad Request: chat not found")
    old, _, new = mode["moved"].partition(":")
    if new and chat == old:
        raise Refused(
            400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=int(new))


def send_chat_action(query):
    with lock:
        refuse_chat(query.get("chat_id", ""))
        return True


def send_message(query):
    text, chat = query.get("text", ""), query.get("chat_id", "")
    with lock:
        if mode["fail"] > 0:
            mode["fail"] -= 1
            raise Refused(502, "Bad Gateway")
        if mode["retry_after"] > 0:
            seconds, mode["retry_after"] = mode["retry_after"], 0
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        refuse_chat(chat)
        if not text:
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refused(400, "Bad Request: message is too long")
        if query.get("parse_mode") == "HTML":
            rest = re.sub(r"</?(b|i|u|s|code|pre|a)( [^>]*)?>", "", text)
            if "<" in rest or ">" in rest or re.search(r"&(?!(lt|gt|amp|quot);)", rest):
                raise Refused(400, "Bad Request: can't parse entities")
            text = html.unescape(re.sub(r"</?pre>", "", text))
        now = time.monotonic()
        if now - last_sent.get(chat, -9) < (3 if chat.startswith("-") else 1):
            raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
        last_sent[chat] = now
        sent.append({"chat": int(chat), "text": text, "silent": query.get("disable_notification") == "true"})
        return {"message_id": len(sent), "date": int(time.time()), "chat": {"id": int(chat)}, "text": text}


def set_my_commands(query):
    commands = json.loads(query.get("commands", "[]"))
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
    with lock:
        mode["menu"] = commands
    return True


def write(query):
    with lock:
        number = mode.setdefault("next", 1000)
        mode["next"] += 1
        message = {
            "message_id": number, "date": int(time.time()) - int(query.get("age", 0)),
            "from": {"id": int(query.get("from", 0)), "is_bot": False, "first_name": "Somebody"},
            "chat": {"id": int(query.get("chat", 0)), "type": "private"}, "text": query.get("text", "")}
        message.update(json.loads(query.get("more", "{}")))
        updates.append({"update_id": number, query.get("kind", "message"): message})
        lock.notify_all()
        return number


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/test/sent":
            with lock:
                return self.answer(200, "\n".join(json.dumps(message) for message in sent))
        if self.path == "/test/menu":
            with lock:
                return self.answer(200, " ".join(command["command"] for command in mode.get("menu", [])))
        if self.path == "/test/beat":
            beats.append(time.monotonic())
            return self.answer(200, "OK")
        if self.path == "/test/beats":
            return self.answer(200, str(len(beats)))
        self.answer(404, "{}")

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        query = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        if self.path == "/test/write":
            return self.answer(200, str(write(query)))
        if self.path == "/test/mode":
            with lock:
                for name, value in query.items():
                    mode[name] = value if name in ("forbid", "unknown", "moved") else int(value)
            return self.answer(200, "{}")
        try:
            if not self.path.startswith(f"/bot{token}/"):
                raise Refused(401, "Unauthorized")
            method = {
                "getUpdates": get_updates, "sendMessage": send_message, "sendChatAction": send_chat_action,
                "setMyCommands": set_my_commands,
            }.get(self.path.rsplit("/", 1)[1])
            if method is None:
                raise Refused(404, "Not Found: method not found")
            self.answer(200, json.dumps({"ok": True, "result": method(query)}))
        except Refused as error:
            answer = {"ok": False, "error_code": error.code, "description": error.text}
            if error.parameters:
                answer["parameters"] = error.parameters
            self.answer(error.code, json.dumps(answer))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # A client that was killed.


server = Server(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
