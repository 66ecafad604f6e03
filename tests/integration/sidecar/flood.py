"""A sidecar in a flood: more clients than it can count, each of whom nobody saw before, or one client that is another
browser each time. Load by bench/http_flood; beside it one who is over the limit and others who are well within it ask on.

What a flood was like is a dict: what http_flood says, `bytes_per_key` of resident memory, `limited` (of the one who is over
the limit, how many of its requests were refused) and `good` (how many of the others' were served), both as (right, all)."""
import contextlib
import json
import re
import subprocess
import threading

from peers import PATIENCE, Sidecar

QUOTA = 200
RULE = json.dumps({"name": "all", "limits": [{"requests": QUOTA, "seconds": 3600}]})
ON = ("--limits", "on", "--limit-rule", RULE)
BEHIND = (*ON, "--trusted-proxy", "127.0.0.0/8")
GOOD, LIMITED = 50, "203.0.113.255"  # addresses of good clients, and the one that is over the limit
CONNECTIONS = 32
SECONDS_MAX = 600


class Application:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "serve"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def load(program, port, requests, *words):
    """Begun; figures() has what it says at its end."""
    return subprocess.Popen([program, "load", str(port), str(CONNECTIONS), str(SECONDS_MAX), f"requests={requests}", *words],
                            stdout=subprocess.PIPE, text=True)


def figures(loading):
    text = loading.communicate(timeout=SECONDS_MAX + PATIENCE)[0]
    return {name: float(value) for name, value in re.findall(r"([a-z0-9]+) ([0-9.]+)", text)}


def ask(peer, address):
    return peer.send(f"GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: {address}\r\n\r\n".encode()).response().status


class Beside:
    """Asks again and again, one request after the other, until it is told to stop. `right`: of the status that it should be."""

    def __init__(self, sidecar, addresses, status, every):
        self.addresses, self.status, self.every = addresses, status, every
        self.right = self.all = 0
        self.peer = sidecar.connect()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stop.wait(self.every):
            self.right += ask(self.peer, self.addresses[self.all % len(self.addresses)]) == self.status
            self.all += 1

    def close(self):
        self.stop.set()
        self.thread.join()
        self.peer.close()
        return self.right, self.all


def strangers(program, sidecar, keys, full):
    """`keys` clients that were never seen, the first `full` of them before memory is looked at: its table is full then."""
    with contextlib.closing(sidecar.connect()) as peer:
        while ask(peer, LIMITED) != 429:
            pass
    said = figures(load(program, sidecar.port, full, f"clients={full}"))
    before = sidecar.resident_bytes()
    loading = load(program, sidecar.port, keys, f"clients={keys}")
    # So that each of the good asks less than it may in all that time.
    limited = Beside(sidecar, [LIMITED], 429, 0.01)
    good = Beside(sidecar, [f"203.0.113.{i}" for i in range(GOOD)], 200, SECONDS_MAX / (QUOTA * GOOD))
    try:
        said = figures(loading) | {"bad_before": said["bad"]}
    finally:
        beside = {"limited": limited.close(), "good": good.close()}
    return said | beside | {"bytes_per_key": (sidecar.resident_bytes() - before) / keys}


def rotating(program, replicas, requests):
    """One address asks each replica so often, each time with other headers: of how many requests, and how many were refused."""
    loading = [load(program, one.port, requests, "rotate=1", "status=429") for one in replicas]
    said = [figures(one) for one in loading]
    asked = sum(one["requests"] for one in said)
    return {"requests": asked, "refused": asked - sum(one["bad"] for one in said), "seconds": max(one["seconds"] for one in said)}


def refused_beyond(said, quota):
    """The share that was refused of what is beyond what the client may."""
    return said["refused"] / (said["requests"] - quota)


def until_linked(sidecar):
    sidecar.until_figure("limit_sharing_connected", 1)


def replica(application, redis_port, key_file, *flags):
    return Sidecar(application.port, *ON, "--redis", f"127.0.0.1:{redis_port}", "--fingerprint-key-file", key_file, *flags, limits=None)
