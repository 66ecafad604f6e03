"""Limits that a user sets, of the program as it runs: at the start, by another file while it serves, and what it says of them."""
import json
import os
import threading
import unittest

from ingest_test import http
from peers import PATIENCE, echo
from reload_test import Configured

NEVER = 86_400_000  # milliseconds


def slow_and_missing(peer, application):
    """404 after 50 ms: above any limit of a few, far below NEVER, on the busiest of machines."""
    while True:
        peer.head()
        if application.ending.wait(0.05):
            return
        peer.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def said_of(sidecar, path="/health"):
    return json.loads(sidecar.admin(path)[1])


class Watched(Configured):
    def load(self, sidecar):
        """Requests all the time, so that the last minute is never empty."""
        stop = threading.Event()

        def client():
            peer = sidecar.connect()
            while not stop.wait(0.05):
                peer.send(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n").response()
            peer.close()
        thread = threading.Thread(target=client, daemon=True)
        thread.start()

        def end():
            stop.set()
            thread.join(PATIENCE)
        self.addCleanup(end)

    def until_issues(self, sidecar, issues):
        """Name, severity and threshold of each."""
        said = None
        for _ in range(PATIENCE * 10):
            said = [(each["name"], each["severity"], each["threshold"]) for each in said_of(sidecar)["issues"]]
            if said == issues:
                return
            threading.Event().wait(0.1)
        self.fail(f"{said}, not {issues}")


class Thresholds(Watched):
    def test_what_is_written_anew_is_what_is_judged_by(self):
        _, sidecar = self.configured("watch: none\nthresholds: {responseP95Millis: {warning: 10, critical: 20}}\n", slow_and_missing)
        self.load(sidecar)
        self.until_issues(sidecar, [("response_p95", "critical", 20), ("error_rate", "critical", 5)])
        self.assertEqual((sidecar.admin("/health")[0], said_of(sidecar)["status"]), (503, "unhealthy"))

        self.write(f"watch: none\nerrorsFrom: 5xx\nthresholds: {{responseP95Millis: {{warning: 10, critical: {NEVER}}}}}\n")
        self.reloaded(sidecar, 1)
        self.until_issues(sidecar, [("response_p95", "warning", 10)])
        self.assertEqual(said_of(sidecar)["status"], "degraded")
        resolved = sidecar.until_said("alert resolved")
        self.assertEqual([each["alert"] for each in resolved], ["error_rate"])
        shown = {one.pop("name"): one for one in said_of(sidecar, "/api/monitoring/metrics")["thresholds"]}
        self.assertEqual(shown["response_p95"], {"unit": "ms", "warning": 10, "critical": NEVER})
        self.assertEqual(shown["error_rate"], {"unit": "%", "critical": 5, "errorsFrom": "5xx"})
        self.assertEqual(shown["cpu"], {"unit": "%", "warning": 80})

        self.write(f"watch: none\nerrorsFrom: 5xx\nthresholds: {{responseP95Millis: {{warning: {NEVER}}}}}\n")
        self.reloaded(sidecar, 2)
        self.until_issues(sidecar, [])
        self.assertEqual((sidecar.admin("/health")[0], said_of(sidecar)["status"]), (200, "healthy"))
        self.assertEqual(sidecar.figure("config_needs_restart"), 0)

        self.write("watch: none\nthresholds: {responseP95Millis: {warning: 5, critical: 1}}\n")
        sidecar.until_figure('config_reloads_total{result="failure"}', 1)
        self.assertIn("responseP95Millis: warning 5 is not allowed: at most critical, which is 1",
                      sidecar.until_said("new configuration is not used")[0]["error"])
        self.assertEqual(sidecar.admin("/health")[0], 200)

    def test_a_flag_wins_over_the_file(self):
        _, sidecar = self.configured("watch: none\nthresholds: {responseP95Millis: {warning: 10}}\n", slow_and_missing,
                                     "--threshold", f"responseP95Millis={NEVER}", "--threshold", "errorPercent=:100")
        self.load(sidecar)
        for _ in range(PATIENCE * 10):
            if sidecar.admin("/health")[0] == 200:
                return
            threading.Event().wait(0.1)
        self.fail(sidecar.admin("/health"))


class Disks(Watched):
    def test_paths_that_are_named_are_watched_also_of_another_process(self):
        """As of an application whose volumes are not the sidecar's; the test's own process is such another one."""
        path = "/proc/*/root" + os.path.realpath(self.folder)
        _, sidecar = self.configured("watch: none\nthresholds: {diskPercent: {warning: 0.000001, critical: 0.00001}}\n"
                                     f"diskPaths: [/no/such/path, {path}]\n")
        self.assertEqual(sidecar.until_said("disk path cannot be looked at")[0]["path"], "/no/such/path")
        self.until_issues(sidecar, [("disk", "critical", 0.00001)])
        said = said_of(sidecar, "/api/monitoring/metrics")["current"]
        self.assertEqual(said["disk_path"], path)
        found = os.statvfs(self.folder)
        self.assertEqual(said["disk_total_bytes"], found.f_blocks * found.f_frsize)
        self.assertEqual([name for name in said if not name.startswith("disk_")], ["time"], "nothing of the machine")


class Reported(Configured):
    def test_operations_encryption_and_browsers_are_held_to_what_is_set(self):
        limits = "operationThresholds: {{encryptionMillis: {}}}\nencryptionTargets: {{fieldMillis: {}}}\nslowTimings: {{apiMillis: {}}}\n"
        _, sidecar = self.configured(limits.format(1, 2, 3), echo, "--otlp-listen", "127.0.0.1:0", "--rum-path", "/rum")
        port = int(sidecar.said["otlp_port"])
        spans = [{"name": "encrypt card", "startTimeUnixNano": "1000000", "endTimeUnixNano": str(1000000 + 8 * 1000000)}]
        traces = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
        post = json.dumps([{"name": "cart", "kind": "api", "value": 8}]).encode()

        def report():
            self.assertEqual(http(port, "POST", "/v1/traces", traces, {"Content-Type": "application/json"})[0], 200)
            self.assertEqual(http(sidecar.port, "POST", "/rum", post)[0], 202)
            operation = said_of(sidecar, "/api/monitoring/operations")["operations"][0]
            field = said_of(sidecar, "/api/monitoring/encryption")["kinds"][0]
            slow = said_of(sidecar, "/api/monitoring/browsers")["metrics"][0]["slow"]
            return operation["thresholdMillis"], field["targetMillis"], field["percentWithinTarget"], slow
        self.assertEqual(report(), (1, 2, 0, 1))
        told = {each["alert"]: (each["severity"], each["threshold"]) for each in sidecar.until_said("alert firing", 2)}
        self.assertEqual(told, {"operation": ("critical", "1.0"), "encryption": ("critical", "2.0")})
        self.write(limits.format(1000, 1000, 1000))
        self.reloaded(sidecar, 1)
        self.assertEqual(report(), (1000, 1000, 50, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
