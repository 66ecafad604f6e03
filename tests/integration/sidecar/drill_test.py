"""Signed requests of drills, of the program as it runs, signed here as the documentation says."""
import hashlib
import hmac
import os
import subprocess
import tempfile
import time
import unittest

from peers import PROGRAM, Case, echo
from protect_test import get, statuses

RULE = '{"name": "all", "limits": [{"requests": 3, "seconds": 3600}]}'
KEY = "a key of these tests, 32 bytes it is"
ON = ("--limits", "on", "--limit-rule", RULE)


def signed(path="/", key=KEY, method="GET", apart=0, drill="failover-17"):
    then = int(time.time()) + apart
    mac = hmac.new(key.encode(), f"muster-drill v1\n{drill}\n{then}\n{method} {path}".encode(), hashlib.sha256).hexdigest()
    return f"Muster-Drill: v1;drill={drill};t={then};mac={mac}"


class Drills(Case):
    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.key = os.path.join(folder, "drill.key")
        with open(self.key, "w", encoding="utf-8") as file:
            file.write(KEY + "\n")

    def counted(self, sidecar, signature):
        return sidecar.figure(f'drill_requests_total{{signature="{signature}"}}')

    def test_a_drill_is_not_limited_and_takes_nothing_from_clients(self):
        application, sidecar = self.both(echo, *ON, "--drill-key-file", self.key)
        self.assertEqual(statuses(sidecar, 20, lambda i: signed()), [200] * 20)
        self.assertEqual(statuses(sidecar, 5), [200] * 3 + [429] * 2)
        self.assertEqual(statuses(sidecar, 5, lambda i: signed()), [200] * 5)
        self.assertEqual(self.counted(sidecar, "good"), 25)
        self.assertEqual(sidecar.figure('limit_decisions_total{decision="unlimited",bucket="",dry_run="false"}'), 25)
        self.assertEqual(sidecar.figure('bot_signs_total{sign="empty_agent"}'), 5, "a drill is no bot")
        self.assertEqual(len(application.requests), 28)
        for head in application.requests:
            self.assertNotIn(b"muster-drill", head.raw.lower(), "the application cannot pass it on")

    def test_what_is_not_signed_right_is_any_request(self):
        application, sidecar = self.both(echo, *ON, "--drill-key-file", self.key)
        lines = [signed(key="another key, also of 32 bytes .."), signed(path="/other"), signed(method="POST"), signed(apart=-300),
                 signed(apart=300), signed()[:-1], signed() + "\r\n" + signed()]
        self.assertEqual(statuses(sidecar, 7, lambda i: lines[i]), [200] * 3 + [429] * 4)
        self.assertEqual([self.counted(sidecar, each) for each in ("good", "wrong", "untimely", "malformed")], [0, 3, 2, 2])
        for head in application.requests:
            self.assertNotIn(b"muster-drill", head.raw.lower())

    def test_without_a_key_nobody_is_a_drill(self):
        _, sidecar = self.both(echo, *ON)
        self.assertEqual(statuses(sidecar, 5, lambda i: signed()), [200] * 3 + [429] * 2)
        self.assertNotIn("drill_requests_total", sidecar.admin("/metrics")[1])

    def test_a_drill_passes_the_list_of_those_who_are_denied(self):
        _, sidecar = self.both(echo, *ON, "--deny", "127.0.0.1", "--drill-key-file", self.key)
        self.assertEqual(sidecar.ask(get("/", signed())).status, 200)
        self.assertEqual(sidecar.ask(get("/")).status, 403)

    def test_a_drill_is_no_user(self):
        _, sidecar = self.both(echo, "--users", "on", "--user-header", "X-User", "--users-max", "1", "--drill-key-file", self.key)
        self.assertEqual(statuses(sidecar, 5, lambda i: signed(), lambda i: f"X-User: drill-{i}"), [200] * 5)
        self.assertEqual(sidecar.ask(get("/", "X-User: ann")).status, 200)
        self.assertEqual(sidecar.ask(get("/", "X-User: bob")).status, 503)

    def test_a_key_that_can_be_guessed_is_refused(self):
        with open(self.key, "w", encoding="utf-8") as file:
            file.write("short\n")
        for more in ([], ["--check-config"]):
            done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                                   "--drill-key-file", self.key, *more], capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("a key of drills of 5 bytes can be guessed", done.stderr)


if __name__ == "__main__":
    unittest.main()
