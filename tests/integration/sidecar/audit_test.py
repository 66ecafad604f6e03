"""The audit log: what is security-relevant is an entry in it, a flood is a few, and no request waits for it."""
import fcntl
import hashlib
import json
import os
import subprocess
import threading
import time
import unittest

from drill_test import KEY, signed
from faults_test import Faulty
from peers import PATIENCE, PROGRAM, echo, ok
from protect_test import get, statuses
from reload_test import Configured

AT_ONCE = 20


def chained(path):
    """The entries of an audit log whose chain holds; checked here as docs/operations.md describes it."""
    before, out = bytes(32), []
    with open(path, "rb") as file:
        for line in file.read().splitlines():
            digits, text = line[:64].decode(), line[65:]
            if hashlib.sha256(before + text).hexdigest() != digits:
                raise AssertionError(f"the chain is broken at {text!r}")
            before = bytes.fromhex(digits)
            out.append(json.loads(text))
    return out


class Audited(Faulty, Configured):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.folder, "audit.log")

    def audited(self, *flags, serve=echo):
        return self.started(serve, "--audit-log", self.path, *flags)

    def until_entry(self, event, count=1):
        seen = []
        for _ in range(PATIENCE * 50):
            seen = [each for each in chained(self.path) if each["event"] == event] if os.path.exists(self.path) else []
            if len(seen) >= count:
                return seen
            threading.Event().wait(0.02)
        raise AssertionError(f"{count} entries of {event}: {seen}")


