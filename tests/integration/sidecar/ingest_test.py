"""What applications and browsers tell the sidecar: over which port, in which form, and what comes of it."""
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from peers import PATIENCE, SOURCE, Case, echo, ok

JSON = "application/json"
PROTOBUF = "application/x-protobuf"


def http(port, method, path, body=b"", headers=None):
    """Status, fields in lower case, body."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body or None, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {key.lower(): value for key, value in error.headers.items()}, error.read()


def corpus(name):
    """What another writer of OTLP made; the first byte is the fuzzer's."""
    with open(os.path.join(SOURCE, "tests", "corpus", "otlp", name), "rb") as file:
        return file.read()[1:]


class Promtool:
    def check(self, sidecar):
        promtool = shutil.which("promtool")
        if promtool:
            judged = subprocess.run([promtool, "check", "metrics"], input=sidecar.admin("/metrics")[1], text=True, check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((judged.returncode, judged.stdout), (0, ""))


class Statsd(Case, Promtool):
    def start(self):
        sidecar = self.both(echo, "--statsd-listen", "127.0.0.1:0")[1]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.connect(("127.0.0.1", int(sidecar.said["statsd_port"])))
        return sidecar, sock

    def test_nothing_listens_unless_it_is_asked_for(self):
        sidecar = self.both(echo)[1]
        self.assertNotIn("statsd_port", sidecar.said)
        self.assertNotIn("statsd", sidecar.admin("/metrics")[1])

    def test_figures_are_in_the_metrics(self):
        sidecar, sock = self.start()
        sock.send(b"orders:2|c|#shop:north\norders:3|c|@0.5|#shop:north\nqueue.depth:7|g\nnonsense\n_e{1,1}:a|b")
        sock.send(b"db.query:12.5|ms|#user_id:7\nusers:a|s\nusers:b|s\nhttp.requests:1|c")
        sidecar.until_figure("statsd_packets_total", 2)
        self.assertEqual(sidecar.metric('orders_total{shop="north"}'), 8)
        self.assertEqual(sidecar.metric("queue_depth"), 7)
        self.assertEqual(sidecar.metric("users_distinct"), 2)
        self.assertEqual(sidecar.metric('db_query_bucket{le="20"}'), 1)
        self.assertEqual(sidecar.metric('muster_operations_total{kind="database_query",operation="db.query",success="true"}'), 1)
        for result, count in (("kept", 6), ("malformed", 1), ("event", 1), ("conflict", 1), ("other", 0)):
            self.assertEqual(sidecar.figure(f'statsd_values_total{{result="{result}"}}'), count, result)
        self.check(sidecar)

    def test_a_flood_is_lost_and_counted(self):
        sidecar, sock = self.start()
        many = 20000
        sidecar.process.send_signal(signal.SIGSTOP)  # so that it cannot be quick enough
        try:
            for _ in range(many):
                sock.send(b"flood:1|c|#padding:" + b"x" * 200)
        finally:
            sidecar.process.send_signal(signal.SIGCONT)
        sent = many
        for _ in range(500):
            sock.send(b"after:1|c")  # with it comes the news of what was lost
            sent += 1
            if sidecar.figure("statsd_packets_total") + sidecar.figure("statsd_lost_packets_total") == sent:
                break
        else:
            self.fail("packets are neither taken nor lost")
        self.assertGreater(sidecar.figure("statsd_lost_packets_total"), 0)
        self.assertGreater(sidecar.figure("statsd_packets_total"), 0)
        self.assertEqual(sidecar.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)

    def test_memory_has_a_bound_whatever_is_sent(self):
        sidecar, sock = self.start()
        for i in range(3000):
            sock.send(b"n%d:1|c|#t:%d\nm:1|c|#t:%d\n" % (i, i, i))
            if i % 100 == 99:
                sidecar.admin("/livez")  # so that it keeps up
        lines = [line for line in sidecar.admin("/metrics")[1].splitlines() if line.startswith(("n", "m_"))]
        self.assertLessEqual(len(lines), 1000)
        self.assertGreater(sidecar.metric('other_total{series="other"}'), 100)
        self.check(sidecar)


class Otlp(Case, Promtool):
    def start(self):
        sidecar = self.both(echo, "--otlp-listen", "127.0.0.1:0")[1]
        return sidecar, int(sidecar.said["otlp_port"])

    def test_both_forms_of_another_writer_are_taken(self):
        sidecar, port = self.start()
        for kind, name in ((JSON, "json"), (PROTOBUF, "protobuf")):
            status, fields, body = http(port, "POST", "/v1/metrics", corpus(f"metrics_{name}"), {"Content-Type": kind})
            self.assertEqual((status, fields["content-type"]), (200, kind))
            self.assertIn(b"beyond the bounds", body)  # two of them have no value
            status, fields, _ = http(port, "POST", "/v1/traces", corpus(f"traces_{name}"), {"Content-Type": kind})
            self.assertEqual((status, fields["content-type"]), (200, kind))
        self.assertEqual(sidecar.metric('queue_depth{queue="mail",urgent="true"}'), -7)
        self.assertEqual(sidecar.metric('orders_total{ratio="0.5",shard="3"}'), 41.5)
        self.assertEqual(sidecar.metric('muster_operations_total{kind="encryption",operation="encrypt",success="false"}'), 2)
        self.assertEqual(sidecar.figure('otlp_items_total{signal="traces",result="kept"}'), 6)
        self.check(sidecar)

    def test_a_summary_is_what_prometheus_makes_of_one(self):
        sidecar, port = self.start()
        for kind, name in ((JSON, "json"), (PROTOBUF, "protobuf")):
            self.assertEqual(http(port, "POST", "/v1/metrics", corpus(f"summary_{name}"), {"Content-Type": kind})[0], 200)
        self.assertEqual(sidecar.metric('took_count_total{route="/a"}'), 12)
        self.assertEqual(sidecar.metric('took_sum_total{route="/a"}'), 30.5)
        self.assertEqual(sidecar.metric('took{quantile_="0.99",route="/a"}'), 7.25)
        self.check(sidecar)

    def test_gzip_and_what_is_wrong(self):
        sidecar, port = self.start()
        packed = {"Content-Type": JSON, "Content-Encoding": "gzip"}
        self.assertEqual(http(port, "POST", "/v1/metrics", gzip.compress(corpus("metrics_json")), packed)[0], 200)
        for status, headers, body in ((400, packed, b"none"), (400, {"Content-Type": PROTOBUF}, b"none"), (415, {"Content-Type": "text/csv"}, b"a,b"),
                                      (413, packed, gzip.compress(b" " * (2 << 20)))):
            self.assertEqual(http(port, "POST", "/v1/metrics", body, headers)[0], status, headers)
        self.assertEqual(http(port, "POST", "/v1/metrics", b" " * (2 << 20), {"Content-Type": JSON})[0], 413)
        self.assertEqual(http(port, "GET", "/v1/metrics")[0], 405)
        self.assertEqual(http(port, "POST", "/v1/logs", b"{}", {"Content-Type": JSON})[0], 404)
        self.assertEqual(sidecar.figure('otlp_requests_total{signal="metrics",result="refused"}'), 4)

    def test_operations_and_encryption_are_told(self):
        sidecar, port = self.start()
        spans = [{"name": "encrypt card", "startTimeUnixNano": "1000000", "endTimeUnixNano": str(1000000 + millis * 1000000),
                  "attributes": [{"key": "operation.bytes", "value": {"intValue": "1000000"}}]} for millis in (5, 5, 5, 50)]
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
        self.assertEqual(http(port, "POST", "/v1/traces", body, {"Content-Type": JSON})[::2], (200, b"{}"))
        operations = json.loads(sidecar.admin("/api/monitoring/operations")[1])["operations"]
        self.assertEqual([(one["kind"], one["name"], one["count"], one["maxMillis"]) for one in operations], [("encryption", "encrypt_card", 4, 50)])
        encryption = json.loads(sidecar.admin("/api/monitoring/encryption")[1])
        self.assertEqual((encryption["grade"], encryption["kinds"][0]["percentWithinTarget"], encryption["kinds"][0]["alert"]), ("C", 75, "firing"))
        self.assertEqual(sidecar.until_said('"encryption"')[0]["msg"], "alert firing")


class Browsers(Case, Promtool):
    POST = json.dumps({"metrics": [{"name": "LCP", "value": 1800.5}, {"name": "cart/load", "kind": "api", "value": 612}]}).encode()

    def test_posts_among_the_pages_of_the_application(self):
        application, sidecar = self.both(echo, "--rum-path", "/muster/rum")
        status, fields, _ = http(sidecar.port, "POST", "/muster/rum", self.POST, {"Content-Type": "text/plain", "Origin": f"http://127.0.0.1:{sidecar.port}"})
        self.assertEqual(status, 202)
        self.assertEqual(fields["x-content-type-options"], "nosniff")  # an answer like any other of the data port
        self.assertEqual(sidecar.metric('rum_values_total{kind="vital",name="LCP"}'), 1)
        self.assertEqual(sidecar.metric('rum_slow_values_total{kind="api",name="cart/load"}'), 1)
        told = json.loads(sidecar.admin("/api/monitoring/browsers")[1])["metrics"]
        self.assertEqual([(one["name"], one["count"], one.get("rating")) for one in told], [("LCP", 1, "good"), ("cart/load", 1, None)])
        self.assertEqual(http(sidecar.port, "POST", "/muster/rum", self.POST, {"Origin": "https://evil.example"})[0], 403)
        self.assertEqual(http(sidecar.port, "POST", "/muster/rum", b"x" * 100000)[0], 413)
        self.assertEqual(application.requests, [])
        peer = self.connect(sidecar)  # one connection, to both in turn
        for path, status in (("/a", 200), ("/muster/rum", 202), ("/b", 200), ("/muster/rum.js", 405), ("/c", 200)):
            peer.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(self.POST)), self.POST)
            self.assertEqual(peer.response().status, status, path)
        self.assertEqual([head.start.split()[1] for head in application.requests], ["/a", "/b", "/c"])
        self.check(sidecar)

    def test_the_application_has_its_own_pages_unless_it_is_asked_for(self):
        application, sidecar = self.both(echo)
        self.assertEqual(http(sidecar.port, "POST", "/muster/rum", self.POST)[0], 200)
        self.assertEqual(len(application.requests), 1)

    def test_a_port_of_its_own_and_pages_of_another_origin(self):
        sidecar = self.both(echo, "--rum-listen", "127.0.0.1:0", "--rum-origin", "https://shop.example")[1]
        port = int(sidecar.said["rum_port"])
        status, fields, _ = http(port, "OPTIONS", "/muster/rum", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"})
        self.assertEqual((status, fields["access-control-allow-origin"], fields["access-control-allow-methods"]), (200, "https://shop.example", "POST"))
        self.assertEqual(http(port, "POST", "/muster/rum", self.POST, {"Origin": "https://shop.example"})[0], 202)
        self.assertEqual(http(port, "POST", "/muster/rum", self.POST, {"Origin": "https://other.example"})[0], 403)

    def test_the_script_measures_and_posts(self):
        node = shutil.which("node")
        if not node:
            self.skipTest("no node")
        sidecar = self.both(echo, "--rum-path", "/muster/rum")[1]
        status, fields, script = http(sidecar.port, "GET", "/muster/rum.js")
        self.assertEqual((status, fields["content-type"]), (200, "text/javascript; charset=utf-8"))
        harness = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser.js")
        ran = subprocess.run([node, harness], input=script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE * 3, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, b""))
        sent = json.loads(ran.stdout)
        self.assertEqual(len(sent), 1, "hidden twice, posted once")
        self.assertEqual((sent[0]["url"], sent[0]["type"]), ("https://shop.example/muster/rum", "text/plain"))
        values = {one["name"]: one["value"] for one in json.loads(sent[0]["body"])["metrics"]}
        self.assertEqual(values, {"LCP": 1500, "FCP": 800, "CLS": 0.25, "INP": 240, "TTFB": 120, "page": 2100, "cart": 612})
        self.assertEqual(http(sidecar.port, "POST", "/muster/rum", sent[0]["body"].encode(), {"Content-Type": "text/plain"})[0], 202)
        self.assertEqual(sidecar.figure("rum_refused_values_total"), 0)
        self.assertEqual(sidecar.metric('rum_values_total{kind="vital",name="INP"}'), 1)


