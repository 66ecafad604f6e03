"""Anomalies of the program as it runs: latency that varies as it always did is none, and a jump is one within seconds. The application
waits as long as the test says, by amounts beside which a busy machine is small; scores need 30 samples of five seconds."""
import json
import threading
import unittest

from peers import PATIENCE, Case, ok

CLIENTS = 40
USUAL = (0.2, 0.5, 0.8, 1.1, 1.4)  # seconds, each for a sample or so: a deviation of half a second
JUMP = 6.0
SAMPLES = 33


class Slow:
    """Answers after `delay`, whatever that is when a request comes."""

    def __init__(self):
        self.delay = USUAL[0]

    def __call__(self, peer, application):
        while True:
            peer.head()
            if application.ending.wait(self.delay):
                return
            peer.send(ok())


class Anomalies(Case):
    def load(self, sidecar):
        stop = threading.Event()

        def client():
            peer = sidecar.connect()
            while not stop.is_set():
                peer.send(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n").response()
            peer.close()
        threads = [threading.Thread(target=client, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()

        def end():
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)
        self.addCleanup(end)

    def p95(self, sidecar):
        """What is said of that series; empty before its first value."""
        said = json.loads(sidecar.admin("/api/monitoring/metrics")[1])["anomalies"]
        return next((each for each in said if each["name"] == "response_p95"), {})

    def test_a_jump_in_latency_is_one_and_what_is_usual_is_none(self):
        slow = Slow()
        application = self.application(slow)
        sidecar, other = self.sidecar(application), self.sidecar(application, "--no-anomalies")
        self.load(sidecar)
        pause = threading.Event()
        for turn in range(SAMPLES * 5):  # seconds
            slow.delay = USUAL[turn // 5 % len(USUAL)]
            pause.wait(1)
        for _ in range(60):  # a machine that is late has had fewer samples
            if "score" in self.p95(sidecar):
                break
            pause.wait(1)
        quiet = self.p95(sidecar)
        self.assertIn("score", quiet)
        self.assertEqual(quiet["alert"], "quiet", quiet)
        self.assertIn("forecast", quiet)
        self.assertEqual(sidecar.metric('muster_anomaly_alerts_total{series="response_p95",kind="anomaly"}'), 0)
        self.assertFalse([line for line in sidecar.lines if "anomaly firing" in line and "response_p95" in line])
        before = json.loads(sidecar.admin("/health")[1])["issues"]

        slow.delay = JUMP
        said = self.until_jump(sidecar)
        self.assertGreater(said["score"], 4)
        self.assertGreater(said["value"], JUMP * 1000 * 0.9)
        self.assertEqual(sidecar.metric('muster_anomaly_alerts_total{series="response_p95",kind="anomaly"}'), 1)
        health = json.loads(sidecar.admin("/health")[1])
        self.assertEqual([issue for issue in health["issues"] if issue["name"] not in ("response_p95", *(i["name"] for i in before))], [],
                         "an anomaly is no issue")
        self.assertEqual((other.metric("muster_anomaly_alerts_total"), json.loads(other.admin("/health")[1])["anomalies"]), (None, []))

    def until_jump(self, sidecar):
        """The anomaly as /health has it."""
        for _ in range(PATIENCE * 20):
            found = [each for each in json.loads(sidecar.admin("/health")[1])["anomalies"]
                     if (each["name"], each["kind"]) == ("response_p95", "anomaly")]
            if found:
                return found[0]
            threading.Event().wait(0.1)
        return self.fail("the jump is not seen")


if __name__ == "__main__":
    unittest.main(verbosity=2)