class Events(Audited):
    def test_a_refused_token_is_an_entry_with_who_and_what(self):
        _, sidecar = self.audited()
        self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token="guessed")[0], 401)
        self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token=None)[0], 401)
        first, second = self.until_entry("AdminRefused", 2)
        self.assertEqual((first["host"], first["subject"]), ("127.0.0.1", "POST /api/faults"))
        self.assertIn("401", first["text"])
        self.assertIn("something was shown", first["text"])
        self.assertIn("nothing was shown", second["text"])
        with open(self.path, encoding="utf-8") as file:
            self.assertNotIn("guessed", file.read(), "what was shown may be good elsewhere")
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        self.assertEqual(sidecar.metric('muster_audit_events_total{event="AdminRefused"}'), 2)
        sidecar.until_metric("muster_audit_write_duration_seconds_count", 2)

    def test_a_flood_of_refused_tokens_is_a_few_entries(self):
        _, sidecar = self.audited()
        for _ in range(200):
            self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token="guessed")[0], 401)
        self.assertEqual(sidecar.metric('muster_audit_events_total{event="AdminRefused"}'), 200)
        began = time.monotonic()
        sidecar.close()
        entries = [each for each in chained(self.path) if each["event"] == "AdminRefused"]
        minutes = (time.monotonic() - began) / 60 + 5  # more than the test takes on any machine
        self.assertLessEqual(len(entries), AT_ONCE + 7 * minutes)
        self.assertLess(len(entries), 100)
        counts = [int(each["text"].split(" in ")[0]) if "not written one by one" in each["text"] else 1 for each in entries]
        self.assertEqual(sum(counts), 200, "at the end all of them are accounted for")

    def test_faults_that_begin_and_end_are_entries(self):
        _, sidecar = self.audited()
        self.begin(sidecar, "latency", delayMillis=1)
        self.begin(sidecar, "latency", delayMillis=1)  # renewed
        self.assertEqual(self.call(sidecar, "DELETE", "/api/faults/latency?owner=test")[0], 200)
        self.begin(sidecar, "abort", leaseSeconds=1)
        sidecar.until_figure('faults_active{kind="abort"}', 0)
        self.begin(sidecar, "reset", peer="192.0.2.1")
        self.until_entry("FaultEnded", 2)
        sidecar.close()
        told = [(each["event"], each["subject"]) for each in chained(self.path)]
        self.assertEqual(told, [("FaultBegun", "latency"), ("FaultEnded", "latency"), ("FaultBegun", "abort"), ("FaultEnded", "abort"),
                                ("FaultBegun", "reset"), ("FaultEnded", "reset")])
        texts = [each["text"] for each in self.until_entry("FaultEnded", 3)]
        self.assertTrue(texts[1].startswith("nobody renewed it"), texts)
        self.assertTrue(texts[2].startswith("the sidecar ends"), texts)
        begun = self.until_entry("FaultBegun")[0]
        self.assertEqual(begun["host"], "127.0.0.1")
        self.assertEqual(json.loads(begun["text"])["owner"], "test")

    def test_what_is_made_void_in_the_cache_is_an_entry(self):
        _, sidecar = self.audited("--cache-bytes-max", "1000000", serve=lambda peer, application: self.pages(peer))
        sidecar.ask(get("/products/1"))
        self.assertEqual(self.call(sidecar, "POST", "/api/cache/invalidate", {"pattern": "/products/*"})[0], 200)
        entry = self.until_entry("CacheInvalidated")[0]
        self.assertEqual((entry["subject"], entry["text"]), ("/products/*", "1 stored responses"))

    @staticmethod
    def pages(peer):
        while True:
            peer.head()
            peer.send(ok(b"page", b"Cache-Control: max-age=60"))

    def test_forged_signatures_and_refused_clients_are_counted_into_entries(self):
        key = os.path.join(self.folder, "drill.key")
        with open(key, "w", encoding="ascii") as file:
            file.write(KEY + "\n")
        rule = '{"name": "all", "limits": [{"requests": 10, "seconds": 3600}]}'
        application = self.application(echo)
        sidecar = self.sidecar(application, "--audit-log", self.path, "--drill-key-file", key, "--limit-rule", rule, limits="on")
        seen = statuses(sidecar, 30, lambda i: signed(key="another key, also of 32 bytes .."))
        self.assertEqual(seen.count(429), 20)
        entry = self.until_entry("DrillRefused")[0]
        self.assertEqual((entry["subject"], entry["host"]), ("wrong", "127.0.0.1"))
        sidecar.until_metric('muster_audit_events_total{event="DrillRefused"}', 30)
        entry = self.until_entry("LimitsRefused")[0]
        self.assertRegex(entry["text"], r"^\d+ requests over a limit, 0 from addresses that are denied")
        self.assertNotIn("127.0.0.1", json.dumps(entry), "clients are told by their fingerprints")
        self.assertRegex(self.until_entry("BotSeen")[0]["text"], "signs: .*; client: [0-9a-f]{16}")
        summary = json.loads(sidecar.admin("/api/monitoring/audit")[1])
        self.assertEqual(summary["where"], "file", "and not which: the page is open")
        self.assertEqual(summary["events"]["DrillRefused"]["count"], 30)
        self.assertEqual((summary["lost"], summary["slowAboveMillis"]), (0, 100))
        self.assertGreater(summary["written"], 0)

    def test_of_a_flood_of_bots_each_is_counted_and_few_are_entries(self):
        many = 90  # more than the log has room for, and than wait for it
        application = self.application(echo)
        sidecar = self.sidecar(application, "--audit-log", self.path, "--trusted-proxy", "127.0.0.1", limits="dry-run")
        for at in range(2 * many):
            sidecar.ask(get("/", f"X-Forwarded-For: 192.0.2.{at // 2 + 1}", "User-Agent: curl/8.0", "Accept: */*", "Accept-Encoding: gzip",
                            "Accept-Language: en"))
            if at == 0:
                self.until_entry("BotSeen")
        sidecar.close()
        entries = [each for each in chained(self.path) if each["event"] == "BotSeen"]
        sums = [int(each["text"].split(" more clients")[0]) for each in entries if " more clients" in each["text"]]
        alone = [each for each in entries if each["text"].startswith("signs: bot_agent; client: ")]
        self.assertEqual(len(entries), len(sums) + len(alone))
        self.assertEqual(many, sum(sums) + len(alone))
        self.assertGreaterEqual(len(alone), 1)
        self.assertLess(len(entries), many)

    def test_a_difference_that_is_long_has_its_names_and_says_that_it_is_cut(self):
        prefixes = ", ".join(f"10.{at // 200}.{at % 200}.0/24" for at in range(900))
        _, sidecar = self.configured(f"auditLog: {self.path}\n", echo, limits=None)
        self.write(f"auditLog: {self.path}\ndeny: [{prefixes}]\nthreads: 2\n")
        text = self.until_entry("ConfigChanged")[0]["text"]
        self.assertTrue(text.startswith("--deny --threads; waits for a restart: --threads; now --deny=10.0.0.0/24 "), text)
        self.assertTrue(text.endswith("…"), text)
        self.assertEqual(len(text.encode()), 2000)
        sidecar.close()

    def test_another_configuration_is_an_entry_that_says_what_is_other(self):
        _, sidecar = self.configured(f"auditLog: {self.path}\nmakeTrace: true\n", echo, limits=None)
        self.write(f"auditLog: {self.path}\ndeny: [192.0.2.0/24]\nthreads: 2\n")
        entry = self.until_entry("ConfigChanged")[0]
        self.assertEqual(entry["subject"], self.file)
        self.assertEqual(entry["text"], "--deny --make-trace --threads; waits for a restart: --threads; now --deny=192.0.2.0/24 --threads=2; no more --make-trace")
        self.write("deny: [nonsense]\n")
        self.assertIn("nonsense", self.until_entry("ConfigRefused")[0]["text"])
        sidecar.close()


