"""Users of an application: quotas, turns and who waits for them, of the program as it runs."""
import json
import os
import socket
import threading
import time
import unittest

from ingest_test import Promtool, http
from peers import PATIENCE, Case, echo, ok
from reload_test import Configured

ON = ("--users", "on", "--user-header", "X-User")


def get(user, path="/slow", *lines):
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: shop", f"X-User: {user}", *lines, "\r\n"]).encode()


class Held:
    """An application that answers /slow only when it is let; `let` counts."""

    def __init__(self):
        self.let = threading.Semaphore(0)

    def __call__(self, peer, application):
        while True:
            head = peer.head()
            head.body = peer.exactly(int(head.get("content-length", "0")))
            application.requests.append(head)
            if " /slow " in head.start:
                self.let.acquire(timeout=PATIENCE)
            peer.send(ok(b"done"))

    def release(self, count):
        for _ in range(count):
            self.let.release()


class WithUsers(Case, Promtool):
    def held(self, *flags):
        held = Held()
        application = self.application(held)
        self.addCleanup(held.release, 100)  # before the application is closed
        return held, application, self.sidecar(application, *flags)

    def come(self, sidecar, count, user="ann"):
        """So many requests at once, each over a connection of its own."""
        return [self.connect(sidecar).send(get(user)) for _ in range(count)]

    def arrived(self, application, count):
        for _ in range(PATIENCE * 50):
            if len(application.requests) >= count:
                break
            threading.Event().wait(0.02)
        self.assertEqual(len(application.requests), count)

    def full(self, *flags):
        """Five of Ann's requests run."""
        held, application, sidecar = self.held(*ON, *flags)
        running = self.come(sidecar, 5)
        self.arrived(application, 5)
        return held, application, sidecar, running

    def answered(self, peers):
        self.assertEqual([peer.response().status for peer in peers], [200] * len(peers))


