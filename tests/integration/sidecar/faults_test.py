"""Faults on lease: each kind does what it says to those it is for, and all is well when it has ended, however it ended."""
import http.client
import json
import os
import tempfile
import threading
import time
import unittest

from peers import PATIENCE, Case, echo

TOKEN = "a-token-of-a-test"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LONG = 300  # milliseconds that no machine takes for a request by itself often


def mirror(peer, _):
    while peer.left or peer.more():
        peer.send(peer.take(len(peer.left)))


class Faulty(Case):
    def started(self, serve=echo, *flags, **options):
        with tempfile.NamedTemporaryFile("w", delete=False, prefix="muster-token.") as file:
            file.write(TOKEN + "\n")
        self.addCleanup(os.unlink, file.name)
        application = self.application(serve)
        return application, self.sidecar(application, "--admin-token-file", file.name, *flags, **options)

    def call(self, sidecar, method, path, body=None, token=TOKEN):
        link = http.client.HTTPConnection("127.0.0.1", sidecar.admin_port, timeout=PATIENCE)
        try:
            link.request(method, path, json.dumps(body) if body is not None else None, {"Authorization": f"Bearer {token}"} if token else {})
            answer = link.getresponse()
            text = answer.read().decode()
        finally:
            link.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def begin(self, sidecar, kind, **fields):
        status, said = self.call(sidecar, "POST", "/api/faults", {"id": kind, "owner": "test", "kind": kind, "leaseSeconds": 10, **fields})
        self.assertEqual(status, 201, said)
        return said

    def end(self, sidecar, kind):
        self.assertIn(self.call(sidecar, "DELETE", f"/api/faults/{kind}?owner=test")[0], (200, 404))  # 404: a slow machine

    def touched(self, sidecar, kind):
        return sidecar.figure(f'fault_requests_total{{kind="{kind}"}}')

    def until_touched(self, sidecar, kind, count=1):
        sidecar.until_figure(f'fault_requests_total{{kind="{kind}"}}', count)

    def held(self, sidecar, request=GET):
        """A client whose request stands in a fault; its thread ends with the answer."""
        client = self.connect(sidecar)
        client.send(request)
        return client


