"""Figures that the sidecar sends of its own accord: what arrives, with which fields, and what becomes of it when nobody is there."""
import gzip
import http.server
import os
import queue
import socket
import struct
import tempfile
import threading
import time
import unittest

from peers import PATIENCE, Case, echo, free_port


def fields(message):
    """(number, value) of protobuf's wire format: numbers, eight bytes, bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 1:
            yield tag >> 3, message[at:at + 8]
            at += 8
        else:
            length = varint()
            yield tag >> 3, message[at:at + length]
            at += length


def every(message, *path):
    """All values under field numbers, one within the other."""
    found = [message]
    for number in path:
        found = [value for outer in found for field, value in fields(outer) if field == number]
    return found


def metrics_of(body):
    """{name: (temporality, {labels: value})} of counters and gauges, histograms by their counts."""
    out = {}
    for metric in every(body, 1, 2, 2):
        name = every(metric, 1)[0].decode()
        for kind, labels_at, value_at in ((5, 7, 4), (7, 7, 4), (9, 9, 4)):
            for data in every(metric, kind):
                points = {}
                for point in every(data, 1):
                    labels = tuple((every(one, 1)[0].decode(), every(one, 2, 1)[0].decode()) for one in every(point, labels_at))
                    raw = every(point, value_at)[0]
                    points[labels] = struct.unpack("<Q" if kind == 9 else "<d", raw)[0]
                out[name] = ((every(data, 2) or [None])[0], points)
    return out


class Collector:
    """Takes what is posted, and answers as the test wants."""

    def __init__(self):
        self.posts = queue.Queue()
        self.status = 200
        self.answer = ("application/x-protobuf", b"")
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = outer.status
                outer.posts.put((self.path, {key.lower(): value for key, value in self.headers.items()}, body, status))
                self.send_response(status)
                kind, text = outer.answer
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)

    def until(self, name):
        """The next post that was taken and has such a metric."""
        while True:
            path, headers, body, status = self.posts.get(timeout=PATIENCE)
            metrics = metrics_of(gzip.decompress(body))
            if name in metrics and status == 200:
                return path, headers, metrics


class Collected(Case):

    def collector(self):
        out = Collector()
        self.addCleanup(out.close)
        return out

    def start(self, port, *flags, path="/intake/v1/metrics"):
        sidecar = self.both(echo, "--statsd-listen", "127.0.0.1:0", "--export-seconds", "1", "--export-otlp",
                            f"http://127.0.0.1:{port}{path}", "--export-service", "shop", *flags)[1]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.connect(("127.0.0.1", int(sidecar.said["statsd_port"])))
        return sidecar, sock


class Otlp(Collected):
    def test_all_figures_arrive_with_the_key_of_the_intake(self):
        collector = self.collector()
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "key"), "w", encoding="ascii") as file:
                file.write("secret\n")
            sidecar, sock = self.start(collector.port, "--export-header-file", f"api-key={folder}/key")
            sock.send(b"orders:2|c|#shop:north\ndepth:-4|g\ntook:3|ms")
            path, headers, metrics = collector.until("took")
            self.assertEqual((path, headers["api-key"], headers["content-type"], headers["content-encoding"]),
                             ("/intake/v1/metrics", "secret", "application/x-protobuf", "gzip"))
            self.assertEqual(metrics["orders_total"], (2, {(("shop", "north"),): 2}))
            self.assertEqual(metrics["depth"], (None, {(): -4}))
            self.assertEqual(metrics["took"], (2, {(): 1}))
            self.assertIn("muster_sidecar_connections_total", metrics)
            with open(os.path.join(folder, "key"), "w", encoding="ascii") as file:
                file.write("another")  # a key that was changed is used from then on
            for _ in range(PATIENCE):
                if collector.until("took")[1]["api-key"] == "another":
                    break
            else:
                self.fail("the old key is still used")
            self.assertGreater(sidecar.figure('exports_total{to="otlp",result="sent"}'), 0)

    def test_what_was_not_taken_is_sent_again_and_nothing_twice(self):
        collector = self.collector()
        sidecar, sock = self.start(collector.port, "--export-delta")
        sock.send(b"orders:1|c")
        kind, points = collector.until("orders_total")[2]["orders_total"]
        self.assertEqual((kind, points), (1, {(): 1}))
        collector.status = 503
        sock.send(b"orders:10|c")
        sidecar.until_metric("orders_total", 11)
        before = sidecar.figure('exports_total{to="otlp",result="failed"}')
        while sidecar.figure('exports_total{to="otlp",result="failed"}') < before + 2:
            threading.Event().wait(0.05)
        collector.status = 200
        taken = [collector.until("orders_total")[2]["orders_total"][1][()] for _ in range(3)]
        self.assertEqual(sum(taken), 10, "what came while the receiver was away, and nothing from before")
        self.assertTrue(any("figures are not taken" in line for line in sidecar.lines))

    def test_what_a_receiver_took_in_part_is_counted_and_said_once(self):
        collector = self.collector()
        why = b"5 points are too \x1b old"
        collector.answer = ("application/x-protobuf", bytes([10, 4 + len(why), 8, 5, 18, len(why)]) + why)
        sidecar, _ = self.start(collector.port)
        sidecar.until_said("does not take all figures")
        until = time.monotonic() + PATIENCE
        while sidecar.figure("export_rejected_points_total") < 15 and time.monotonic() < until:
            threading.Event().wait(0.05)
        self.assertGreaterEqual(sidecar.figure("export_rejected_points_total"), 15)
        self.assertGreaterEqual(sidecar.figure('exports_total{to="otlp",result="sent"}'), 3)
        said = sidecar.until_said("does not take all figures")
        self.assertEqual([(each["rejected"], each["why"]) for each in said], [("5", "5 points are too ? old")])
        collector.answer = ("application/json", b'{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"another"}}')
        self.assertEqual(sidecar.until_said("does not take all figures", 2)[1]["why"], "another")
        collector.answer = ("application/json", b"{}")
        sidecar.until_said("takes all figures again")

    def test_nobody_is_there(self):
        sidecar, _ = self.start(free_port())
        for _ in range(PATIENCE * 20):
            if sidecar.figure('exports_total{to="otlp",result="failed"}') >= 2:
                break
            threading.Event().wait(0.05)
        self.assertEqual(sidecar.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)
        self.assertEqual(sum("figures are not taken" in line for line in sidecar.lines), 1)  # said once

    def test_the_last_is_sent_at_the_end(self):
        collector = self.collector()
        sidecar, sock = self.start(collector.port, "--export-seconds", "3600")
        sock.send(b"orders:7|c")
        sidecar.until_metric("orders_total", 7)
        sidecar.terminate()
        self.assertEqual(collector.until("orders_total")[2]["orders_total"][1], {(): 7})

    def test_another_sidecar_is_a_collector(self):
        receiver = self.both(echo, "--otlp-listen", "127.0.0.1:0")[1]
        sock = self.both(echo, "--statsd-listen", "127.0.0.1:0", "--export-seconds", "1",
                         "--export-otlp", f"http://127.0.0.1:{receiver.said['otlp_port']}/v1/metrics")[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"orders:5|c|#shop:a", ("127.0.0.1", int(sock.said["statsd_port"])))
        receiver.until_metric('orders_total{shop="a"}', 5)


class Intakes(Collected):
    """What two intakes ask for in their documentation: a path, fields, a type of content and which counters."""

    def sent(self, *shown):
        """The first request with what came in between, of a sidecar that sends these fields."""
        collector = self.collector()
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--export-delta"]
            for name, value in shown:
                with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                    file.write(value + "\n")
                flags += ["--export-header-file", f"{name}={folder}/{name}"]
            sidecar, sock = self.start(collector.port, *flags, path="/v1/metrics")
            sock.send(b"orders:2|c\ndepth:-4|g\ntook:3|ms")
            sidecar.until_metric("orders_total", 2)
            out = collector.until("orders_total")
        path, headers, metrics = out
        self.assertEqual((path, headers["content-type"], headers["content-encoding"]), ("/v1/metrics", "application/x-protobuf", "gzip"))
        self.assertEqual((metrics["orders_total"], metrics["depth"]), ((1, {(): 2}), (None, {(): -4})))
        self.assertEqual({kind for kind, _ in metrics.values()} - {None}, {1}, "delta, all of them")
        return headers

    def test_new_relic(self):
        self.assertEqual(self.sent(("api-key", "key of an account"))["api-key"], "key of an account")

    def test_datadog(self):
        translator = '{"resource_attributes_as_tags": true}'
        headers = self.sent(("dd-api-key", "key of an organization"), ("dd-otel-metric-config", translator))
        self.assertEqual((headers["dd-api-key"], headers["dd-otel-metric-config"]), ("key of an organization", translator))


class Dogstatsd(Case):
    def test_an_agent_is_told_what_came_in_between(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
            agent.bind(("127.0.0.1", 0))
            agent.settimeout(PATIENCE)
            sidecar = self.both(echo, "--statsd-listen", "127.0.0.1:0", "--export-seconds", "1", "--export-service", "shop",
                                "--export-dogstatsd", f"127.0.0.1:{agent.getsockname()[1]}")[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as application:
                application.connect(("127.0.0.1", int(sidecar.said["statsd_port"])))
                seen = []
                for count in (5, 3):
                    application.send(b"orders:%d|c|#shop:north" % count)
                    while True:
                        lines = agent.recv(65536).decode().split("\n")
                        found = [line for line in lines if line.startswith("orders_total:")]
                        if found:
                            seen += found
                            break
            self.assertEqual(seen, ["orders_total:5|c|#service:shop,shop:north", "orders_total:3|c|#service:shop,shop:north"])
            self.assertGreater(sidecar.figure('exports_total{to="dogstatsd",result="sent"}'), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
