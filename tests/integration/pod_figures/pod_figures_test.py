"""The kubelet's figures of a pod, from a kubelet to a sidecar's pages: the real `muster-operator pod-figures` and the real sidecar,
between a server of TLS that answers as a kubelet does and one that answers as an API server does for one pod."""
import contextlib
import datetime
import http.client
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "sidecar"))
from peers import Case  # noqa: E402  pylint: disable=wrong-import-position

OPERATOR = os.environ.get("MUSTER_OPERATOR") or os.path.join(SOURCE, "build", "default", "operator", "muster-operator")
PATIENCE = 150  # seconds: a kubelet that failed is asked again after up to eighty, and the machine is busy
TOKEN = "a-token-for-kubelets-and-pods"
CORES = 'muster_pod_cpu_cores{source="kubelet"}'
FRESH = 'muster_pod_source_fresh{source="kubelet"}'

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop", "uid": "1d6f"},
       "status": {"hostIP": "127.0.0.1", "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}]},
       "spec": {"nodeName": "node1", "initContainers": [{"name": "muster-sidecar", "restartPolicy": "Always"}],
                "containers": [{"name": "app", "resources": {"limits": {"cpu": "500m", "memory": "100Mi"}}}]}}


def stamp(seconds_ago=0):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds_ago)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def summary(uid, cores, when):
    """As a kubelet of 1.36 has it, without what says nothing of a pod's containers."""
    def used(name, share):
        return {"name": name, "startTime": stamp(600), "logs": {"time": when, "usedBytes": 4096},
                "cpu": {"time": when, "usageNanoCores": int(share * 1e9), "usageCoreNanoSeconds": 123456789},
                "memory": {"time": when, "usageBytes": 60 << 20, "workingSetBytes": 50 << 20, "rssBytes": 40 << 20, "pageFaults": 3},
                "rootfs": {"time": when, "availableBytes": 600, "capacityBytes": 1000, "usedBytes": 7, "inodesFree": 5},
                "swap": {"time": when, "swapUsageBytes": 0}}
    pods = [{"podRef": {"name": name, "namespace": "shop", "uid": one}, "startTime": stamp(600),
             "containers": [used("app", share), used("muster-sidecar", 3)],
             "cpu": {"time": when, "usageNanoCores": 4, "psi": {"some": {"total": 1, "avg10": 25, "avg60": 0, "avg300": 0},
                                                                "full": {"total": 1, "avg10": 0, "avg60": 0, "avg300": 0}}},
             "network": {"time": when, "name": "eth0", "rxBytes": 1, "txBytes": 2},
             "volume": [{"name": "data", "time": when, "availableBytes": 200, "capacityBytes": 1000, "usedBytes": 1}]}
            for name, one, share in (("other", "other", 9), ("web-0", uid, cores))]
    return {"node": {"nodeName": "node1", "startTime": stamp(6000), "cpu": {"time": when, "usageNanoCores": 5}}, "pods": pods}


