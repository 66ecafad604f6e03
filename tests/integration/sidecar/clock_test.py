"""The wall clock is set while the sidecar serves, as by an administrator or by NTP after a long sleep: an hour forward, a
day back, and back to what it was. Nothing that lasts is reckoned by that clock, so nobody is refused, let in or kept for it."""
import datetime
import email.utils
import gzip
import json
import os
import sys
import threading
import time
import unittest

from audit_test import Audited, chained
from cache_test import ON, counting, get
from export_test import Collector, every
from peers import PATIENCE, SOURCE, Case, echo
from redis_test import Sharing
from reload_test import Configured
from tls_test import Secure, certificate

sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "stepped_clock"))
from stepped_clock import DAY, HOUR, SteppedClock  # pylint: disable=wrong-import-position

STEPS = (HOUR, HOUR - DAY, 0, -DAY, 0)  # ahead of the true time, one after the other
RULE = '{"name": "all", "limits": [{"requests": 10, "seconds": 3600}]}'


class Stepped(Case):
    """All sidecars of a test are under its clock."""

    def setUp(self):
        super().setUp()
        self.clock = SteppedClock()
        self.addCleanup(self.clock.close)

    def sidecar(self, application, *flags, **options):
        return super().sidecar(application, *flags, within=self.clock.within(), **options)

    def asked(self, sidecar, path):
        status, text = sidecar.admin(path)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def wait_until(self, what, holds):
        for _ in range(PATIENCE * 50):
            if holds():
                return
            threading.Event().wait(0.02)
        self.fail(what)


class Traffic(Stepped, Secure):
    def test_no_request_fails_and_nothing_spins(self):
        application, sidecar = self.secured(echo, "--threads", "2")
        peers = [self.secure(sidecar) for _ in range(4)]
        stop, failures, served = threading.Event(), [], [0] * len(peers)

        def ask(i):
            try:
                while not stop.is_set():
                    answer = peers[i].send(get("/")).response()
                    served[i] += 1
                    if answer.status != 200:
                        failures.append(answer.raw)
            except (OSError, EOFError) as error:
                failures.append(error)

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(peers))]
        for thread in threads:
            thread.start()
        try:
            for offset in STEPS:
                self.clock.set(offset)
                before = list(served)
                self.wait_until(f"all are served at {offset}", lambda before=before: all(n > m + 5 for n, m in zip(served, before)))
                self.assertEqual(self.secure(sidecar).send(get("/")).response().status, 200, "a new connection, and its handshake")
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)
        self.assertEqual(failures, [])
        self.assertEqual(sum(served) + len(STEPS), len(application.requests))
        for offset in STEPS:  # and when there is nothing to do, it does nothing
            self.clock.set(offset)
            spent, began = sidecar.cpu_seconds(), time.monotonic()
            threading.Event().wait(0.5)
            self.assertLess((sidecar.cpu_seconds() - spent) / (time.monotonic() - began), 0.5, f"it spins at {offset}")

    def test_the_date_of_answers_is_that_of_the_clock(self):
        _, sidecar = self.both(echo)
        for offset in STEPS:
            self.clock.set(offset)

            def follows():
                date = email.utils.parsedate_to_datetime(sidecar.ask(get("/")).get("date")).timestamp()
                return abs(date - self.clock.now()) < 5
            self.wait_until(f"Date at {offset}", follows)

    def test_an_idle_connection_is_kept_and_closed_in_its_own_time(self):
        _, sidecar = self.both(echo, "--idle-seconds", "3")
        for offset in (HOUR, -DAY, 0):
            peer = self.connect(sidecar)
            peer.send(get("/")).response()
            began = time.monotonic()
            self.clock.set(offset)
            self.assertEqual(peer.rest(), b"")
            self.assertGreater(time.monotonic() - began, 2.5)


