"""HTTP/1.1 through the sidecar: what both ends see of requests and responses of every form."""
import email.utils
import hashlib
import threading
import time
import unittest

from peers import Case, echo, ok

GET = b"GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\n"
CHUNKS = b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n"


class Exchanges(Case):
    def test_what_goes_on_and_what_is_added(self):
        application, sidecar = self.both()
        answer = sidecar.ask(GET + b"Accept: text/html\r\n\r\n")
        self.assertEqual(answer.status, 200)
        request = application.requests[0]
        self.assertEqual(request.start, "GET /a?b=c HTTP/1.1")
        self.assertEqual(request.all("Host"), ["shop.example"])
        self.assertEqual(request.all("Accept"), ["text/html"])
        self.assertEqual(request.all("Via"), ["1.1 muster"])
        self.assertEqual(request.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(request.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(request.all("X-Forwarded-Host"), ["shop.example"])
        self.assertEqual(request.all("Connection"), [])
        self.assertRegex(request.get("X-Request-ID"), "^[0-9a-f]{32}$")
        self.assertEqual(answer.all("X-Request-ID"), request.all("X-Request-ID"))
        self.assertEqual(answer.all("X-Content-Type-Options"), ["nosniff"])
        self.assertEqual(answer.all("Strict-Transport-Security"), [])

    def test_an_answer_without_a_date_gets_one(self):
        told = "Sun, 06 Nov 1994 08:49:37 GMT"
        dates = [b"", b"Date: " + told.encode() + b"\r\n", b"Connection: date\r\nDate: " + told.encode() + b"\r\n"]

        def serve(peer, _):
            for date in dates:
                peer.head()
                peer.send(b"HTTP/1.1 200 OK\r\n" + date + b"Content-Length: 0\r\n\r\n")
        _, sidecar = self.both(serve)
        client = self.connect(sidecar)
        before = int(time.time()) - 1  # the line of a core is up to a second old
        answers = [client.send(GET + b"\r\n").response().all("Date") for _ in dates]
        refused = client.send(b"GET / HTTP/9.9\r\n\r\n").response()
        self.assertEqual(answers[1], [told])
        for date in (answers[0], answers[2], refused.all("Date")):
            self.assertEqual(len(date), 1)
            said = email.utils.parsedate_to_datetime(date[0]).timestamp()
            self.assertTrue(before <= said <= time.time(), date)

    def test_hops_are_counted(self):
        application, sidecar = self.both()
        client = self.connect(sidecar)
        ask = "TRACE /a HTTP/1.1\r\nHost: shop.example\r\nCookie: a=b\r\nMax-Forwards: %d\r\n\r\n"
        self.assertEqual(client.send((ask % 2).encode()).response().status, 200)
        self.assertEqual(application.requests[0].all("Max-Forwards"), ["1"])
        last = client.send((ask % 0).encode()).response()
        self.assertEqual((last.status, last.all("Content-Type")), (200, ["message/http"]))
        self.assertEqual(last.body, (ask % 0).encode().replace(b"Cookie: a=b\r\n", b""))
        options = client.send((ask % 0).replace("TRACE", "OPTIONS").encode()).response()
        self.assertEqual((options.status, options.all("Content-Length")), (200, ["0"]))
        self.assertEqual(len(application.requests), 1)

    def test_fields_of_one_hop_end_here(self):
        application, sidecar = self.both()
        sidecar.ask(GET + b"Connection: X-Secret, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n"
                    b"Proxy-Connection: keep-alive\r\nTE: gzip\r\nX-Open: 2\r\n\r\n")
        names = {name.lower() for name, _ in application.requests[0].fields}
        self.assertIn("x-open", names)
        self.assertEqual(names & {"connection", "x-secret", "keep-alive", "proxy-connection", "te"}, set())

    def test_what_a_client_says_of_itself(self):
        told = b"X-Forwarded-For: 10.1.1.1\r\nx-forwarded-for: 10.2.2.2\r\nX-Forwarded-Proto: https\r\nForwarded: for=a\r\n\r\n"
        application, sidecar = self.both()
        sidecar.ask(GET + told)
        appended = application.requests[0]
        self.assertEqual(appended.all("X-Forwarded-For"), ["10.1.1.1, 10.2.2.2, 127.0.0.1"])
        self.assertEqual(appended.all("X-Forwarded-Proto"), ["https"])
        self.assertEqual(appended.all("Forwarded"), ["for=a, for=127.0.0.1;proto=http"])
        application, sidecar = self.both(echo, "--forwarded", "replace")
        sidecar.ask(GET + told)
        replaced = application.requests[0]
        self.assertEqual(replaced.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(replaced.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(replaced.all("Forwarded"), [])

    def test_identities_that_are_valid_pass(self):
        application, sidecar = self.both()
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        answer = sidecar.ask(GET + f"X-Request-ID: order/7\r\ntraceparent: {parent}\r\n\r\n".encode())
        self.assertEqual(answer.all("X-Request-ID"), ["order/7"])
        self.assertEqual(application.requests[0].all("X-Request-ID"), ["order/7"])
        self.assertEqual(application.requests[0].all("traceparent"), [parent])
        sidecar.ask(GET + b'X-Request-ID: "no"\r\ntraceparent: junk\r\ntracestate: a=b\r\n\r\n')
        second = application.requests[1]
        self.assertRegex(second.get("X-Request-ID"), "^[0-9a-f]{32}$")
        self.assertEqual(second.all("traceparent") + second.all("tracestate"), [])

    def test_many_requests_share_connections(self):
        application, sidecar = self.both()
        client = self.connect(sidecar)
        for number in range(50):
            answer = client.send(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number).response()
            self.assertTrue(answer.body.startswith(b"GET /%d " % number))
            self.assertEqual(answer.all("Connection"), [])
        sidecar.until_figure("upstream_connections_total", 1)
        sidecar.until_figure('requests_total{status="2xx"}', 50)
        sidecar.until_figure("upstream_reuses_total", 49)

    def test_pipelined_requests_are_answered_in_order(self):
        application, sidecar = self.both()
        client = self.connect(sidecar)
        client.send(b"".join(b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" % i for i in range(100)))
        client.half_close()
        for number in range(100):
            self.assertTrue(client.response().body.startswith(b"POST /%d " % number))
        self.assertEqual(client.rest(), b"")
        self.assertEqual([request.start.split()[1] for request in application.requests], [f"/{i}" for i in range(100)])

    def test_a_head_in_single_bytes(self):
        _, sidecar = self.both()
        client = self.connect(sidecar)
        for byte in GET + b"\r\n":
            client.send(bytes([byte]))
        self.assertEqual(client.response().status, 200)

    def test_chunks_and_trailers_pass_as_they_are(self):
        def serve(peer, application):
            application.requests.append(peer.head())
            application.body = peer.exactly(len(CHUNKS))
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n", CHUNKS[:9])
            peer.send(CHUNKS[9:])
            peer.send(ok(peer.head().raw))
        application, sidecar = self.both(serve)
        client = self.connect(sidecar)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n"
        for at in range(0, len(CHUNKS), 7):
            client.send(head if at == 0 else b"", CHUNKS[at:at + 7])
        answer = client.head()
        self.assertEqual(answer.all("Transfer-Encoding"), ["chunked"])
        self.assertEqual(client.exactly(len(CHUNKS)), CHUNKS)
        self.assertEqual(application.body, CHUNKS)
        self.assertEqual(application.requests[0].all("TE"), ["trailers"])
        self.assertEqual(client.send(GET + b"\r\n").response().status, 200)
        self.assertEqual(sidecar.figure("upstream_connections_total"), 1)

    def test_great_bodies_in_both_directions(self):
        size = 8 << 20
        body = hashlib.shake_128(b"seed").digest(size)

        def serve(peer, _):
            head = peer.head()
            got = peer.exactly(int(head.get("content-length")))
            peer.send(ok(got))
        _, sidecar = self.both(serve)
        client = self.connect(sidecar)
        sender = threading.Thread(target=client.send, args=(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size, body))
        sender.start()
        self.assertEqual(hashlib.sha256(client.response().body).digest(), hashlib.sha256(body).digest())
        sender.join()

    def test_a_response_until_the_end_of_the_connection(self):
        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100000)
        _, sidecar = self.both(serve)
        client = self.connect(sidecar)
        head = client.send(GET + b"\r\n").head()
        self.assertEqual(head.all("Connection"), ["close"])
        self.assertEqual(client.rest(), b"x" * 100000)

    def test_expectations_are_passed_on(self):
        def serve(peer, application):
            application.requests.append(peer.head())
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.send(ok(peer.exactly(5)))
            peer.head()
            peer.send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        application, sidecar = self.both(serve)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        client = self.connect(sidecar).send(head)
        self.assertEqual(client.head().status, 100)
        self.assertEqual(client.send(b"hello").response().body, b"hello")
        self.assertEqual(application.requests[0].all("Expect"), ["100-continue"])
        refused = client.send(head).response()
        self.assertEqual((refused.status, refused.all("Connection")), (417, ["close"]))
        self.assertEqual(client.rest(), b"")

    def test_hints_come_before_the_response(self):
        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", ok())
        _, sidecar = self.both(serve)
        client = self.connect(sidecar).send(GET + b"\r\n")
        hints = client.head()
        self.assertEqual((hints.status, hints.all("Link")), (103, ["</a>"]))
        self.assertEqual(client.response().status, 200)

    def test_an_upgraded_connection_is_a_tunnel(self):
        def serve(peer, application):
            application.requests.append(peer.head())
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nwelcome")
            while True:
                peer.send(peer.exactly(4)[::-1])
        application, sidecar = self.both(serve)
        client = self.connect(sidecar)
        head = client.send(GET + b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nabcd").head()
        request = application.requests[0]
        self.assertEqual((request.get("Upgrade"), request.get("Connection").lower()), ("websocket", "upgrade"))
        self.assertEqual((head.status, head.get("Upgrade"), head.get("Connection").lower()), (101, "websocket", "upgrade"))
        self.assertEqual(client.exactly(11), b"welcomedcba")
        for number in range(200):
            self.assertEqual(client.send(b"%04d" % number).exactly(4), (b"%04d" % number)[::-1])
        client.half_close()
        self.assertEqual(client.rest(), b"")
        sidecar.until_figure('requests_ended_total{end="upgraded"}', 1)

    def test_http_2_does_not_pass_by_the_filters(self):
        application, sidecar = self.both()
        sidecar.ask(GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        names = {name.lower() for name, _ in application.requests[0].fields}
        self.assertEqual(names & {"upgrade", "connection", "http2-settings"}, set())

    def test_a_switch_that_nobody_asked_for_is_refused(self):
        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            peer.rest()
        _, sidecar = self.both(serve)
        self.assertEqual(sidecar.ask(GET + b"\r\n").status, 502)

    def test_clients_of_http_1_0(self):
        def serve(peer, application):
            application.requests.append(peer.head())
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKS)
            peer.rest()
        application, sidecar = self.both(serve)
        client = self.connect(sidecar).send(b"GET / HTTP/1.0\r\n\r\n")
        head = client.head()
        self.assertEqual((head.all("Transfer-Encoding"), head.all("Connection")), ([], ["close"]))
        self.assertEqual(client.rest(), b"hello world")
        request = application.requests[0]
        self.assertEqual(request.start, "GET / HTTP/1.1")
        self.assertEqual(request.all("Host"), [f"127.0.0.1:{application.port}"])
        self.assertEqual(request.all("Via"), ["1.0 muster"])

    def test_responses_without_a_body(self):
        def serve(peer, _):
            for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n",
                           b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ok()):
                peer.head()
                peer.send(answer)
        application, sidecar = self.both(serve)
        client = self.connect(sidecar)
        head = client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").head()
        self.assertEqual(head.get("Content-Length"), "1000")
        self.assertEqual(client.send(GET + b"\r\n").head().status, 204)
        self.assertEqual(client.send(GET + b"\r\n").head().status, 304)
        self.assertEqual(client.send(GET + b"\r\n").response().body, b"hello")
        self.assertEqual(sidecar.figure("upstream_connections_total"), 1)

    def test_an_application_of_http_1_0(self):
        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        application, sidecar = self.both(serve)
        client = self.connect(sidecar)
        for _ in range(3):
            answer = client.send(GET + b"\r\n").response()
            self.assertEqual((answer.start, answer.body), ("HTTP/1.1 200 OK", b"ok"))
        self.assertEqual(sidecar.figure("upstream_connections_total"), 3)

    def test_a_client_that_wants_to_close_is_let_go(self):
        _, sidecar = self.both()
        client = self.connect(sidecar).send(GET + b"Connection: close\r\n\r\n")
        self.assertEqual(client.response().get("Connection"), "close")
        self.assertEqual(client.rest(), b"")

    def test_an_answer_before_the_body_is_whole(self):
        def serve(peer, application):
            peer.head()
            peer.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
            application.hold()
        _, sidecar = self.both(serve)
        client = self.connect(sidecar).send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n", b"x" * 100)
        answer = client.response()
        self.assertEqual((answer.status, answer.body, answer.get("Connection")), (413, b"no", "close"))

    def test_connect_is_not_served(self):
        _, sidecar = self.both()
        answer = sidecar.ask(b"CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n")
        self.assertEqual((answer.status, answer.error()["reason"]), (501, "no_connect"))

    def test_several_cores_serve_one_port(self):
        _, sidecar = self.both(echo, "--threads", "2")
        for _ in range(40):
            self.assertEqual(sidecar.ask(GET + b"\r\n").status, 200)
        sidecar.until_figure('requests_total{status="2xx"}', 40)


if __name__ == "__main__":
    unittest.main(verbosity=2)
