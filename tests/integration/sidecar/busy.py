"""A day of a sidecar in little time: everything on, requests as fast as they are answered, and all at once what else
befalls one: files that change or are half written, Redis that comes and goes, faults on lease, scrapes, what applications
and browsers tell, a cache that is emptied, limits that refuse, clients that break off, send nonsense or ask for nothing.

Load by bench/http_flood. What it looks like is written down every second: resident memory, descriptors, threads."""
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request

from peers import PATIENCE, SOURCE, Sidecar, free_port
from redis_test import KEY, Redis

TOKEN = "a-token-of-a-busy-day"
CONNECTIONS, CLIENTS, PIECE = 64, 65536, 60  # of the load, and for how many seconds a connection is kept
ON = ("--threads", "2", "--make-trace", "--cache-bytes-max", "4000000", "--concurrency-max", "1000", "--statsd-listen", "127.0.0.1:0",
      "--otlp-listen", "127.0.0.1:0", "--rum-path", "/muster/rum", "--endpoint", "/api/orders/{id}", "--trusted-proxy", "127.0.0.0/8",
      "--users", "dry-run", "--user-header", "X-User")
RULE = {"name": "few", "path": "/limited", "limits": [{"requests": 3, "seconds": 10}]}
PROFILES = ("headBytesMax: 16384\n", "headBytesMax: 8192\nendpoints: [/api/{what}/{id}]\n", "securityHeaders: false\n")
WRONG = ("headBytesMax: [", "headBytesMax: -1\n", "no: such\n")
NONSENSE = (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            b"\0\xff\r\n\r\n", b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")


def get(path, *fields):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: shop", *fields, "", ""]).encode()


class BusyDay:
    """`flood`: the program of the load. The sidecar's exit is the caller's to judge (`close`)."""

    def __init__(self, folder, flood, seed=1):
        self.folder, self.flood, self.random = folder, flood, random.Random(seed)
        self.profile = os.path.join(folder, "profile.yaml")
        self.write(PROFILES[0])
        token, key = os.path.join(folder, "token"), os.path.join(folder, "key")
        for path, text in ((token, TOKEN), (key, KEY)):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        self.application = subprocess.Popen([flood, "serve"], stdout=subprocess.PIPE, text=True)
        port = int(self.application.stdout.readline().split()[1])
        self.redis_port = free_port()
        self.redis = Redis(self.redis_port)
        self.sidecar = Sidecar(port, *ON, "--config", self.profile, "--admin-token-file", token, "--fingerprint-key-file", key,
                               "--redis", f"127.0.0.1:{self.redis_port}", "--limit-rule", json.dumps(RULE), limits="on")
        self.stop = threading.Event()
        self.seen, self.turns, self.failures = [], {}, []
        self.requests, self.bad, self.refused = 0, 0, 0

    def run(self, seconds):
        """Everything at once for so long; then nothing, until connections that nobody uses are closed."""
        self.look()
        befall = [(self.reload, 0.3), (self.scrape, 0.2), (self.ask_api, 0.5), (self.fault, 0.4),
                  (self.figures, 0.05), (self.spans, 0.1), (self.browser, 0.1), (self.kept, 0.02), (self.empty, 1), (self.limited, 0.05),
                  (self.broken_off, 0.05), (self.nonsense, 0.05), (self.idle_connections, 1), (self.flap, 1.5), (self.look, 1)]
        threads = [threading.Thread(target=self.again, args=each) for each in befall]
        threads += [threading.Thread(target=self.load, args=(time.monotonic() + seconds,))]
        for thread in threads:
            thread.start()
        threads[-1].join()
        self.stop.set()
        for thread in threads:
            thread.join()

    def again(self, what, period):
        while not self.stop.wait(period):
            try:
                what()
                self.turns[what.__name__] = self.turns.get(what.__name__, 0) + 1
            except Exception as error:  # pylint: disable=broad-exception-caught
                self.failures.append(f"{what.__name__}: {error!r}")
                return

    def load(self, end):
        while (left := end - time.monotonic()) > 0:
            done = subprocess.run([self.flood, "load", str(self.sidecar.port), str(CONNECTIONS), str(max(1, int(min(PIECE, left)))),
                                   f"clients={CLIENTS}"], capture_output=True, text=True, check=False)
            words = done.stdout.split()
            if len(words) < 10:
                self.failures.append(f"load: {done}")
                return
            self.requests += int(words[1])
            self.bad += int(words[9])

    # What befalls it.

    def write(self, text):
        with open(self.profile + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.profile + ".new", self.profile)

    def reload(self):
        """A file that is right, or half written, or wrong; it is believed when it was seen twice."""
        self.write(self.random.choice(PROFILES + WRONG))
        for _ in range(2):
            self.sidecar.process.send_signal(signal.SIGHUP)
            self.stop.wait(0.3)

    def scrape(self):
        for path in ("/metrics", "/health", "/readyz"):
            status = self.sidecar.admin(path)[0]
            assert status == 200 or (path, status) == ("/health", 503), (path, status)

    def ask_api(self):
        for path in ("/api/monitoring/metrics?range=15m", "/api/monitoring/requests?range=1h", "/api/monitoring/audit",
                     "/api/monitoring/health", "/api/monitoring/system", "/api/monitoring/operations", "/api/monitoring/users?top=5",
                     "/api/cache", "/api/faults"):
            status, text = self.sidecar.admin(path)
            assert status == 200 or (path, status) == ("/api/monitoring/health", 503), (path, status, text)
            assert json.loads(text) is not None

    def call(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.sidecar.admin_port, timeout=PATIENCE)
        with contextlib.closing(link):
            link.request(method, path, json.dumps(body) if body else None, {"Authorization": f"Bearer {TOKEN}"})
            answer = link.getresponse()
            return answer.status, answer.read()

    def fault(self):
        """One that is ended, is left to its lease, or is hit by who breaks off meanwhile."""
        kind, fields = self.random.choice((("latency", {"delayMillis": 20}), ("abort", {"status": 503}), ("reset", {}), ("black-hole", {})))
        name = f"{kind}-{self.random.randrange(4)}"
        status, said = self.call("POST", "/api/faults", {"id": name, "owner": "day", "kind": kind, "leaseSeconds": 1, "path": "/faulted/*", **fields})
        assert status in (200, 201, 409), said
        with contextlib.suppress(OSError, EOFError), contextlib.closing(self.sidecar.connect()) as peer:
            peer.sock.settimeout(0.2)
            peer.send(get("/faulted/1")).response()
        if self.random.random() < 0.7:
            status, said = self.call("DELETE", f"/api/faults/{name}?owner=day")
            assert status in (200, 404), said

    def figures(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", int(self.sidecar.said["statsd_port"])))
            for _ in range(10):
                kind = self.random.choice(("1|c", "7|g", "12.5|ms", "who|s", "x|y", "1|c|#a:b"))
                sock.send(f"figure{self.random.randrange(10000)}:{kind}".encode())

    def spans(self):
        name = self.random.choice(("metrics", "traces"))
        form = self.random.choice(("json", "protobuf"))
        with open(os.path.join(SOURCE, "tests", "corpus", "otlp", f"{name}_{form}"), "rb") as file:
            body = file.read()[1:]
        self.post(int(self.sidecar.said["otlp_port"]), f"/v1/{name}", body, f"application/{'json' if form == 'json' else 'x-protobuf'}")

    def browser(self):
        body = json.dumps({"metrics": [{"name": self.random.choice(("LCP", "INP", "CLS")), "value": self.random.randrange(3000)}]})
        self.post(self.sidecar.port, "/muster/rum", body.encode(), "text/plain")

    def post(self, port, path, body, kind):
        """Taken, or refused for what it is or how much there is."""
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        assert status in (200, 202, 400, 429), (path, status)

    def kept(self):
        answer = self.sidecar.ask(get(f"/static/{self.random.randrange(3000)}", f"X-User: u{self.random.randrange(40)}"))
        assert answer.status == 200, answer.raw

    def empty(self):
        status, said = self.call("POST", "/api/cache/invalidate", {"pattern": f"/static/{self.random.randrange(10)}*"})
        assert status == 200, said

    def limited(self):
        status = self.sidecar.ask(get("/limited", f"X-Forwarded-For: 192.0.2.{self.random.randrange(8)}")).status
        assert status in (200, 429), status
        self.refused += status == 429

    def broken_off(self):
        with contextlib.suppress(OSError):
            peer = self.sidecar.connect()
            peer.send(self.random.choice((b"", b"GET / HT", get("/api/orders/1"), b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")))
            self.random.choice((peer.reset, peer.close))()

    def nonsense(self):
        with contextlib.closing(self.sidecar.connect()) as peer, contextlib.suppress(OSError):
            peer.send(self.random.choice(NONSENSE))
            answer = peer.rest()
            assert not answer or re.match(rb"HTTP/1\.1 (4\d\d|505|501) ", answer), answer[:200]

    def idle_connections(self):
        peers = [self.sidecar.connect() for _ in range(20)]
        self.stop.wait(0.5)
        for peer in peers:
            peer.close()

    def flap(self):
        self.redis.kill()
        self.stop.wait(1)
        self.redis = Redis(self.redis_port)

    # What it looks like.

    def look(self):
        folder = f"/proc/{self.sidecar.process.pid}"
        with open(f"{folder}/status", encoding="ascii") as file:
            threads = int(re.search(r"Threads:\s+(\d+)", file.read())[1])
        self.seen.append((self.sidecar.resident_bytes() / (1 << 20), len(os.listdir(f"{folder}/fd")), threads))

    def resident(self, first, last):
        """MiB, median of a part of the time; 0 is its begin, 1 its end."""
        count = len(self.seen)
        return statistics.median(one[0] for one in self.seen[int(first * count):max(int(last * count), int(first * count) + 1)])

    def descriptors_at_rest(self, most):
        """As many as at the start, and `most` more at most, as soon as what nobody uses is closed."""
        for _ in range(PATIENCE * 10):
            self.look()
            if self.seen[-1][1] <= self.seen[0][1] + most:
                return True
            threading.Event().wait(0.1)
        return False

    def close(self):
        """The sidecar's exit code."""
        try:
            return self.sidecar.close()
        finally:
            self.redis.kill()
            self.application.kill()
            self.application.wait()
            self.application.stdout.close()