class Users(WithUsers):
    def test_the_sixth_waits_and_then_passes_and_nobody_else_is_hindered(self):
        for threads in ("1", "2"):
            held, application, sidecar, running = self.full("--threads", threads)
            sixth = self.come(sidecar, 1)
            sidecar.until_figure("user_requests_waiting", 1)
            for _ in range(3):
                self.assertEqual(sidecar.ask(get("bob", "/quick")).status, 200)
            self.assertEqual(len(application.requests), 8, "the sixth has not reached the application")
            held.release(1)
            self.arrived(application, 9)
            sidecar.until_figure("user_requests_waiting", 0)
            held.release(5)
            self.answered(running + sixth)
            self.assertEqual(sidecar.figure('user_requests_total{result="waited"}'), 1)
            self.assertEqual(sidecar.figure('user_requests_total{result="at_once"}'), 8)
            self.assertEqual(sidecar.figure("user_wait_seconds_count"), 1)
            self.assertEqual(sixth[0].send(get("bob", "/quick")).response().status, 200, "its connection goes on")

    def test_a_long_line_goes_on_over_all_cores(self):
        held, application, sidecar = self.held(*ON, "--threads", "2", "--user-requests-max", "1", "--user-queue-max", "20",
                                               "--user-wait-seconds", "60")
        peers = self.come(sidecar, 12)
        for count in range(1, 13):
            self.arrived(application, count)  # never two of them at once
            held.release(1)
        self.answered(peers)
        self.assertEqual(sidecar.figure('user_requests_total{result="waited"}'), 11)

    def test_a_line_has_an_end(self):
        held, _, sidecar, running = self.full("--user-queue-max", "1")
        sixth = self.come(sidecar, 1)
        sidecar.until_figure("user_requests_waiting", 1)
        refused = sidecar.ask(get("ann", "/slow", "X-Request-ID: mine"))
        self.assertEqual((refused.status, refused.get("retry-after")), (429, "1"))
        self.assertEqual((refused.error()["reason"], refused.error()["requestId"]), ("user_queue_full", "mine"))
        self.assertEqual(sidecar.figure('user_requests_total{result="queue_full"}'), 1)
        held.release(6)
        self.answered(running + sixth)

    def test_a_wait_has_an_end(self):
        held, application, sidecar, running = self.full("--user-wait-seconds", "1")
        late = self.connect(sidecar)
        began = time.monotonic()
        refused = late.send(get("ann")).response()
        self.assertGreaterEqual(time.monotonic() - began, 0.99)
        self.assertEqual((refused.status, refused.error()["reason"]), (503, "user_wait_over"))
        self.assertIn("retry-after", refused.raw.decode().lower())
        self.assertEqual(late.send(get("bob", "/quick")).response().status, 200, "its connection goes on")
        self.assertEqual(len(application.requests), 6)
        held.release(5)
        self.answered(running)

    def test_a_client_that_goes_away_frees_its_place(self):
        held, application, sidecar, running = self.full("--user-queue-max", "2")
        for count, end in enumerate(("close", "reset"), 1):
            for _ in range(2):
                peer = self.come(sidecar, 1)[0]
                sidecar.until_figure("user_requests_waiting", 1)
                getattr(peer, end)()
                sidecar.until_figure("user_requests_waiting", 0)
            self.assertEqual(sidecar.figure('user_requests_total{result="gone"}'), 2 * count)
        last = self.come(sidecar, 1)
        sidecar.until_figure("user_requests_waiting", 1)
        held.release(6)
        self.answered(running + last)
        self.assertEqual(len(application.requests), 6)

    def test_a_body_waits_with_its_head(self):
        held, application, sidecar, running = self.full()
        body = os.urandom(300_000)
        peer = self.connect(sidecar)
        sender = threading.Thread(target=peer.send, daemon=True, args=(
            b"POST /quick HTTP/1.1\r\nHost: a\r\nX-User: ann\r\nContent-Length: %d\r\n\r\n" % len(body), body))
        sender.start()
        sidecar.until_figure("user_requests_waiting", 1)
        held.release(5)
        self.answered(running + [peer])
        sender.join(PATIENCE)
        self.assertEqual(application.requests[-1].body, body)

    def test_the_end_of_the_sidecar_finishes_what_waits(self):
        held, application, sidecar, running = self.full()
        waiting = self.come(sidecar, 2)
        sidecar.until_figure("user_requests_waiting", 2)
        sidecar.terminate()
        sidecar.until_said("draining")
        held.release(7)
        answers = [peer.response() for peer in running + waiting]
        self.assertEqual([(one.status, one.get("connection")) for one in answers], [(200, "close")] * 7)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(len(application.requests), 7)

    def test_what_would_wait_beyond_the_end_of_the_sidecar_is_told_so_before_it(self):
        for threads in ("1", "2"):
            held, application, sidecar, running = self.full("--drain-seconds", "4", "--user-wait-seconds", "60", "--threads", threads)
            waiting = self.come(sidecar, 2)
            sidecar.until_figure("user_requests_waiting", 2)
            sidecar.terminate()
            for peer in waiting:
                answer = peer.response()
                self.assertEqual((answer.status, answer.get("connection"), answer.get("retry-after")), (503, "close", "1"))
                self.assertEqual(answer.error()["reason"], "user_wait_over")
            held.release(5)
            self.answered(running)
            self.assertEqual(sidecar.wait(), 0)
            self.assertEqual(len(application.requests), 5)

    def test_the_end_of_the_sidecar_is_not_kept_by_what_waits(self):
        _, application, sidecar, running = self.full("--drain-seconds", "1", "--user-wait-seconds", "60")
        self.come(sidecar, 2)
        sidecar.until_figure("user_requests_waiting", 2)
        sidecar.terminate()
        self.assertEqual(sidecar.wait(), 0)
        for peer in running:
            with self.assertRaises((EOFError, ConnectionError)):
                peer.response()
        self.assertEqual(len(application.requests), 5)

    def test_there_are_so_many_users(self):
        _, sidecar = self.both(echo, *ON, "--users-max", "2")
        self.assertEqual([sidecar.ask(get(user)).status for user in ("ann", "bob", "cid", "ann")], [200, 200, 503, 200])
        refused = sidecar.ask(get("cid"))
        self.assertEqual(refused.error()["reason"], "too_many_users")
        self.assertIn(int(refused.get("retry-after")), range(1, 301))
        self.assertEqual(sidecar.figure("users"), 2)
        self.assertEqual(sidecar.figure('user_requests_total{result="too_many_users"}'), 2)

    def test_a_dry_run_lets_in_and_tells(self):
        held, application, sidecar = self.held("--users", "dry-run", "--user-header", "X-User", "--users-max", "1")
        peers = self.come(sidecar, 8)
        self.arrived(application, 8)
        self.assertEqual(sidecar.ask(get("bob", "/quick")).status, 200)
        self.assertEqual(sidecar.figure('user_requests_dry_run_total{result="wait"}'), 3)
        self.assertEqual(sidecar.figure('user_requests_dry_run_total{result="too_many_users"}'), 1)
        sidecar.until_figure('users_by_answer{answer="throttle"}', 1)
        held.release(8)
        self.answered(peers)

    def test_nothing_is_there_unless_it_is_asked_for(self):
        _, sidecar = self.both()
        sidecar.ask(get("ann"))
        self.assertNotIn("muster_sidecar_user", sidecar.admin("/metrics")[1])
        self.assertEqual(json.loads(sidecar.admin("/api/monitoring/users")[1]), {"mode": "off"})

    def test_who_a_user_is(self):
        _, sidecar = self.both(echo, "--users", "on", "--user-header", "X-User", "--user-cookie", "session")
        for lines in (["X-User: ann"], ["X-User: ann", "Cookie: session=other"], ["Cookie: a=b; session=ann"],
                      ["Cookie: a=b", "Cookie: x=y;session=ann;z=1"], ["Cookie: session="], []):
            sidecar.ask("\r\n".join(["GET / HTTP/1.1", "Host: a", *lines, "\r\n"]).encode())
        self.assertEqual(sidecar.figure("users"), 2, "Ann, and the client itself")


