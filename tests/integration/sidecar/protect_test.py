"""Limits, figures of requests, health and the query API, of the program as it runs."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM, Case, echo, ok

RULE = '{"name": "all", "limits": [{"requests": 10, "seconds": 3600}]}'


def get(path="/", *lines):
    return b"".join([f"GET {path} HTTP/1.1\r\nHost: shop\r\n".encode(), *(f"{line}\r\n".encode() for line in lines), b"\r\n"])


def statuses(sidecar, count, *lines_of):
    """Of so many requests over one connection; `lines_of(i)` gives the fields of each."""
    peer = sidecar.connect()
    try:
        return [peer.send(get("/", *(one(i) for one in lines_of))).response().status for i in range(count)]
    finally:
        peer.close()


class Limits(Case):
    def test_what_is_too_much_is_refused_with_when_to_come_back(self):
        application, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE)
        self.assertEqual(statuses(sidecar, 12), [200] * 10 + [429] * 2)
        self.assertEqual(len(application.requests), 10)
        refused = sidecar.ask(get("/", "X-Request-ID: mine"))
        self.assertEqual(refused.error()["requestId"], "mine")
        self.assertEqual(refused.error()["status"], 429)
        self.assertIn(int(refused.get("retry-after")), range(3600 * 4 // 5, 3600 * 6 // 5 + 1))  # a window moves on by fifths
        self.assertEqual(refused.get("ratelimit-policy"), '"all-1h";q=10;w=3600')
        self.assertIn('"all-1h";r=0;t=', refused.get("ratelimit"))
        self.assertEqual(sidecar.figure('limit_decisions_total{decision="admit",bucket="",dry_run="false"}'), 10)
        self.assertEqual(sidecar.figure('limit_decisions_total{decision="refuse",bucket="client",dry_run="false"}'), 3)

    def test_another_header_each_time_is_no_way_around(self):
        application, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE)
        seen = statuses(sidecar, 100, lambda i: f"User-Agent: browser/{i}", lambda i: f"X-Forwarded-For: 203.0.113.{i}")
        self.assertEqual(seen.count(200), 10)
        self.assertEqual(len(application.requests), 10)

    def test_clients_behind_a_trusted_proxy_are_told_apart(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, "--trusted-proxy", "127.0.0.0/8")
        for client in ("203.0.113.1", "203.0.113.2"):
            seen = statuses(sidecar, 11, lambda i, client=client: f"X-Forwarded-For: 198.51.100.{i}, {client}")
            self.assertEqual(seen, [200] * 10 + [429], "what a client says of itself changes nothing")

    def test_a_dry_run_lets_in_and_tells(self):
        _, sidecar = self.both(echo, "--limits", "dry-run", "--limit-rule", RULE)
        self.assertEqual(statuses(sidecar, 15), [200] * 15)
        self.assertEqual(sidecar.figure('limit_decisions_total{decision="refuse",bucket="",dry_run="true"}'), 5)

    def test_lists(self):
        application, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, "--deny", "127.0.0.1")
        refused = sidecar.ask(get())
        self.assertEqual((refused.status, refused.error()["reason"]), (403, "denied"))
        self.assertEqual(application.requests, [])
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, "--allow", "127.0.0.0/8")
        self.assertEqual(statuses(sidecar, 15), [200] * 15)

    def test_paths_without_limits(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, "--unlimited-path", "/healthz")
        for _ in range(15):
            self.assertEqual(sidecar.ask(get("/healthz?deep=1")).status, 200)
        self.assertEqual(sidecar.ask(get("/")).status, 200)

    def test_cores_count_together(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, "--threads", "2")
        seen = [sidecar.ask(get()).status for _ in range(30)]
        self.assertIn(seen.count(200), (10, 11))  # two cores may both see the last free place

    def test_signs_of_bots_and_who_is_refused_most(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE)
        statuses(sidecar, 20, lambda i: "User-Agent: curl/8.0")
        self.assertEqual(sidecar.figure('bot_signs_total{sign="bot_agent"}'), 20)
        _, text = sidecar.admin("/metrics")
        offenders = [line for line in text.splitlines() if line.startswith("muster_sidecar_limit_offender_requests{")]
        self.assertEqual(len(offenders), 1)
        self.assertRegex(offenders[0], r'{client="[0-9a-f]{16}"} 10$')
        self.assertNotIn("127.0.0.1", "".join(offenders))

    def test_who_changes_its_headers_is_the_one_that_is_refused_most(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE)
        statuses(sidecar, 200, lambda i: f"User-Agent: {i}")
        offenders = [line for line in sidecar.admin("/metrics")[1].splitlines() if "offender_requests{" in line]
        self.assertEqual(1, len(offenders))
        self.assertRegex(offenders[0], r'{client="[0-9a-f]{16}"} 190$')

    def test_lines_that_a_client_made_up_hide_nothing_that_a_proxy_says_of_it(self):
        # As HAProxy's `option forwardfor` does it: what the client sent stays, and its address is one more line.
        lines = [f"X-Forwarded-For: 10.9.9.{i}" for i in range(20)] + ["X-Forwarded-For: 192.0.2.7"]
        for flags, want in ((("--limit-rule", RULE), 429), (("--deny", "192.0.2.7"), 403), (("--allow", "10.9.9.9", "--deny", "192.0.2.7"), 403)):
            _, sidecar = self.both(echo, "--limits", "on", "--trusted-proxy", "127.0.0.1", *flags)
            last = [sidecar.ask(get("/", *lines)).status for _ in range(11)][-1]
            self.assertEqual(want, last, flags)

    def test_who_is_denied_is_so_without_limits_too(self):
        application, sidecar = self.both(echo, "--limits", "off", "--deny", "127.0.0.1")
        refused = sidecar.ask(get())
        self.assertEqual((403, "denied"), (refused.status, refused.error()["reason"]))
        self.assertEqual([], application.requests)
        self.assertEqual(1, sidecar.figure('limit_decisions_total{decision="deny",bucket="client",dry_run="false"}'))

    def test_addresses_are_told_while_they_are_asked_for_and_forgotten_with_that(self):
        with tempfile.NamedTemporaryFile("w") as config:
            def say(asks):
                config.seek(0)
                config.write(f"limits: 'on'\nlimitRules: [{{name: a, limits: [{{requests: 10, seconds: 60}}]}}]\noffenderAddresses: {asks}\n")
                config.truncate()
                config.flush()

            def told():
                return [line.split(" ")[0] for line in sidecar.admin("/metrics")[1].splitlines() if "offender_requests{" in line]

            say("false")
            sidecar = self.sidecar(self.application(echo), "--config", config.name, limits=None)
            statuses(sidecar, 12)
            self.assertNotIn("address", told()[0])
            for turn, asks in enumerate(("true", "false"), 1):
                say(asks)
                sidecar.hang_up()
                sidecar.until_said("another configuration is in force", turn)
                if asks == "true":
                    self.assertNotIn("address", told()[0], "of before it was asked for")
                    statuses(sidecar, 2)
                    self.assertRegex(told()[0], r'{client="[0-9a-f]{16}",address="127\.0\.0\.1"}$')
            self.assertEqual(1, len(told()))
            self.assertNotIn("127.0.0.1", told()[0])

    def test_each_sign_of_a_bot_is_a_line_of_the_log_once(self):
        _, sidecar = self.both(echo, "--limits", "dry-run", "--bot-pages-min", "2")
        peer = "GET /page/%d HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n"
        for number in (1, 2, 3, 4, 5):
            sidecar.ask((peer % number).encode())
        said = sidecar.until_said("looks like a program", 2)
        self.assertEqual([line["signs"] for line in said], ["bot_agent, missing_headers", "sequential_pages"])
        for line in said:
            for field in ("client", "fingerprint", "headerOrder"):
                self.assertRegex(line[field], "^[0-9a-f]{16}$")
        self.assertEqual(said[0]["headerOrder"], said[1]["headerOrder"])
        self.assertNotIn("127.0.0.1", json.dumps(said))

    def test_the_key_decides_the_fingerprint(self):
        def offender(*flags):
            _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, *flags)
            statuses(sidecar, 11)
            return [line for line in sidecar.admin("/metrics")[1].splitlines() if "offender_requests{" in line]
        with tempfile.NamedTemporaryFile("w") as key:
            key.write("a key of 16 bytes\n")
            key.flush()
            first, second = (offender("--fingerprint-key-file", key.name) for _ in range(2))
        self.assertEqual(first, second)
        self.assertNotEqual(first, offender())


class Figures(Case):
    def until_line(self, sidecar, line):
        """A request is counted when its last byte has gone, which a client may see before."""
        for _ in range(PATIENCE * 20):
            text = sidecar.admin("/metrics")[1]
            if line + "\n" in text:
                return
            threading.Event().wait(0.05)
        self.fail(f"{line} is not in\n{text}")

    def test_requests_by_method_endpoint_and_status(self):
        def serve(peer, application):
            while True:
                head = peer.head()
                application.requests.append(head)
                found = b"/missing" not in head.raw
                peer.send(ok(b"x" * 100) if found else b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        _, sidecar = self.both(serve, "--endpoint", "/shops/{shop}/*")
        for path in ("/users/1", "/users/2", "/shops/paris/list", "/missing/17"):
            sidecar.ask(get(path))
        for line in ('http_requests_total{method="GET",endpoint="/users/{id}",status="200"} 2',
                     'http_requests_total{method="GET",endpoint="/shops/{shop}/*",status="200"} 1',
                     'http_requests_total{method="GET",endpoint="other",status="404"} 1',
                     'http_request_duration_seconds_count{method="GET",endpoint="/users/{id}"} 2',
                     "active_connections 0"):
            self.until_line(sidecar, line)

    def test_a_refused_request_is_counted_and_none_stays_under_way(self):
        _, sidecar = self.both(echo)
        self.assertEqual(sidecar.ask(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status, 400)
        self.until_line(sidecar, 'http_requests_total{method="other",endpoint="other",status="400"} 1')
        self.until_line(sidecar, "http_requests_in_flight 0")

    def test_metrics_are_what_prometheus_wants(self):
        _, sidecar = self.both(echo, "--limits", "on", "--limit-rule", RULE, "--watch", f"pid:{os.getpid()}")
        statuses(sidecar, 12)
        judged = subprocess.run([shutil.which("promtool"), "check", "metrics"], input=sidecar.admin("/metrics")[1], text=True,
                                check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((judged.returncode, judged.stdout), (0, ""))


class Health(Case):
    def until(self, sidecar, path, holds):
        for _ in range(PATIENCE * 10):
            status, text = sidecar.admin(path)
            if holds(status, json.loads(text)):
                return json.loads(text)
            threading.Event().wait(0.1)
        return self.fail(f"{path}: {status} {text}")

    def test_errors_make_it_degraded(self):
        def serve(peer, _):
            while True:
                peer.head()
                peer.send(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
        _, sidecar = self.both(serve, "--watch", "none")
        statuses(sidecar, 20)
        said = self.until(sidecar, "/health", lambda status, said: status == 503 and said["issues"])
        self.assertEqual((said["status"], [one["name"] for one in said["issues"]]), ("degraded", ["error_rate"]))
        self.assertEqual(said["issues"][0]["threshold"], 5)
        self.assertIn("cpu", said["unmeasured"])
        self.assertTrue(any("alert firing" in line for line in sidecar.lines))
        self.assertEqual(sidecar.admin("/livez")[0], 200)

    def test_a_process_is_watched(self):
        _, sidecar = self.both(echo, "--watch", f"pid:{os.getpid()}")
        statuses(sidecar, 5)
        said = self.until(sidecar, "/api/monitoring/metrics?range=5m", lambda _, said: (said["current"] or {}).get("memory_working_set_bytes", 0) > 0)
        self.assertGreater(said["current"]["memory_working_set_bytes"], 1_000_000)
        self.assertEqual(said["rangeSeconds"], 300)
        self.assertEqual({one["name"]: (one.get("warning"), one.get("critical")) for one in said["thresholds"]},
                         {"cpu": (80, None), "memory": (85, None), "disk": (None, 90), "response_p95": (2000, None),
                          "error_rate": (None, 5), "database_connections": (80, None)})
        self.assertEqual(sidecar.admin("/api/monitoring/metrics?range=1x")[0], 400)
        system = json.loads(sidecar.admin("/api/monitoring/system")[1])
        self.assertEqual(("http", os.uname().nodename), (system["mode"], system["hostname"]))
        version = subprocess.run([os.environ["MUSTER_SIDECAR"], "--version"], capture_output=True, text=True, check=True).stdout
        self.assertIn(f"{system['version']} ({system['revision']}", version)
        self.assertIn(f'muster_build_info{{version="{system["version"]}",revision="{system["revision"]}"', sidecar.admin("/metrics")[1])
        for asked in ("/api/monitoring/requests?status=500", "/api/monitoring/metrics?rang=1h"):
            self.assertEqual(400, sidecar.admin(asked)[0], asked)
        self.assertIn(sidecar.admin("/api/monitoring/health")[0], (200, 503))

    def test_what_cannot_be_watched(self):
        for watch, said in (("pid:x", "auto, pod, none, pid:N or cgroup:N"), ("pid:2147483000", "no such process")):
            with self.assertRaises(AssertionError) as caught:
                self.sidecar(self.application(), "--watch", watch)
            self.assertIn(said, str(caught.exception))


class Configuration(Case):
    def test_a_file_says_the_same(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("""kind: SidecarProfile
spec:
  limitRules:
    - name: login
      path: /login
      method: POST
      limits: [{requests: 2, seconds: 60}]
  trustedProxies: [127.0.0.0/8]
  endpoints: ["/users/{name}"]
""")
            file.flush()
            _, sidecar = self.both(echo, "--limits", "on", "--config", file.name)
            seen = [sidecar.ask(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status for _ in range(3)]
            self.assertEqual(seen, [200, 200, 429])
            self.assertEqual(sidecar.ask(get("/login")).status, 200)

    def test_what_is_wrong_is_named(self):
        for flags, said in ((["--limit-rule", '{"name": "a"}'], "limits: at least one"),
                            (["--limit-rule", '{"nam": "a"}'], "no field 'nam'; there are name, path"),
                            (["--limit-rule", '{"limits": [{"requests": 0, "seconds": 1}]}'], "requests: a whole number from 1"),
                            (["--deny", "10.0.0.1/8"], "10.0.0.1/8"), (["--endpoint", "users"], "users")):
            for check in ([], ["--check-config"]):
                done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", *flags, *check], stderr=subprocess.PIPE, text=True,
                                      timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2, flags)
                self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