class AtOnce(Case):
    def test_a_client_has_so_many_requests_under_way(self):
        begun = threading.Semaphore(0)
        go_on = threading.Event()

        def wait(peer, application):
            while True:
                peer.head()
                begun.release()
                go_on.wait(PATIENCE)
                peer.send(ok())

        _, sidecar = self.both(wait, "--concurrency-max", "2")
        get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        held = [self.connect(sidecar).send(get) for _ in range(2)]
        for _ in held:
            self.assertTrue(begun.acquire(timeout=PATIENCE))
        refused = sidecar.ask(get)
        self.assertEqual((refused.status, refused.get("retry-after"), refused.error()["reason"]), (429, "1", "too_many_at_once"))
        self.assertEqual(sidecar.figure("concurrency_refused_total"), 1)
        self.assertEqual(sidecar.figure("concurrency_clients"), 1)
        go_on.set()
        for peer in held:
            self.assertEqual(peer.response().status, 200)
        sidecar.until_figure("concurrency_clients", 0)
        self.assertEqual(sidecar.ask(get).status, 200)
        while begun.acquire(blocking=False):
            pass
        go_on.clear()
        held[0].send(get)
        self.assertTrue(begun.acquire(timeout=PATIENCE))
        held[0].reset()  # a client that goes away gives its place back
        sidecar.until_figure("concurrency_clients", 0)
        go_on.set()


