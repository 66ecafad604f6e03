"""Bad days: applications that are down, hang, reset, lie or never end, and clients that smuggle, dawdle or do not read."""
import json
import resource
import socket
import threading
import unittest

from peers import PATIENCE, Case, echo, free_port, ok

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

# What two servers may read in two ways. Whatever follows must never become a request of its own.
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
SMUGGLED = {
    "length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 33\r\n\r\n",
    "a list of lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 33\r\n\r\n",
    "a signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length in hexadecimal": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n",
    "a length of many digits": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "a blank before the colon": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a vertical tab": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks that are not the last coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks of HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rTransfer-Encoding: chunked\r\n\r\n",
    "a null": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a name without an end": b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "an empty name": b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target without an end": b"GET /\r\nHost: a\r\n\r\n",
}
# The head is right and goes on; the chunks are not, and nothing behind them is a request.
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
BAD_CHUNKS = {
    "a size in bare line feeds": b"0\n\n",
    "a size with a prefix": b"0x0\r\n\r\n",
    "a negative size": b"-1\r\n\r\n",
    "a blank size": b"\r\n\r\n",
    "a size beyond all": b"fffffffffffffffff\r\n",
    "bytes behind a chunk": b"3\r\nabcX0\r\n\r\n",
    "a trailer that frames": b"0\r\nContent-Length: 33\r\n\r\n",
}