class Violations(WithUsers):
    def reporting(self, *flags):
        application, sidecar = self.both(echo, *ON, "--statsd-listen", "127.0.0.1:0", *flags)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.connect(("127.0.0.1", int(sidecar.said["statsd_port"])))
        for user in ("ann", "bob"):
            self.assertEqual(sidecar.ask(get(user)).status, 200)
        return application, sidecar, sock

    def test_what_statsd_reports_throttles_that_user_only(self):
        _, sidecar, sock = self.reporting()
        sock.send(b"user.memory_bytes:200000000|g|#user:ann\nuser.cpu_percent:3|g|#user:bob\nuser.cpu_percent:9|g|#user:nobody")
        sidecar.until_figure('user_reports_total{result="taken"}', 2)
        self.assertEqual(sidecar.figure('user_reports_total{result="no_such_user"}'), 1)
        sidecar.until_figure('users_by_answer{answer="throttle"}', 1)
        self.assertEqual(sidecar.ask(get("bob")).status, 200)
        self.assertEqual(sidecar.figure('user_requests_total{result="at_once"}'), 3)
        began = time.monotonic()
        self.assertEqual(sidecar.ask(get("ann")).status, 200)
        self.assertGreaterEqual(time.monotonic() - began, 0.99)
        self.assertEqual(sidecar.figure('user_requests_total{result="waited"}'), 1)
        self.assertGreaterEqual(sidecar.figure('user_violations_total{kind="memory"}'), 1)
        self.assertEqual(sidecar.figure('user_violations_total{kind="cpu"}'), 0)
        text = sidecar.admin("/metrics")[1]
        self.assertNotIn("user_memory_bytes", text, "it is no series of the application's")
        self.assertNotIn("ann", text)
        self.check(sidecar)
        sock.send(b"user.memory_bytes:1000|g|#user:ann")
        sidecar.until_figure('users_by_answer{answer="throttle"}', 0)
        self.assertEqual(sidecar.ask(get("ann")).status, 200)
        self.assertEqual(sidecar.figure('user_requests_total{result="waited"}'), 1)

    def test_what_the_page_says(self):
        _, sidecar, sock = self.reporting("--users-max", "24", "--watch", "none")
        sock.send(b"user.database_connections:3|g|#user:ann")
        sidecar.until_figure('users_by_answer{answer="throttle"}', 1)
        status, text = sidecar.admin("/api/monitoring/users?top=1&users=50")
        page = json.loads(text)
        self.assertEqual((status, page["mode"], page["users"], page["usersMax"]), (200, "on", 2, 24))
        self.assertEqual(page["grades"], {"A": 2, "B": 0, "C": 0, "D": 0, "F": 0})
        self.assertEqual(len(page["top"]), 1)
        ann = page["top"][0]
        self.assertRegex(ann["id"], "^[0-9a-f]{16}$")
        self.assertNotIn("ann", text)
        self.assertEqual((ann["answer"], ann["delayMillis"], ann["responses"], ann["grade"]), ("throttle", 500, 1, "A"))
        self.assertEqual(ann["violated"], [{"kind": "database_connections", "value": 3, "quota": 2}])
        self.assertEqual(ann["usage"]["databaseConnections"], {"value": 3, "ratio": 1.5})
        self.assertGreaterEqual(ann["violations"]["database_connections"], 1)
        self.assertEqual(page["forecast"]["users"], 50)
        self.assertIn("unknown", page["forecast"])
        self.assertEqual(sidecar.admin("/api/monitoring/users?users=none")[0], 400)

    def test_a_forecast_where_the_application_is_watched(self):
        _, sidecar, _ = self.reporting("--watch", f"pid:{os.getpid()}")
        for _ in range(PATIENCE * 30):
            forecast = json.loads(sidecar.admin("/api/monitoring/users?users=3")[1])["forecast"]
            if "unknown" not in forecast:
                break
            threading.Event().wait(0.1)
        self.assertEqual((forecast["users"], forecast["from"]["users"], forecast["far"]), (3, 2, False))
        self.assertGreaterEqual(forecast["utilisation"], forecast["from"]["utilisation"])
        self.assertIn(forecast["grade"], "ABCDF")

    def test_what_otlp_reports_and_a_user_of_low_rank_is_isolated(self):
        held, application, sidecar = self.held(*ON, "--otlp-listen", "127.0.0.1:0", "--user-strategy", "priority",
                                               "--user-low", "ann")
        self.assertEqual(sidecar.ask(get("ann", "/quick")).status, 200)
        point = {"asDouble": 50, "attributes": [{"key": "user.id", "value": {"stringValue": "ann"}}]}
        body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "user.cpu_percent", "gauge": {"dataPoints": [point]}}]}]}]}
        self.assertEqual(http(int(sidecar.said["otlp_port"]), "POST", "/v1/metrics", json.dumps(body).encode(),
                              {"Content-Type": "application/json"})[0], 200)
        sidecar.until_figure('users_by_answer{answer="isolate"}', 1)
        peers = self.come(sidecar, 2)
        sidecar.until_figure("user_requests_waiting", 1)
        self.arrived(application, 2)
        held.release(2)
        self.answered(peers)
        self.assertEqual(sidecar.figure('user_requests_total{result="waited"}'), 1)


