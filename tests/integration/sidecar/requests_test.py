"""The query API of requests: by method, endpoint and status, and over time, held against what was sent."""
import json
import threading
import unittest

from peers import PATIENCE, Case
from protect_test import get

SLOW = 0.05  # seconds


def shop(peer, _):
    """/slow/N takes its time, /gone/N is 404, /broken 500, all else 200."""
    while True:
        head = peer.head()
        peer.exactly(int(head.get("content-length", "0")))
        path = head.start.split()[1]
        if path.startswith("/slow"):
            threading.Event().wait(SLOW)
        status = {"/gone": b"404 Not Found", "/broken": b"500 Internal Server Error"}.get("/" + path.split("/")[1], b"200 OK")
        peer.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")


class Requests(Case):
    def said(self, sidecar, query=""):
        status, text = sidecar.admin(f"/api/monitoring/requests{query}")
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def until_counted(self, sidecar, count):
        """A look is every ten seconds."""
        said = {}
        for _ in range(PATIENCE * 5 * 3):
            said = self.said(sidecar)
            if said["total"]["count"] >= count:
                return said
            threading.Event().wait(0.2)
        raise AssertionError(f"never {count}: {said}")

    def test_what_was_sent_is_told_by_method_endpoint_and_status_and_over_time(self):
        _, sidecar = self.both(shop)
        self.assertEqual(self.said(sidecar)["total"], {"count": 0, "statuses": {}})
        peer = self.connect(sidecar)
        sent = [("GET", "/users/1", 20), ("POST", "/users/2", 5), ("GET", "/slow/3", 10), ("GET", "/gone", 4), ("GET", "/broken", 1)]
        for method, path, times in sent:
            for _ in range(times):
                peer.send(get(path).replace(b"GET", method.encode(), 1)).response()
        said = self.until_counted(sidecar, 40)
        self.assertEqual(said["total"]["count"], 40)
        self.assertEqual((said["total"]["errorRate"], said["total"]["serverErrorRate"]), (5 / 40, 1 / 40))
        self.assertEqual({code: each["count"] for code, each in said["total"]["statuses"].items()}, {"200": 35, "404": 4, "500": 1})
        series = {(each["method"], each["endpoint"]): each for each in said["series"]}
        self.assertEqual(series["GET", "/users/{id}"]["count"], 20)
        self.assertEqual(series["POST", "/users/{id}"]["count"], 5)
        slow = series["GET", "/slow/{id}"]
        self.assertGreaterEqual(slow["meanMillis"], SLOW * 1000)
        self.assertGreaterEqual(slow["p50Millis"], SLOW * 1000 * 0.99)
        self.assertTrue(slow["p50Millis"] <= slow["p95Millis"] <= slow["p99Millis"], slow)
        self.assertEqual(sum(each["count"] for each in said["series"]), 40)
        self.assertEqual(said["series"], sorted(said["series"], key=lambda each: -each["count"]))
        timeline = said["timeline"]
        self.assertEqual((sum(each["count"] for each in timeline), sum(each["errors"] for each in timeline)), (40, 5))
        self.assertEqual(sum(each["serverErrors"] for each in timeline), 1)
        self.assertAlmostEqual(sum(each["coveredSeconds"] for each in timeline), said["coveredSeconds"], 3)
        spent = sum(each["count"] * each["meanMillis"] for each in timeline if each["count"])
        self.assertAlmostEqual(spent, 40 * said["total"]["meanMillis"], delta=0.01)
        self.assertAlmostEqual(said["total"]["perSecond"] * said["coveredSeconds"], 40, 3)
        self.asked_of_one(sidecar)

    def asked_of_one(self, sidecar):
        one = self.said(sidecar, "?range=1h&method=GET&endpoint=/users/%7Bid%7D")
        self.assertEqual((one["rangeSeconds"], one["total"]["count"], len(one["series"])), (3600, 20, 1))
        self.assertEqual(sum(each["count"] for each in one["timeline"]), 20)
        self.assertEqual(self.said(sidecar, "?endpoint=/none")["total"]["count"], 0)
        for wrong in ("?range=1x", "?range=25h", "?method=get", "?endpoint=%2"):
            status, text = sidecar.admin(f"/api/monitoring/requests{wrong}")
            self.assertEqual(status, 400)
            self.assertIn(wrong.split("=")[0][1:], json.loads(text)["error"])


if __name__ == "__main__":
    unittest.main()