class Applications(Case):
    def check(self, answer, status, reason):
        self.assertEqual((answer.status, answer.error()["reason"]), (status, reason))
        self.assertEqual(answer.error()["requestId"], answer.get("X-Request-ID"))
        self.assertEqual(answer.get("Content-Type"), "application/json")

    def test_one_that_is_down(self):
        sidecar = self.sidecar(free_port())
        client = self.connect(sidecar)
        for _ in range(3):  # the connection of the client lives on
            self.check(client.send(GET).response(), 503, "upstream_refused")
        self.check(client.send(POST).response(), 503, "upstream_refused")
        sidecar.until_figure('upstream_errors_total{kind="refused"}', 4)
        self.assertEqual(sidecar.admin("/readyz")[0], 503)

    def test_one_that_hangs(self):
        def serve(peer, application):
            peer.head()
            application.hold()
        _, sidecar = self.both(serve, "--response-seconds", "1")
        client = self.connect(sidecar)
        self.check(client.send(GET).response(), 504, "upstream_response_timeout")
        self.check(client.send(GET).response(), 504, "upstream_response_timeout")

    def test_one_that_reads_no_body(self):
        application = self.application(lambda peer, application: application.hold(), receive_bytes=4096)
        sidecar = self.sidecar(application, "--stall-seconds", "1")
        client = self.connect(sidecar)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"
        sender = threading.Thread(target=self.send_what_goes, args=(client, head + bytes(100000000)))
        sender.start()
        self.check(client.response(), 504, "upstream_response_timeout")
        client.close()
        sender.join()

    @staticmethod
    def send_what_goes(client, data):
        try:
            client.send(data)
        except OSError:
            pass

    def test_one_that_takes_no_more_connections(self):
        listener = socket.socket()  # whose queue is full
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        sidecar = self.sidecar(listener.getsockname()[1], "--connect-seconds", "1")
        self.check(sidecar.ask(GET), 504, "upstream_connect_timeout")

    def test_one_that_resets_or_closes_or_talks_nonsense(self):
        kinds = [("upstream_closed", lambda peer: peer.reset()), ("upstream_closed", lambda peer: peer.close()),
                 ("upstream_closed", lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Le").close()),
                 ("upstream_malformed", lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")),
                 ("upstream_malformed", lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")),
                 ("upstream_malformed", lambda peer: peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"))]
        for reason, ends in kinds:
            def serve(peer, application, ends=ends):
                application.requests.append(peer.head())
                ends(peer)
            application, sidecar = self.both(serve)
            self.check(sidecar.ask(GET), 502, reason)
            self.assertEqual(len(application.requests), 1)  # a new connection is no reason to try again

    def test_one_that_promises_more_than_it_sends(self):
        for start in (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"):
            def serve(peer, _, start=start):
                peer.head()
                peer.send(start)
            _, sidecar = self.both(serve)
            client = self.connect(sidecar).send(GET)
            self.assertEqual(client.head().status, 200)
            with self.assertRaises((ConnectionError, EOFError)):
                client.exactly(100)
            sidecar.until_figure('upstream_errors_total{kind="truncated"}', 1)

    def test_one_that_sends_more_than_it_promised(self):
        def serve(peer, _):
            while True:
                peer.head()
                peer.send(ok(b"right"), ok(b"wrong"))
        application, sidecar = self.both(serve)
        client = self.connect(sidecar)
        for _ in range(5):
            self.assertEqual(client.send(GET).response().body, b"right")
        self.assertEqual(sidecar.figure("upstream_connections_total"), 5)

    def test_one_whose_head_has_no_end(self):
        for line in (b"X-Endless: yes\r\n", b"x"):
            def serve(peer, _, line=line):
                peer.head()
                peer.send(b"HTTP/1.1 200 OK\r\n")
                while True:
                    peer.send(line * 1000)
            _, sidecar = self.both(serve)
            self.check(sidecar.ask(GET), 502, "upstream_malformed")

    def test_one_that_never_comes_to_the_point(self):
        def serve(peer, _):
            peer.head()
            while True:
                peer.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        _, sidecar = self.both(serve)
        client = self.connect(sidecar).send(GET)
        answer = client.head()
        while answer.status == 102:
            answer = client.head()
        answer.body = client.exactly(int(answer.get("content-length")))
        self.check(answer, 502, "upstream_malformed")

    def test_a_body_that_stands_still(self):
        def serve(peer, application):
            peer.head()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
            application.hold()
        _, sidecar = self.both(serve, "--stall-seconds", "1")
        client = self.connect(sidecar).send(GET)
        self.assertEqual(client.head().status, 200)
        with self.assertRaises((ConnectionError, EOFError)):
            client.exactly(100)

    def test_a_kept_connection_that_ended_is_not_the_clients_matter(self):
        def serve(peer, application):  # answers once, and closes when it is asked again
            application.requests.append(peer.head())
            peer.send(ok())
            application.requests.append(peer.head())
            peer.reset()
        application, sidecar = self.both(serve)
        client = self.connect(sidecar)
        for _ in range(5):
            self.assertEqual(client.send(GET).response().status, 200)
        sidecar.until_figure("upstream_retries_total", 4)
        self.check(client.send(POST).response(), 502, "upstream_closed")  # it may have been done

    def test_one_that_closes_after_each_response(self):
        def serve(peer, _):
            peer.head()
            peer.send(ok())
        _, sidecar = self.both(serve)
        client = self.connect(sidecar)
        for _ in range(20):
            self.assertEqual(client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").response().status, 200)


class Clients(Case):
    def refused(self, sidecar, request, status=400):
        client = self.connect(sidecar).send(request)
        answer = client.response()
        self.assertEqual((answer.status, answer.get("Connection")), (status, "close"), request[:80])
        self.assertEqual(json.loads(answer.body)["error"]["status"], status)
        self.assertEqual(client.rest(), b"", request[:80])
        client.close()
        return answer

    def test_that_smuggle_are_refused_before_a_byte_goes_on(self):
        application, sidecar = self.both()
        for name, request in SMUGGLED.items():
            with self.subTest(name):
                self.refused(sidecar, request + HIDDEN)
        self.assertEqual(application.requests, [])

    def test_that_smuggle_in_chunks_hide_no_request(self):
        def serve(peer, application):
            application.requests.append(peer.head())
            application.bodies.append(peer.rest())
        application = self.application(serve)
        application.bodies = []
        sidecar = self.sidecar(application)
        for name, chunks in BAD_CHUNKS.items():
            with self.subTest(name):
                self.refused(sidecar, CHUNKED + chunks + HIDDEN)
        self.assertFalse([request.start for request in application.requests if "hidden" in request.start])
        self.assertFalse([body for body in application.bodies if b"hidden" in body])

    def test_requests_that_are_too_much(self):
        _, sidecar = self.both(echo, "--head-bytes-max", "4096", "--body-bytes-max", "10")
        self.refused(sidecar, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 5000 + b"\r\n\r\n", 431)
        self.refused(sidecar, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431)
        self.refused(sidecar, b"GET /" + b"y" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414)
        self.refused(sidecar, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world", 413)
        self.refused(sidecar, CHUNKED + b"b\r\nhello world\r\n0\r\n\r\n", 413)
        self.refused(sidecar, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)
        self.refused(sidecar, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501)
        self.refused(sidecar, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n", 417)
        self.assertEqual(sidecar.ask(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789").status, 200)

    def test_that_are_refused_while_they_send_can_read_why(self):
        _, sidecar = self.both(echo, "--body-bytes-max", "10")
        client = self.connect(sidecar).send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n")
        for _ in range(40):  # a reset would meet one of these
            client.send(b"x" * 10000)
            threading.Event().wait(0.005)
        self.assertEqual(client.response().status, 413)
        self.assertEqual(client.rest(), b"")

    def test_that_send_a_head_byte_by_byte_run_out_of_time(self):
        _, sidecar = self.both(echo, "--head-seconds", "1")
        client = self.connect(sidecar).send(b"GET / HTTP/1.1\r\n")
        stop = threading.Event()

        def drip():
            while not stop.wait(0.1):
                client.send(b"X: y\r\n")
        dripping = threading.Thread(target=self.quietly, args=(drip,))
        dripping.start()
        self.assertEqual(client.response().status, 408)
        stop.set()
        dripping.join()

    @staticmethod
    def quietly(action):
        try:
            action()
        except OSError:
            pass

    def test_that_stop_in_a_body_run_out_of_time(self):
        application, sidecar = self.both(echo, "--stall-seconds", "1")
        client = self.connect(sidecar).send(POST[:-2])
        self.assertEqual(client.response().status, 408)
        self.assertTrue(application.closed.acquire(timeout=PATIENCE))

    def test_that_say_nothing_are_let_go(self):
        _, sidecar = self.both(echo, "--idle-seconds", "2")
        silent, answered = self.connect(sidecar), self.connect(sidecar)
        self.assertEqual(answered.send(GET).response().status, 200)
        self.assertEqual((silent.rest(), answered.rest()), (b"", b""))

    def test_that_wait_long_find_their_connection_again(self):
        _, sidecar = self.both()
        client = self.connect(sidecar)
        for _ in range(2):
            self.assertEqual(client.send(GET).response().status, 200)
            threading.Event().wait(1.5)  # the buffer has been given back
        self.assertEqual(client.send(GET).response().status, 200)

    def test_that_go_away_take_their_request_with_them(self):
        application, sidecar = self.both()
        self.connect(sidecar).send(POST[:-1]).reset()
        self.assertTrue(application.closed.acquire(timeout=PATIENCE))
        half = self.connect(sidecar).send(POST[:-1])
        half.half_close()
        self.assertEqual(half.rest(), b"")
        self.assertTrue(application.closed.acquire(timeout=PATIENCE))
        sidecar.until_figure('requests_ended_total{end="client_gone"}', 2)
        sidecar.until_figure("requests_active", 0)

    def test_that_do_not_read_make_the_application_wait(self):
        size = 64 << 20
        progress = {"sent": 0}

        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            while progress["sent"] < size:
                peer.send(b"z" * 65536)
                progress["sent"] += 65536
        _, sidecar = self.both(serve)
        client = self.connect(sidecar, receive_bytes=65536).send(GET)
        before = sidecar.resident_bytes()
        seen = -1
        while seen != progress["sent"]:
            seen = progress["sent"]
            threading.Event().wait(0.5)
        self.assertLess(seen, size // 2)  # what fits into the buffers of four sockets
        self.assertLess(sidecar.resident_bytes() - before, 8 << 20)
        client.head()
        self.assertEqual(len(client.exactly(size)), size)

    def crowd(self, sidecar):
        """Clients that hold what they have."""
        return [self.connect(sidecar) for _ in range(120)]

    def waits(self, sidecar):
        before = sidecar.cpu_seconds()
        threading.Event().wait(2)
        self.assertLess(sidecar.cpu_seconds() - before, 0.5)  # and does not spin

    def test_more_than_there_are_descriptors_for_are_not_accepted(self):
        sidecar = self.sidecar(self.application(), "--connections-max", "1000", descriptors=64)
        crowd = self.crowd(sidecar)
        self.waits(sidecar)
        sidecar.until_figure("connections_active", 24)
        self.assertEqual(crowd[0].send(GET).response().status, 200)
        for client in crowd[:110]:
            client.close()
        self.assertEqual(crowd[-1].send(GET).response().status, 200)

    def test_a_process_without_descriptors_waits_for_some(self):
        _, sidecar = self.both(echo, "--upstream-idle-max", "0")
        # UBSan looks at a type once, and needs descriptors for that.
        self.assertEqual(sidecar.ask(GET).status, 200)
        self.assertEqual(sidecar.ask(b"GET / HTTP/3.0\r\n\r\n").status, 505)
        resource.prlimit(sidecar.process.pid, resource.RLIMIT_NOFILE, (32, 4096))
        crowd = self.crowd(sidecar)
        with socket.create_connection(("127.0.0.1", sidecar.admin_port)) as admin:
            self.waits(sidecar)
            answer = crowd[0].send(GET).response()  # nor is there one for the application
            self.assertEqual((answer.status, answer.error()["reason"]), (503, "no_descriptors"))
            for client in crowd[:110]:
                client.close()
            self.assertEqual(crowd[-1].send(GET).response().status, 200)
            admin.settimeout(PATIENCE)
            admin.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"200 OK", admin.recv(1000))
        self.assertGreater(sidecar.figure("accept_pauses_total"), 0)

    def test_more_than_are_allowed_wait_for_their_turn(self):
        _, sidecar = self.both(echo, "--connections-max", "2")
        first, second, third = (self.connect(sidecar) for _ in range(3))
        self.assertEqual(first.send(GET).response().status, 200)
        self.assertEqual(second.send(GET).response().status, 200)
        third.send(GET)
        first.close()
        self.assertEqual(third.response().status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