class Server:
    """Answers each GET with what `answer(path)` says: (status, object). Keeps who asked for what."""

    def __init__(self, answer, context=None):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, self.headers.get("Authorization")))
                status, said = answer(self.path)
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that does not trust us ends in the middle of TLS

        self.server = Listener(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class PodFigures(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="muster-figures-")
        cls.addClassCleanup(cls.folder.cleanup)
        for name in ("kubelet", "stranger"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                            "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", cls.path(f"{name}.key"),
                            "-out", cls.path(f"{name}.crt")], check=True, capture_output=True)
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(cls.path("kubelet.crt"), cls.path("kubelet.key"))

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def setUp(self):
        self.cores, self.age, self.status, self.uid, self.more = 0.25, 0, 200, "1d6f", {}
        self.kubelet = Server(lambda path: (self.status, {**summary(self.uid, self.cores, stamp(self.age)), **self.more} if self.status == 200 else {}),
                              self.context)
        self.addCleanup(self.kubelet.close)
        self.api = Server(lambda path: (200, POD) if path == "/api/v1/namespaces/shop/pods/web-0" else
                          (404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": f"nothing at {path}"}))
        self.addCleanup(self.api.close)
        with open(self.path("kubeconfig"), "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                       "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.api.port}"}}],
                       "users": [{"name": "u", "user": {"token": TOKEN}}]}, file)

    def figures(self, *flags):
        """The operator's part; returns its port."""
        log = tempfile.NamedTemporaryFile(dir=self.folder.name, suffix=".log")
        self.addCleanup(log.close)
        self.log = log.name
        process = subprocess.Popen(
            [OPERATOR, "pod-figures", f"--kubeconfig={self.path('kubeconfig')}", "--listen=127.0.0.1:0", f"--kubelet-port={self.kubelet.port}", *flags],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def end():
            process.terminate()
            try:
                self.assertEqual(process.wait(PATIENCE), 0, self.said())
            finally:
                process.kill()
        self.addCleanup(end)
        return int(self.until(lambda: re.search(r'"msg":"serving","port":"(\d+)"', self.said()), "serves").group(1))

    def said(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def until(self, look, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if seen := look():
                return seen
            threading.Event().wait(0.1)
        raise AssertionError(f"it never {what}: {self.said()}")

    def blind(self, port, pod="shop/web-0", uid="1d6f"):
        """A sidecar that is no container of a pod that shares its processes: this machine's first process is no pause."""
        with unittest.mock.patch.dict(os.environ, {"MUSTER_POD_FIGURES": f"http://127.0.0.1:{port}/pods/{pod}", "MUSTER_POD_UID": uid}):
            return self.sidecar(self.application())

    def ask(self, port, path, address="127.0.0.1"):
        """Asked from this address."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(address, 0))
        with contextlib.closing(connection):
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()

    def points(self, sidecar):
        timeline = json.loads(sidecar.admin("/api/monitoring/metrics?range=5m")[1])["timeline"]
        return sum("cpu_cores" in one for one in timeline)

    def test_what_a_kubelet_says_is_on_the_sidecars_pages(self):
        port = self.figures(f"--kubelet-ca-file={self.path('kubelet.crt')}")
        sidecar = self.blind(port)
        self.until(lambda: sidecar.metric(CORES) == 0.25, "showed the kubelet's figure")
        self.assertEqual(sidecar.metric('muster_pod_cpu_ratio{source="kubelet"}'), 0.5)
        self.assertEqual(sidecar.metric('muster_pod_memory_ratio{source="kubelet"}'), 0.5)
        self.assertEqual(sidecar.metric('muster_pod_disk_ratio{source="kubelet"}'), 0.8)
        self.assertEqual(sidecar.metric('muster_pod_cpu_pressure_some_avg10_ratio{source="kubelet"}'), 0.25)
        self.assertEqual(sidecar.metric('muster_pod_containers{source="kubelet"}'), 1)
        self.assertEqual(sidecar.metric(FRESH), 1)
        self.assertLess(sidecar.metric('muster_pod_source_age_seconds{source="kubelet"}'), 60)
        status, body = sidecar.admin("/health")
        health = json.loads(body)
        self.assertEqual((200, "healthy", True), (status, health["status"], health["source"]["fresh"]), body)
        # Only what it has the right to, and with its own token.
        self.assertEqual({("/stats/summary", f"Bearer {TOKEN}")}, set(self.kubelet.asked))
        # The network is seen from here, whoever tells the rest.
        self.until(lambda: sidecar.metric("muster_pod_network_received_bytes_per_second") is not None, "saw the network")

        self.cores = 0.45
        self.until(lambda: sidecar.metric(CORES) == 0.45, "showed the next one")
        status, body = sidecar.admin("/health")
        self.assertEqual((503, ["cpu"]), (status, [one["name"] for one in json.loads(body)["issues"]]), body)
        # No reading is two points, and none is lost; one that has just come is in the next sample.
        self.until(lambda: self.points(sidecar) == sidecar.figure('pod_figures_total{result="new"}') >= 2, "had a point for each reading")
        self.assertIn("muster_pod_figures_wanted 1\n", self.ask(port, "/metrics")[1])

    def test_when_a_kubelet_fails_the_sidecar_says_why(self):
        self.status = 403
        sidecar = self.blind(self.figures(f"--kubelet-ca-file={self.path('kubelet.crt')}"))
        said = sidecar.until_said("there are no figures of the pod")[0]
        self.assertIn("the kubelet of node node1", said["why"])
        self.until(lambda: json.loads(sidecar.admin("/health")[1])["status"] == "unknown", "was unknown")
        status, body = sidecar.admin("/health")
        self.assertEqual((503, False), (status, json.loads(body)["source"]["fresh"]))
        self.assertIsNone(sidecar.metric(CORES))
        self.status = 200
        self.until(lambda: sidecar.metric(CORES) == 0.25, "showed the kubelet's figure")
        self.assertTrue(sidecar.until_said("there are figures of the pod again"))

    def test_a_kubelet_that_stands_still_says_nothing(self):
        self.age = 120
        sidecar = self.blind(self.figures(f"--kubelet-ca-file={self.path('kubelet.crt')}"))
        self.until(lambda: sidecar.metric('muster_sidecar_pod_figures_total{result="old"}'), "heard of it")
        self.assertIsNone(sidecar.metric(CORES))
        self.assertEqual(sidecar.metric(FRESH), 0)

    def test_what_is_of_another_pod_of_the_name_is_not_taken(self):
        sidecar = self.blind(self.figures("--kubelet-insecure"), uid="2e70")
        self.until(lambda: sidecar.metric('muster_sidecar_pod_figures_total{result="other"}'), "heard of it")
        self.assertIsNone(sidecar.metric(CORES))
        self.assertIn("of another pod", sidecar.until_said("there are no figures of the pod")[0]["why"])

    def test_the_flag_does_as_well(self):
        port = self.figures("--kubelet-insecure")
        sidecar = self.sidecar(self.application(), f"--pod-figures=http://127.0.0.1:{port}/pods/shop/web-0")
        self.until(lambda: sidecar.metric(CORES) == 0.25, "showed the kubelet's figure")

    def test_a_kubelet_that_says_too_much_is_not_heard_out(self):
        self.more = {"long": "x" * (4 << 20)}
        port = self.figures(f"--kubelet-ca-file={self.path('kubelet.crt')}")
        self.until(lambda: self.ask(port, "/pods/shop/web-0")[0] == 503, "failed")
        self.assertRegex(self.ask(port, "/pods/shop/web-0")[1], "the kubelet of node node1: .*an answer of more than 4194304 bytes")

    def test_nobody_is_taken_for_a_kubelet(self):
        port = self.figures(f"--kubelet-ca-file={self.path('stranger.crt')}")
        self.until(lambda: self.ask(port, "/pods/shop/web-0")[0] == 503, "failed")
        self.assertIn("certificate", self.ask(port, "/pods/shop/web-0")[1])
        self.assertEqual([], self.kubelet.asked)  # nor shown a token

    def test_unless_it_was_asked_for(self):
        port = self.figures("--kubelet-insecure")
        self.until(lambda: self.ask(port, "/pods/shop/web-0")[0] == 200, "answered")
        self.assertIn("taken at their word", self.said())

    def test_nobody_but_the_pod_is_told(self):
        port = self.figures("--kubelet-insecure")
        self.until(lambda: self.ask(port, "/pods/shop/web-0", "127.0.0.2")[0] == 404, "was refused")
        self.assertEqual([], self.kubelet.asked)
        self.until(lambda: self.ask(port, "/pods/shop/web-0")[0] == 200, "answered")
        said = json.loads(self.ask(port, "/pods/shop/web-0")[1])["pod"]
        self.assertEqual([["app"], {"uid": "1d6f"}], [[one["name"] for one in said["containers"]], said["podRef"]])
        self.assertEqual({"podRef", "containers", "volume", "cpu", "memory", "io"}, set(said))
        self.until(lambda: self.ask(port, "/pods/shop/none", "127.0.0.2")[0] == 404, "was not found")
        self.assertEqual(self.ask(port, "/pods/shop/none", "127.0.0.2"), self.ask(port, "/pods/shop/web-0", "127.0.0.2"))

    def test_unless_the_addresses_of_pods_do_not_come_through(self):
        port = self.figures("--kubelet-insecure", "--any-client")
        self.until(lambda: self.ask(port, "/pods/shop/web-0", "127.0.0.2")[0] == 200, "answered")

    def test_who_is_not_there_has_no_figures(self):
        port = self.figures(f"--kubelet-ca-file={self.path('kubelet.crt')}")
        self.until(lambda: self.ask(port, "/pods/shop/none")[0] == 404, "was not found")
        self.assertEqual(404, self.ask(port, "/pods/shop/../secrets")[0])
        self.assertEqual([], self.kubelet.asked)


if __name__ == "__main__":
    unittest.main()
