"""Limits over replicas that share a real Redis: they let in what one would, and go on by themselves without it."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM, Case, echo, free_port

KEY = "0123456789abcdef0123456789abcdef"


def get(path="/"):
    return f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()


class Redis:
    def __init__(self, port, *options):
        self.port = port
        self.process = subprocess.Popen(
            [shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", tempfile.gettempdir(), *options], stdout=subprocess.DEVNULL)
        for _ in range(PATIENCE * 50):
            try:
                socket.create_connection(("127.0.0.1", port), PATIENCE).close()
                return
            except OSError:
                threading.Event().wait(0.02)
        raise AssertionError("redis does not listen")

    def ask(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], check=True, capture_output=True, text=True,
                              timeout=PATIENCE).stdout.split()

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)


class Sharing(Case):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w")  # pylint: disable=consider-using-with
        self.addCleanup(file.close)
        file.write(KEY)
        file.flush()
        self.key = file.name

    def redis(self, port=None, *options):
        out = Redis(port or free_port(), *options)
        self.addCleanup(out.kill)
        return out

    def replica(self, application, port, quota, *flags):
        rule = f'{{"name": "all", "limits": [{{"requests": {quota}, "seconds": 3600}}, {{"requests": 100000, "seconds": 86400}}]}}'
        return self.sidecar(application, "--limits", "on", "--limit-rule", rule, "--fingerprint-key-file", self.key,
                            "--redis", f"127.0.0.1:{port}", *flags)

    def until(self, what, holds):
        for _ in range(PATIENCE * 20):
            if holds():
                return
            threading.Event().wait(0.05)
        self.fail(what)

    def until_linked(self, sidecar, value=1):
        self.until(f"the link is not {value}", lambda: sidecar.figure("limit_sharing_connected") == value)

    def admitted(self, sidecar):
        return int(sidecar.figure('limit_decisions_total{decision="admit",bucket="",dry_run="false"}'))

    def until_told(self, sidecar):
        """All that it let in was answered by Redis."""
        def holds():
            rounds, told = sidecar.figure("limit_sharing_rounds_total"), sidecar.figure("limit_sharing_told_total")
            return told == self.admitted(sidecar) and rounds >= 1
        self.until("not all is told", holds)

    def test_three_replicas_count_as_one(self):
        redis, application = self.redis(), self.application(echo)
        replicas = [self.replica(application, redis.port, 300) for _ in range(3)]
        for each in replicas:
            self.until_linked(each)
        peers = [self.connect(each) for each in replicas]
        seen = []
        for _ in range(40):  # in portions, since a busy machine has no speed to speak of
            seen += [peers[i % 3].send(get()).response().status for i in range(12)]
            for each in replicas:
                self.until_told(each)
        self.assertGreaterEqual(seen.count(200), 300)
        self.assertLessEqual(seen.count(200), 315, "5 % more than one replica lets in")
        self.assertEqual(len(application.requests), seen.count(200))
        self.assertGreater(sum(each.figure("limit_sharing_raised_total") for each in replicas), 400)
        keys = redis.ask("KEYS", "*")
        for key in keys:
            self.assertRegex(key, r"^muster:all-(1h|1d):\d+:[0-9a-f]{16}$")
            self.assertGreater(int(redis.ask("PTTL", key)[0]), 0)
        self.assertEqual(sum(int(redis.ask("GET", key)[0]) for key in keys if "-1h" in key), seen.count(200))

    def test_who_is_at_the_limit_is_so_at_another_replica(self):
        redis, application = self.redis(), self.application(echo)
        first, second = (self.replica(application, redis.port, 10) for _ in range(2))
        for each in (first, second):
            self.until_linked(each)
        self.assertEqual([first.ask(get()).status for _ in range(12)], [200] * 10 + [429] * 2)
        self.until_told(first)
        self.assertEqual(second.ask(get()).status, 200, "it has not heard of the client yet")
        self.until_told(second)
        self.assertEqual([second.ask(get()).status for _ in range(3)], [429] * 3)

    def test_without_redis_each_goes_on_and_then_together_again(self):
        redis, application = self.redis(), self.application(echo)
        sidecar = self.replica(application, redis.port, 100_000, "--threads", "2")
        self.until_linked(sidecar)
        stop, statuses = threading.Event(), []

        def load():
            peer = sidecar.connect()
            while not stop.is_set():
                statuses.append(peer.send(get()).response().status)
            peer.close()
        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            self.until("nothing is told", lambda: sidecar.figure("limit_sharing_rounds_total") >= 3)
            redis.kill()
            self.until_linked(sidecar, 0)
            before = len(statuses)
            self.until("requests stand still", lambda: len(statuses) > before + 200)
            again = self.redis(redis.port)
            self.until_linked(sidecar)
            rounds = sidecar.figure("limit_sharing_rounds_total")
            self.until("nothing is told again", lambda: sidecar.figure("limit_sharing_rounds_total") > rounds)
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)
        self.assertEqual(set(statuses), {200})
        self.assertGreater(sidecar.figure("limit_sharing_failures_total"), 0)
        self.assertNotEqual(again.ask("KEYS", "muster:all-1h:*"), [])

    def test_one_that_is_not_there_refuses_nothing_but_what_is_too_much(self):
        application = self.application(echo)
        sidecar = self.replica(application, free_port(), 5)
        self.until("it does not try", lambda: sidecar.figure("limit_sharing_failures_total") >= 1)
        self.assertEqual([sidecar.ask(get()).status for _ in range(7)], [200] * 5 + [429] * 2)
        self.assertEqual(sum("limits are not shared" in line for line in sidecar.lines), 1, "it is said once")

    CLOSED = ("--limits-without-redis", "closed", "--limits-closed-after-seconds")

    def until_answered(self, sidecar, status):
        self.until(f"the answer is not {status}", lambda: sidecar.ask(get()).status == status)

    def test_closed_what_a_limit_counts_is_refused_without_redis(self):
        redis, application = self.redis(), self.application(echo)
        sidecar = self.replica(application, redis.port, 100_000, *self.CLOSED, "1", "--unlimited-path", "/probe")
        self.until_linked(sidecar)
        self.until_answered(sidecar, 200)
        redis.kill()
        self.until_answered(sidecar, 503)
        reached, admitted = len(application.requests), self.admitted(sidecar)
        refused = sidecar.ask(get())
        self.assertEqual((refused.status, refused.get("retry-after"), refused.error()["reason"]), (503, "5", "limits_unshared"))
        self.assertEqual(sidecar.ask(get("/probe")).status, 200, "what nothing limits is none of it")
        self.assertEqual((len(application.requests), self.admitted(sidecar)), (reached + 1, admitted), "and it is not counted")
        self.assertEqual(sidecar.figure("limit_sharing_closed"), 1)
        self.assertGreaterEqual(sidecar.figure('limit_decisions_total{decision="close",bucket="",dry_run="false"}'), 2)
        self.redis(redis.port)
        self.until_answered(sidecar, 200)
        self.assertEqual(sidecar.figure("limit_sharing_closed"), 0)

    def test_closed_one_that_stands_still_is_noticed_though_nobody_asks(self):
        redis, application = self.redis(), self.application(echo)
        sidecar = self.replica(application, redis.port, 100_000, *self.CLOSED, "1")
        self.until_linked(sidecar)
        redis.process.send_signal(signal.SIGSTOP)
        try:
            sidecar.until_figure("limit_sharing_closed", 1)
            self.assertEqual(sidecar.ask(get()).status, 503)
        finally:
            redis.process.send_signal(signal.SIGCONT)
        sidecar.until_figure("limit_sharing_closed", 0)
        self.assertEqual(sidecar.ask(get()).status, 200)

    def test_closed_one_that_flaps_is_waited_for(self):
        """Redis is away again and again, for less than may be: every request is served."""
        redis, application = self.redis(), self.application(echo)
        sidecar = self.replica(application, redis.port, 100_000, *self.CLOSED, "600")
        for _ in range(3):
            self.until_linked(sidecar)
            redis.kill()
            self.until_linked(sidecar, 0)
            self.assertEqual([sidecar.ask(get()).status for _ in range(20)], [200] * 20)
            redis = self.redis(redis.port)
        self.assertEqual(sidecar.figure("limit_sharing_closed"), 0)

    def test_closed_from_the_start_and_a_dry_run_refuses_nothing(self):
        application = self.application(echo)
        strict = self.replica(application, free_port(), 100, *self.CLOSED, "0")
        self.assertEqual([strict.ask(get()).status for _ in range(3)], [503] * 3)
        dry = self.replica(application, free_port(), 100, *self.CLOSED, "0", "--limits", "dry-run")
        self.assertEqual([dry.ask(get()).status for _ in range(3)], [200] * 3)
        self.assertEqual(dry.figure('limit_decisions_total{decision="close",bucket="",dry_run="true"}'), 3)
        self.assertEqual(len(application.requests), 3)

    def test_one_that_hangs_or_talks_nonsense(self):
        for answer in (None, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-NOAUTH Authentication required.\r\n", b"*3\r\n", b"+PONG\r\n+PONG\r\n"):
            def serve(peer, application, answer=answer):
                peer.until(b"PING\r\n")
                if answer is None:
                    return application.hold()
                peer.send(answer)
                return peer.rest()
            server, application = self.application(serve), self.application(echo)
            sidecar = self.replica(application, server.port, 5)
            self.assertEqual([sidecar.ask(get()).status for _ in range(7)], [200] * 5 + [429] * 2)
            self.until("it is believed", lambda sidecar=sidecar: sidecar.figure("limit_sharing_failures_total") >= 1)
            self.assertEqual(sidecar.figure("limit_sharing_rounds_total"), 0)
            server.ending.set()

    def test_with_a_password(self):
        redis, application = self.redis(None, "--requirepass", "let-me"), self.application(echo)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("let-me\n")
            file.flush()
            sidecar = self.replica(application, redis.port, 5, "--redis-password-file", file.name, "--redis-prefix", "shop")
            self.until_linked(sidecar)
            sidecar.ask(get())
            self.until_told(sidecar)
            names = redis.ask("-a", "let-me", "--no-auth-warning", "KEYS", "*")
            self.assertTrue(names and all(re.match("shop:", name) for name in names), names)

    def test_a_key_that_replicas_share_is_needed(self):
        environment = {name: value for name, value in os.environ.items() if name != "MUSTER_FINGERPRINT_KEY"}
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                               "--redis", "127.0.0.1:1"], stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False, env=environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--fingerprint-key-file", done.stderr)
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--redis", "nonsense", "--check-config"], stderr=subprocess.PIPE,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nonsense", done.stderr)
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--limits-without-redis", "closed", "--check-config"],
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--limits-without-redis closed: there is none without --redis", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
