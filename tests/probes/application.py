"""An application for tests: log in, sessions in memory, pages that say how long the database took.

Prints its port. Each line on its standard input is a JSON object that changes how it answers, and is
answered with what it has counted so far:
  {"path": "/x", "status": 503, "body": "", "headers": [["A", "b"]], "delay": 0.1}   from now on
  {"clear": "/x"}      as before
  {"forget": true}     all sessions are gone
  {"hang_up": true}    closes every connection
It ends with its standard input.
"""

import contextlib
import http.server
import json
import socket
import sys
import threading
import time

LOCK = threading.Lock()
SESSIONS = {}
ANSWERS = {}
CONNECTIONS = set()
COUNTS = {"connections": 0, "requests": {}, "hosts": {}, "cookies": {}, "drills": {}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with LOCK:
            CONNECTIONS.add(self.connection)
            COUNTS["connections"] += 1

    def finish(self):
        with LOCK:
            CONNECTIONS.discard(self.connection)
        super().finish()

    def log_message(self, *_):
        pass

    def cookies(self):
        pairs = (part.split("=", 1) for part in self.headers.get("Cookie", "").split("; ") if part)
        return dict(pairs)

    def answer(self, status, body, headers=()):
        data = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def count(self, body):
        with LOCK:
            for kind, what in (("requests", self.path + body), ("hosts", self.headers["Host"]),
                               ("cookies", self.headers.get("Cookie", "")),
                               ("drills", f"{self.command} {self.path} {self.headers.get('Muster-Drill', '')}")):
                COUNTS[kind][what] = COUNTS[kind].get(what, 0) + 1

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.count(" " + body if body else "")
        with LOCK:
            special = ANSWERS.get(self.path)
            name = SESSIONS.get(self.cookies().get("sid"))
        if special:
            time.sleep(special.get("delay", 0))
        if special and "status" in special:
            self.answer(special["status"], special.get("body", ""), special.get("headers", ()))
        elif self.path == "/login":
            self.log_in(body)
        elif self.path in ("/session", "/account"):
            self.answer(200 if name else 401, f"hello {name};" if name else "log in")
        else:
            self.answer(200, "ok", [("Server-Timing", 'cache;desc="a, db;dur=9", db;dur=12.5')])

    def log_in(self, body):
        form = self.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        if not form or not body.startswith("user="):
            self.answer(400, "no user")
            return
        with LOCK:
            sid = f"s{len(SESSIONS)}-{time.monotonic_ns()}"
            SESSIONS[sid] = body[len("user="):]
        self.answer(200, "welcome", [("Set-Cookie", f"sid={sid}; Path=/; HttpOnly"),
                                     ("Set-Cookie", "theme=dark")])

    do_GET = do_POST = handle_any


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # clients hang up when they like


def obey(order):
    with LOCK:
        if "path" in order:
            ANSWERS[order["path"]] = order
        ANSWERS.pop(order.get("clear"), None)
        if order.get("forget"):
            SESSIONS.clear()
        for connection in list(CONNECTIONS) if order.get("hang_up") else ():
            with contextlib.suppress(OSError):  # the client has closed it already
                connection.shutdown(socket.SHUT_RDWR)
        print(json.dumps(COUNTS), flush=True)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    for line in sys.stdin:
        obey(json.loads(line))


main()