class Page(Case):
    def page(self, sidecar, **headers):
        return http(sidecar.admin_port, "GET", "/metrics", headers={key.replace("_", "-"): value for key, value in headers.items()})

    def test_open_metrics_with_exemplars(self):
        sidecar = self.both(echo, "--statsd-listen", "127.0.0.1:0", "--otlp-listen", "127.0.0.1:0", "--rum-path", "/muster/rum",
                            "--limits", "on", "--concurrency-max", "9")[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"orders:1|c|#shop:a\ntook:3|ms\nusers:a|s\ndepth:1|g", ("127.0.0.1", int(sidecar.said["statsd_port"])))
        http(sidecar.port, "POST", "/muster/rum", Browsers.POST)
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        http(sidecar.port, "GET", "/", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        sidecar.until_metric('http_requests_total{method="GET",endpoint="/",status="200"}', 1)
        sidecar.until_figure("statsd_packets_total", 1)
        status, fields, body = self.page(sidecar, Accept="application/openmetrics-text; version=1.0.0; charset=utf-8, text/plain;q=0.5")
        self.assertEqual((status, fields["content-type"]), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        text = body.decode()
        self.assertTrue(text.endswith("# EOF\n"))
        self.assertIn(f'# {{trace_id="{trace}"}} ', text)
        self.assertIn("# TYPE muster_sidecar_connections counter\n", text)
        self.assertIn("# TYPE orders counter\n", text)
        promtool = shutil.which("promtool")
        if promtool:  # its reader of OpenMetrics wants a time with every sample
            now = int(time.time())
            lines = [line if line.startswith("#") else " # ".join([f"{(parts := line.split(' # ', 1))[0]} {now}", *parts[1:]]) for line in text.splitlines()]
            with tempfile.TemporaryDirectory() as folder:
                with open(f"{folder}/page", "w", encoding="utf-8") as file:
                    file.write("\n".join(lines) + "\n")
                read = subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", f"{folder}/page", f"{folder}/blocks"], check=False,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                self.assertEqual(read.returncode, 0, read.stdout)

    def test_the_same_without_and_packed(self):
        sidecar = self.both(echo)[1]
        _, fields, plain = self.page(sidecar)
        self.assertEqual(fields["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertNotIn(b"# EOF", plain)
        _, fields, packed = self.page(sidecar, Accept_Encoding="gzip")
        self.assertEqual((fields["content-encoding"], fields["vary"]), ("gzip", "Accept, Accept-Encoding"))
        self.assertIn(b"muster_sidecar_connections_total", gzip.decompress(packed))
        self.assertLess(len(packed), len(plain) // 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