class Reload(Configured, WithUsers):
    def begin(self, text):
        held = Held()
        application, sidecar = self.configured(text, held)
        self.addCleanup(held.release, 100)
        return held, application, sidecar

    def test_other_quotas_and_none(self):
        head = "userHeader: X-User\nuserRequestsMax: "
        held, application, sidecar = self.begin(f"users: on\n{head}1\n")
        peers = self.come(sidecar, 3)
        self.arrived(application, 1)
        sidecar.until_figure("user_requests_waiting", 2)
        self.write(f"users: on\n{head}2\nuserCpuPercentMax: 12.5\n")
        self.reloaded(sidecar, 1)
        self.arrived(application, 2)
        self.assertEqual(json.loads(sidecar.admin("/api/monitoring/users")[1])["quota"]["cpuPercent"], 12.5)
        self.write("users: off\n")
        self.reloaded(sidecar, 2)
        self.arrived(application, 3)
        self.assertEqual(sidecar.figure("config_needs_restart"), 0)
        held.release(3)
        self.answered(peers)
        self.assertNotIn("muster_sidecar_users", sidecar.admin("/metrics")[1])
        self.write(f"users: on\n{head}1\n")
        self.reloaded(sidecar, 3)
        self.assertEqual(sidecar.ask(get("ann", "/quick")).status, 200)
        self.assertEqual(sidecar.figure("users"), 1)

    def test_proxies_and_paths_reach_the_limit_of_requests_at_once(self):
        held, application, sidecar = self.begin("concurrencyMax: 1\n")
        running = self.come(sidecar, 1)
        self.arrived(application, 1)
        other = get("ann", "/quick", "X-Forwarded-For: 192.0.2.1")
        self.assertEqual(sidecar.ask(other).status, 429)
        self.write("concurrencyMax: 1\ntrustedProxies: [127.0.0.0/8]\nunlimitedPaths: [/probe]\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(sidecar.figure("config_needs_restart"), 0)
        self.assertEqual(sidecar.ask(other).status, 200)
        self.assertEqual(sidecar.ask(get("ann", "/probe")).status, 200)
        self.assertEqual(sidecar.ask(get("ann", "/quick")).status, 429)
        held.release(1)
        self.answered(running)


if __name__ == "__main__":
    unittest.main()