class Where(Audited):
    def test_by_default_lines_of_json_on_the_standard_output(self):
        _, sidecar = self.started(echo, within=("sh", "-c", f'exec "$0" "$@" > {self.path}'))
        self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token="guessed")[0], 401)
        sidecar.until_metric("muster_audit_write_duration_seconds_count", 1)
        with open(self.path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual([(each["seq"], each["event"]) for each in lines], [(1, "AdminRefused")])

    def test_off_counts_and_writes_nothing(self):
        _, sidecar = self.started(echo, "--audit-log", "off", within=("sh", "-c", f'exec "$0" "$@" > {self.path}'))
        self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token="guessed")[0], 401)
        self.assertEqual(sidecar.metric('muster_audit_events_total{event="AdminRefused"}'), 1)
        self.assertIsNone(sidecar.metric("muster_audit_slow_writes_total"))
        self.assertEqual(json.loads(sidecar.admin("/api/monitoring/audit")[1])["where"], "off")
        self.assertEqual(os.path.getsize(self.path), 0)

    def test_a_file_that_cannot_be_written_is_told_before_it_is_needed_and_nothing_is_made_for_that(self):
        def check(path):
            done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--audit-log", path, "--check-config"], capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            return done.returncode, done.stderr

        self.assertEqual((0, ""), check(self.path))
        self.assertFalse(os.path.exists(self.path))
        with open(self.path, "w", encoding="ascii"):
            pass
        self.assertEqual((0, ""), check(self.path))
        for path, why in ((os.path.join(self.folder, "nowhere", "audit.log"), "No such file"), (self.folder + "/", "directory"),
                          (os.path.join(self.path, "below"), "Not a directory")):
            code, said = check(path)
            self.assertEqual(2, code, path)
            self.assertIn(f"cannot open the audit log {path}", said)
            self.assertIn(why, said)

    def test_a_full_disk_loses_entries_and_no_request(self):
        _, sidecar = self.started(echo, "--audit-log", "/dev/full")
        self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token="guessed")[0], 401)
        sidecar.until_metric("muster_audit_lost_entries_total", 1)
        self.assertEqual(sidecar.ask(get("/")).status, 200)
        said = sidecar.until_said("the audit log is slow, or entries are missing")[0]
        self.assertIn("No space left", said["error"])

    def test_an_output_that_nobody_reads_holds_up_nothing(self):
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        os.write(reader, b"x" * 4096)  # it is full, and stays so
        _, sidecar = self.started(echo, within=("sh", "-c", f'exec "$0" "$@" > {fifo}'))
        for _ in range(10):
            self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token="guessed")[0], 401)
        self.assertEqual(sidecar.ask(get("/")).status, 200)
        sidecar.until_metric("muster_audit_slow_writes_total", 0)
        sidecar.until_said("the audit log is slow, or entries are missing")
        sidecar.close()  # in time, though entries wait

    def test_a_place_that_cannot_be_written_to_is_an_error_at_the_start(self):
        path = os.path.join(self.folder, "none", "audit.log")
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                               "--audit-log", path], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot open the audit log {path}", done.stderr)


if __name__ == "__main__":
    unittest.main()
