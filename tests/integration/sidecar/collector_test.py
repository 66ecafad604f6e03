"""The sidecar's figures in a real OpenTelemetry Collector, in the open and over TLS."""
import os
import queue
import re
import socket
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, Case, echo, free_port
from tls_test import certificate

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
CONFIG = """
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{port}
{tls}
exporters:
  debug:
    verbosity: detailed
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    metrics:
      receivers: [otlp]
      exporters: [debug]
"""
TLS = """
        tls:
          cert_file: {}
          key_file: {}
"""


def program():
    return subprocess.run([os.path.join(ROOT, "ci", "collector.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


class Collector:
    """Tells what it took, metric by metric."""

    def __init__(self, folder, files=None):
        self.port = free_port()
        path = os.path.join(folder, "collector.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(port=self.port, tls=TLS.format(*files) if files else ""))
        self.process = subprocess.Popen([program(), "--config", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.until(lambda line: "Everything is ready" in line)

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line.rstrip("\n"))

    def until(self, wanted):
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if wanted(line):
                return line

    def metric(self, name):
        """What is said of one metric, as {field: value}; of several points the last."""
        self.until(lambda line: line.strip() == f"-> Name: {name}")
        said = {}
        while "Value" not in said and "Count" not in said:
            found = re.fullmatch(r"\s*(?:-> )?(\w+): (.*)", self.lines.get(timeout=PATIENCE))
            if found:
                said[found[1]] = found[2]
        return said

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stderr.close()


class RealCollector(Case):
    def start(self, *flags, files=None):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        collector = Collector(folder.name, files and certificate(folder.name, "collector", "localhost"))
        self.addCleanup(collector.close)
        scheme, trust = ("https", ["--export-ca-file", os.path.join(folder.name, "collector.crt")]) if files else ("http", [])
        sidecar = self.both(echo, "--statsd-listen", "127.0.0.1:0", "--export-seconds", "1", "--export-otlp",
                            f"{scheme}://localhost:{collector.port}/v1/metrics", *trust, *flags)[1]
        application = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(application.close)
        application.connect(("127.0.0.1", int(sidecar.said["statsd_port"])))
        return collector, sidecar, application

    def test_it_takes_counters_gauges_and_histograms(self):
        collector, sidecar, application = self.start()
        sidecar.ask(b"GET /orders HTTP/1.1\r\nHost: a\r\n\r\n")
        application.send(b"orders:5|c|#shop:north")
        sidecar.until_metric('orders_total{shop="north"}', 5)
        orders = collector.metric("orders_total")
        self.assertEqual((orders["DataType"], orders["IsMonotonic"], orders["AggregationTemporality"], orders["shop"], orders["Value"]),
                         ("Sum", "true", "Cumulative", "Str(north)", "5.000000"))
        application.send(b"depth:-4|g\ntook:3|ms")
        sidecar.until_metric("depth", -4)
        self.assertEqual((lambda said: (said["DataType"], said["Value"]))(collector.metric("depth")), ("Gauge", "-4.000000"))
        self.assertEqual((lambda said: (said["DataType"], said["Count"]))(collector.metric("took")), ("Histogram", "1"))
        self.assertEqual(collector.metric("http_requests_total")["DataType"], "Sum")
        self.assertEqual(sidecar.figure('exports_total{to="otlp",result="failed"}'), 0)

    def test_deltas_over_tls(self):
        collector, sidecar, application = self.start("--export-delta", files=True)
        application.send(b"orders:5|c")
        sidecar.until_metric("orders_total", 5)
        orders = collector.metric("orders_total")
        self.assertEqual((orders["AggregationTemporality"], orders["Value"]), ("Delta", "5.000000"))
        application.send(b"orders:2|c")
        self.assertEqual(collector.metric("orders_total")["Value"], "2.000000")


if __name__ == "__main__":
    unittest.main(verbosity=2)