class Limits(Stepped, Sharing):
    def test_nobody_is_let_in_or_locked_out_by_a_step(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE)
        peer = self.connect(sidecar)
        self.assertEqual([peer.send(get("/")).response().status for _ in range(12)], [200] * 10 + [429] * 2)
        for offset in STEPS:
            self.clock.set(offset)
            answer = peer.send(get("/")).response()
            self.assertEqual(answer.status, 429, f"lifted by a step to {offset}")
            self.assertIn(int(answer.get("retry-after")), range(1, HOUR * 6 // 5 + 1), f"locked out at {offset}")

    def test_a_window_ends_when_it_is_over(self):
        rule = '{"name": "all", "limits": [{"requests": 3, "seconds": 2}]}'
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", rule)
        for offset in (HOUR, -DAY):
            peer = self.connect(sidecar)
            self.wait_until("let in", lambda peer=peer: peer.send(get("/")).response().status == 200)
            self.wait_until("used up", lambda peer=peer: peer.send(get("/")).response().status == 429)
            began = time.monotonic()
            self.clock.set(offset)
            self.wait_until(f"let in again at {offset}", lambda peer=peer: peer.send(get("/")).response().status == 200)
            self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def test_replicas_that_share_redis_step_together(self):
        redis, application = self.redis(), self.application(echo)
        replicas = [self.replica(application, redis.port, 20) for _ in range(2)]
        peers = []
        for each in replicas:
            self.until_linked(each)
            peers.append(self.connect(each))
        seen = []
        for offset in (HOUR, -DAY, 0, 0, 0):
            seen += [peer.send(get("/")).response().status for peer in peers for _ in range(4)]
            for each in replicas:
                self.until_told(each)
            self.clock.set(offset)
        # What others let in before a step is known already; what comes after is told under another number.
        self.assertGreaterEqual(seen.count(200), 20)
        self.assertLess(seen.count(200), 40, "no more than each of them by itself")
        for peer in peers:
            self.assertEqual(peer.send(get("/")).response().status, 429)


class Cached(Stepped, Sharing):
    LIFE = 3

    def lives(self, sidecar, path="/"):
        """What is stored now is an answer for as long as it says, wherever the clock is set meanwhile."""
        for offset in STEPS:
            first = sidecar.ask(get(path)).body
            began = time.monotonic()
            self.clock.set(offset)
            answer = sidecar.ask(get(path))
            if time.monotonic() - began < self.LIFE - 1:  # else the machine was too slow to tell
                self.assertEqual(answer.body, first, f"made stale by a step to {offset}")
                self.assertIn(int(answer.get("age")), range(self.LIFE))
            self.wait_until(f"asked again at {offset}", lambda first=first: sidecar.ask(get(path)).body != first)
            lasted = time.monotonic() - began
            self.assertLess(lasted, self.LIFE + 2 + PATIENCE / 4, f"kept by a step to {offset}")

    def test_what_is_stored_lives_as_long_as_it_says(self):
        _, sidecar = self.both(counting(f"Cache-Control: max-age={self.LIFE}"), *ON)
        self.lives(sidecar)

    def test_what_is_stored_in_redis_as_well(self):
        redis = self.redis()
        _, sidecar = self.both(counting(f"Cache-Control: max-age={self.LIFE}"), *ON, "--cache-seconds-max", "1", "--cache-redis",
                               "--redis", f"127.0.0.1:{redis.port}", "--fingerprint-key-file", self.key)
        sidecar.until_figure("cache_redis_connected", 1)
        for number, offset in enumerate(STEPS):
            path = f"/{number}"
            first = sidecar.ask(get(path)).body
            began = time.monotonic()
            self.clock.set(offset)
            self.wait_until(f"asked again at {offset}", lambda path=path, first=first: sidecar.ask(get(path)).body != first)
            self.assertLess(time.monotonic() - began, self.LIFE + 2 + PATIENCE / 4, f"kept by a step to {offset}")


class Told(Stepped, Audited):
    def test_a_fault_ends_with_its_lease(self):
        _, sidecar = self.started(echo)
        for offset in (HOUR, -DAY, 0):
            began = time.monotonic()
            self.begin(sidecar, "abort", leaseSeconds=2)
            self.clock.set(offset)
            self.assertEqual(sidecar.ask(get("/")).status, 503, "ended by a step")
            self.wait_until(f"a fault that lasts at {offset}", lambda: sidecar.ask(get("/")).status == 200)
            self.assertGreaterEqual(time.monotonic() - began, 1.9)
            self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def test_the_audit_log_is_whole_and_in_the_order_of_events(self):
        _, sidecar = self.audited()
        for number, offset in enumerate((0, *STEPS)):
            self.clock.set(offset)
            self.assertEqual(self.call(sidecar, "DELETE", f"/api/faults/{number}", token="guessed")[0], 401)
        self.until_entry("AdminRefused", len(STEPS) + 1)
        self.assertEqual(sidecar.close(), 0)
        said = [one for one in chained(self.path) if one["event"] == "AdminRefused"]
        self.assertEqual([one["subject"][-1] for one in said], [str(n) for n in range(len(STEPS) + 1)])
        self.assertLess(said[2]["at"], said[1]["at"], "each has the time that the clock said")


class Figures(Stepped, Secure):
    def test_what_is_asked_of_the_api_is_of_the_clock_as_it_is(self):
        _, sidecar = self.secured(echo, "--watch", f"pid:{os.getpid()}")
        peer = self.secure(sidecar)
        asked = 0
        for offset in STEPS:
            self.clock.set(offset)
            for _ in range(20):
                self.assertEqual(peer.send(get("/")).response().status, 200)
            asked += 20
            self.wait_until("counted", lambda asked=asked: self.asked(
                sidecar, "/api/monitoring/metrics?range=15m")["requests"]["1m"]["count"] >= asked or asked > 60)
            said = self.asked(sidecar, "/api/monitoring/metrics?range=15m")
            history = self.asked(sidecar, "/api/monitoring/requests?range=15m")
            for where, points in (("metrics", said["timeline"]), ("requests", history["timeline"])):
                times = [one["time"] for one in points]
                self.assertEqual(times, sorted(times), where)
                for one in times:
                    self.assertLess(abs(self.seconds(one) - self.clock.now()), 900 + 60, where)
            uptime = self.asked(sidecar, "/api/monitoring/system")["uptimeSeconds"]
            self.assertIn(uptime, range(0, 300))
            self.assertGreaterEqual(history["coveredSeconds"], 0)
            for text in (json.dumps(said), json.dumps(history)):
                self.assertNotIn('Seconds": -', text)
                self.assertNotIn('Millis": -', text)
        for line in sidecar.admin("/metrics")[1].splitlines():
            if not line.startswith("#") and ("_seconds" in line or "_age" in line):
                self.assertGreaterEqual(float(line.split()[-1]), 0, line)

    @staticmethod
    def seconds(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

    def test_what_is_exported_never_ends_before_it_began(self):
        for temporality in ([], ["--export-delta"]):
            collector = Collector()
            self.addCleanup(collector.close)
            self.clock.set(0)
            _, sidecar = self.both(echo, "--export-otlp", f"http://127.0.0.1:{collector.port}/v1/metrics", "--export-seconds", "1",
                                   *temporality)
            for offset in STEPS:
                self.clock.set(offset)
                while not collector.posts.empty():
                    collector.posts.get()
                for _ in range(2):  # the second has begun after the step
                    body = gzip.decompress(collector.posts.get(timeout=PATIENCE)[2])
                points = every(body, 1, 2, 2, 7, 1)
                self.assertTrue(points)
                for point in points:
                    start, end = (int.from_bytes(every(point, number)[0], "little") / 1e9 for number in (2, 3))
                    self.assertLessEqual(start, end, f"at {offset}, {temporality}")
                    self.assertLess(abs(end - self.clock.now()), PATIENCE)
            sidecar.close()


class Files(Stepped, Secure):
    def test_a_new_certificate_is_shown_whatever_the_clock_did(self):
        _, sidecar = self.secured()
        for number, offset in enumerate(STEPS):
            self.clock.set(offset)
            before = self.shown(sidecar)
            for new, old in zip(certificate(self.folder, f"new{number}"), self.files):
                os.replace(new, old)
            sidecar.hang_up()
            self.wait_until(f"shown at {offset}", lambda before=before: self.shown(sidecar) != before)


class Configuration(Stepped, Configured):
    def test_a_file_is_read_again_whatever_the_clock_did(self):
        _, sidecar = self.configured("headBytesMax: 8192\n")
        for number, offset in enumerate(STEPS):
            self.clock.set(offset)
            self.write(f"headBytesMax: {9000 + number}\n")
            sidecar.hang_up()
            self.reloaded(sidecar, number + 1)
            self.assertAlmostEqual(sidecar.figure("config_last_reload_success_timestamp_seconds"), self.clock.now(), delta=PATIENCE)


def load_tests(_loader, _tests, _pattern):
    """What is inherited is tested where it is from."""
    cases = (Traffic, Limits, Cached, Told, Figures, Files, Configuration)
    return unittest.TestSuite(case(name) for case in cases for name in vars(case) if name.startswith("test_"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