class Http(Faulty):
    def test_only_who_has_the_token_may(self):
        _, sidecar = self.started()
        for token in (None, "another", TOKEN + "x"):
            self.assertEqual(self.call(sidecar, "POST", "/api/faults", {}, token)[0], 401)
            self.assertEqual(self.call(sidecar, "DELETE", "/api/faults/a", token=token)[0], 401)
            self.assertEqual(self.call(sidecar, "PUT", "/api/faults/a", {}, token)[0], 401)
        self.assertEqual(self.call(sidecar, "POST", "/api/faults", {})[0], 400)

    def test_abort(self):
        application, sidecar = self.started()
        self.begin(sidecar, "abort", status=500, path="/api/*")
        answer = sidecar.ask(b"GET /api/orders HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual((answer.status, answer.error()["reason"]), (500, "fault"))
        self.assertEqual(answer.error()["requestId"], answer.get("x-request-id"))
        self.assertEqual(application.requests, [])
        self.assertEqual(sidecar.ask(GET).status, 200)  # another path
        self.assertEqual(sidecar.admin("/livez")[0], 200)
        self.assertEqual(self.touched(sidecar, "abort"), 1)
        self.assertEqual(sidecar.figure('faults_active{kind="abort"}'), 1)
        self.end(sidecar, "abort")
        self.assertEqual(sidecar.ask(b"GET /api/orders HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)
        self.assertEqual(sidecar.figure('faults_active{kind="abort"}'), 0)

    def test_abort_keeps_the_connection_and_its_order(self):
        _, sidecar = self.started()
        self.begin(sidecar, "abort", method="POST")
        client = self.connect(sidecar)
        post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        client.send(post, GET, post)
        self.assertEqual([client.response().status for _ in range(3)], [503, 200, 503])

    def test_latency(self):
        _, sidecar = self.started()
        self.begin(sidecar, "latency", delayMillis=LONG)
        client = self.connect(sidecar)
        for _ in range(2):
            began = time.monotonic()
            self.assertEqual(client.send(GET).response().status, 200)
            self.assertGreaterEqual(time.monotonic() - began, LONG / 1000)
        self.end(sidecar, "latency")
        self.assertEqual(client.send(GET).response().status, 200)
        self.assertEqual(self.touched(sidecar, "latency"), 2)

    def test_who_waits_goes_on_when_the_fault_is_ended(self):
        for kind, fields in (("latency", {"delayMillis": 60000}), ("black-hole", {}), ("partition", {"peer": "127.0.0.0/8"}),
                             ("bandwidth", {"bytesPerSecond": 1})):
            _, sidecar = self.started()
            self.begin(sidecar, kind, **fields)
            client = self.held(sidecar)
            self.until_touched(sidecar, kind)
            self.end(sidecar, kind)
            self.assertEqual(client.response().status, 200, kind)

    def test_who_waits_goes_on_when_the_lease_is_over(self):
        application, sidecar = self.started()
        began = time.monotonic()
        self.begin(sidecar, "black-hole", leaseSeconds=1)
        client = self.held(sidecar, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        self.assertTrue(client.response().body.endswith(b"abc"))
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertEqual(len(application.requests), 1)
        self.assertEqual(self.call(sidecar, "GET", "/api/faults"), (200, {"faults": []}))

    def test_a_renewed_lease_lasts(self):
        _, sidecar = self.started()
        self.begin(sidecar, "abort", leaseSeconds=3)
        status, said = self.call(sidecar, "PUT", "/api/faults/abort", {"owner": "test", "leaseSeconds": 10})
        self.assertEqual(status, 200, said)
        threading.Event().wait(3.2)
        self.assertEqual(sidecar.ask(GET).status, 503)

    def test_sigterm_ends_all_faults_and_who_waits_is_answered(self):
        _, sidecar = self.started()
        self.begin(sidecar, "black-hole")
        client = self.held(sidecar)
        self.until_touched(sidecar, "black-hole")
        sidecar.terminate()
        self.assertEqual(client.response().status, 200)
        self.assertEqual(sidecar.wait(), 0)

    def test_who_gives_up_in_a_black_hole_is_forgotten(self):
        application, sidecar = self.started()
        self.begin(sidecar, "black-hole")
        client = self.held(sidecar)
        self.until_touched(sidecar, "black-hole")
        client.close()
        sidecar.until_figure("connections_active", 0)
        self.assertEqual(application.requests, [])
        self.assertEqual(sidecar.figure('requests_ended_total{end="client_gone"}'), 1)

    def test_reset(self):
        application, sidecar = self.started()
        self.begin(sidecar, "reset")
        client = self.connect(sidecar)
        client.send(GET)
        with self.assertRaises(ConnectionResetError):
            client.exactly(1)
        self.assertEqual(application.requests, [])
        self.assertEqual(sidecar.figure('requests_ended_total{end="faulted"}'), 1)

    def test_bandwidth_of_both_directions(self):
        _, sidecar = self.started()
        size = 30000
        post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
        self.begin(sidecar, "bandwidth", bytesPerSecond=40000)
        client = self.connect(sidecar)
        began = time.monotonic()
        client.send(post)
        client.send(b"x" * size)  # of which the first block goes with the head
        self.assertEqual(len(client.response().body.split(b"\r\n\r\n", 1)[1]), size)
        self.assertGreaterEqual(time.monotonic() - began, (2 * size - 16384) / 40000 * 0.9)
        self.end(sidecar, "bandwidth")
        client.send(post, b"x" * size)
        self.assertEqual(client.response().status, 200)

    def test_a_share_of_requests(self):
        _, sidecar = self.started()
        self.begin(sidecar, "abort", percent=50)
        client = self.connect(sidecar)
        failed = sum(client.send(GET).response().status == 503 for _ in range(200))
        self.assertTrue(60 <= failed <= 140, failed)  # more than five deviations
        self.assertEqual(self.touched(sidecar, "abort"), failed)

    def test_a_peer_that_it_is_not_for(self):
        _, sidecar = self.started()
        self.begin(sidecar, "partition", peer="10.0.0.0/8")
        self.assertEqual(sidecar.ask(GET).status, 200)

    def test_no_more_than_64(self):
        _, sidecar = self.started()
        for number in range(64):
            self.begin(sidecar, "abort", id=str(number))
        status, said = self.call(sidecar, "POST", "/api/faults", {"id": "x", "owner": "t", "kind": "reset", "leaseSeconds": 5})
        self.assertEqual((status, "64 faults" in said["error"]), (409, True))


class Tcp(Faulty):
    def mirrored(self):
        return self.started(mirror, "--mode", "tcp")

    def passes(self, client, text=b"hello"):
        self.assertEqual(client.send(text).exactly(len(text)), text)

    def test_connections_that_live_on_are_touched_and_go_on(self):
        for kind, fields in (("black-hole", {}), ("partition", {"peer": "127.0.0.1"}), ("latency", {"delayMillis": 60000}),
                             ("bandwidth", {"bytesPerSecond": 1})):
            _, sidecar = self.mirrored()
            client = self.connect(sidecar)
            self.passes(client)
            self.begin(sidecar, kind, **fields)
            client.send(b"held")
            self.until_touched(sidecar, kind)
            self.end(sidecar, kind)
            self.assertEqual(client.exactly(4), b"held", kind)
            self.passes(client)

    def test_reset(self):
        _, sidecar = self.mirrored()
        client = self.connect(sidecar)
        self.passes(client)
        self.begin(sidecar, "reset")
        client.send(b"a")
        with self.assertRaises(ConnectionResetError):
            client.exactly(1)

    def test_latency_of_each_piece(self):
        _, sidecar = self.mirrored()
        self.begin(sidecar, "latency", delayMillis=LONG)
        client = self.connect(sidecar)
        for _ in range(2):
            began = time.monotonic()
            self.passes(client)
            self.assertGreaterEqual(time.monotonic() - began, LONG / 1000)

    def test_bandwidth(self):
        _, sidecar = self.mirrored()
        self.begin(sidecar, "bandwidth", bytesPerSecond=20000)
        client = self.connect(sidecar)
        began = time.monotonic()
        self.passes(client, b"x" * 10000)
        self.assertGreaterEqual(time.monotonic() - began, 0.9)  # half a second each way

    def test_what_makes_no_sense_is_refused(self):
        _, sidecar = self.mirrored()
        for fields, said in (({"kind": "abort"}, "no status"), ({"kind": "reset", "path": "/"}, "no requests")):
            status, answer = self.call(sidecar, "POST", "/api/faults", {"id": "a", "owner": "t", "leaseSeconds": 5, **fields})
            self.assertEqual((status, said in answer["error"]), (400, True), answer)

    def test_the_lease_is_over(self):
        _, sidecar = self.mirrored()
        client = self.connect(sidecar)
        self.passes(client)
        began = time.monotonic()
        self.begin(sidecar, "black-hole", leaseSeconds=1)
        self.passes(client)
        self.assertGreaterEqual(time.monotonic() - began, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
