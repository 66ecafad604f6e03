"""The response cache, of the program as it runs: what is stored and for whom, what is asked again, who waits for whom, and
what is void. The application says in every body how many requests it has seen, so that an answer tells where it is from."""
import json
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from peers import PATIENCE, Case, echo, ok

ON = ("--cache-bytes-max", "1000000")


def get(path="/", *lines, method="GET", host="shop"):
    return b"".join([f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n".encode(), *(f"{line}\r\n".encode() for line in lines), b"\r\n"])


def counting(*lines):
    """Answers 200 with these fields and the number of the request."""
    def serve(peer, application):
        while True:
            head = peer.head()
            peer.exactly(int(head.get("content-length", "0")))
            application.requests.append(head)
            peer.send(ok(b"%d" % len(application.requests), *(line.encode() for line in lines)))
    return serve


class Storing(Case):
    def test_off_nothing_is_stored(self):
        _, sidecar = self.both(counting("Cache-Control: max-age=60"))
        self.assertEqual([sidecar.ask(get()).body for _ in range(2)], [b"1", b"2"])
        self.assertNotIn("muster_sidecar_cache", sidecar.admin("/metrics")[1])

    def test_a_stored_response_is_an_answer_as_any_other(self):
        application, sidecar = self.both(counting("Cache-Control: max-age=60", "X-Request-ID: of-the-application", "X-Kind: a"),
                                         *ON, "--limits", "on", "--limit-rule", '{"name": "a", "limits": [{"requests": 4, "seconds": 3600}]}')
        first, second = sidecar.ask(get("/", "X-Request-ID: one")), sidecar.ask(get("/", "X-Request-ID: two"))
        self.assertEqual((first.body, second.body), (b"1", b"1"))
        self.assertEqual(first.get("age"), None)
        self.assertIn(int(second.get("age")), range(0, PATIENCE))
        self.assertIn("muster; hit; ttl=", second.get("cache-status"))
        self.assertEqual((second.all("x-request-id"), second.get("x-kind")), (["two"], "a"))
        self.assertEqual(second.all("x-content-type-options"), ["nosniff"])
        self.assertEqual(second.all("content-length"), ["1"])
        self.assertNotEqual(sidecar.ask(get()).get("x-request-id"), None)
        self.assertEqual([sidecar.ask(get()).status for _ in range(3)], [200, 429, 429], "what is stored is counted as well")
        self.assertEqual(len(application.requests), 1)
        self.assertEqual(sidecar.figure('requests_ended_total{end="cached"}'), 3)
        self.assertEqual(sidecar.figure('cache_requests_total{result="hit"}'), 3)
        said = json.loads(sidecar.admin("/api/cache")[1])
        self.assertEqual((said["hits"], said["misses"], said["entries"], said["hitRatio"]), (3, 1, 1, 0.75))

    def test_what_may_not_be_stored(self):
        for lines, asked in ((["Cache-Control: no-store"], []), (["Cache-Control: private, max-age=60"], []),
                             (["Cache-Control: max-age=60", "Set-Cookie: a=b"], []), (["Cache-Control: max-age=60", "Vary: *"], []),
                             (["Cache-Control: max-age=60"], ["Authorization: Basic x"]), ([], []),
                             (["Cache-Control: max-age=60"], ["Range: bytes=0-1"]),
                             (["Cache-Control: max-age=60"], ["X-Original-URL: /other"]),
                             (["Cache-Control: max-age=60"], ["Cache-Control: no-store"])):
            _, sidecar = self.both(counting(*lines), *ON)
            self.assertEqual([sidecar.ask(get("/", *asked)).body for _ in range(3)], [b"1", b"2", b"3"], (lines, asked))

    def test_who_is_authorised_gets_what_is_for_all_only(self):
        _, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON)
        self.assertEqual([sidecar.ask(get()).body, sidecar.ask(get("/", "Authorization: a")).body, sidecar.ask(get()).body], [b"1", b"2", b"1"])
        _, sidecar = self.both(counting("Cache-Control: public, max-age=60"), *ON)
        self.assertEqual([sidecar.ask(get("/", "Authorization: a")).body for _ in range(2)], [b"1", b"1"])

    def test_what_chooses_a_response(self):
        _, sidecar = self.both(counting("Cache-Control: max-age=60", "Vary: Accept-Language"), *ON)
        wanted = ((b"1", get("/a", "Accept-Language: de")), (b"2", get("/a", "Accept-Language: fr")), (b"1", get("/a", "Accept-Language: de")),
                  (b"3", get("/a", "Accept-Language: de", "X-Forwarded-Host: evil")), (b"1", get("/a", "Accept-Language: de")),
                  (b"4", get("/a?", "Accept-Language: de")), (b"5", get("/a", "Accept-Language: de", host="other")),
                  (b"1", get("/a", "Accept-Language: de", host="SHOP")), (b"2", get("http://shop/a", "Accept-Language: fr")))
        for number, (body, request) in enumerate(wanted):
            self.assertEqual(sidecar.ask(request).body, body, number)

    def test_routes_and_sizes(self):
        _, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON, "--cache-route", "/products/*")
        self.assertEqual([sidecar.ask(get(path)).body for path in ("/products/1", "/cart", "/products/1", "/cart")], [b"1", b"2", b"1", b"3"])
        self.assertEqual(sidecar.ask(get("/products/../cart")).body, b"4", "a path is what the application reads")

        def large(peer, application):
            while True:
                application.requests.append(peer.head())
                peer.send(ok(b"x" * 2000, b"Cache-Control: max-age=60"))
        application, sidecar = self.both(large, *ON, "--cache-entry-bytes-max", "1999")
        for _ in range(2):
            self.assertEqual(len(sidecar.ask(get()).body), 2000)
        self.assertEqual(len(application.requests), 2)

    def test_the_sidecars_own_pages_are_not_stored(self):
        application, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON, "--rum-path", "/muster/rum")
        answers = [sidecar.ask(get("/muster/rum.js")) for _ in range(2)]
        self.assertEqual([(answer.status, answer.get("cache-status")) for answer in answers], [(200, None)] * 2)
        self.assertIn("max-age", answers[0].get("cache-control"), "it might be")
        self.assertEqual([sidecar.ask(get()).body for _ in range(2)], [b"1", b"1"])
        said = json.loads(sidecar.admin("/api/cache")[1])
        self.assertEqual((said["hits"], said["misses"], said["entries"], len(application.requests)), (1, 1, 1, 1))

    def test_memory_is_bounded(self):
        def serve(peer, _):
            while True:
                peer.head()
                peer.send(ok(b"x" * 5000, b"Cache-Control: max-age=60"))
        _, sidecar = self.both(serve, "--cache-bytes-max", "60000")
        peer = self.connect(sidecar)
        for number in range(50):
            self.assertEqual(len(peer.send(get(f"/{number}")).response().body), 5000)
        self.assertLessEqual(sidecar.figure("cache_bytes"), 60000)
        self.assertGreater(sidecar.figure("cache_entries"), 5)
        self.assertEqual(sidecar.figure("cache_evictions_total"), 50 - sidecar.figure("cache_entries"))

    def test_chunks_and_heads(self):
        def serve(peer, application):
            while True:
                application.requests.append(peer.head())
                peer.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
                peer.send(b"6\r\n world\r\n0\r\nX-Trailer: a\r\n\r\n")
        application, sidecar = self.both(serve, *ON)
        peer = self.connect(sidecar)
        peer.send(get()).head()
        self.assertTrue(peer.until(b"\r\n\r\n").endswith(b"0\r\nX-Trailer: a\r\n\r\n"))
        stored = peer.send(get()).response()
        self.assertEqual((stored.body, stored.get("transfer-encoding")), (b"hello world", None))
        head = peer.send(get(method="HEAD")).head()
        self.assertEqual((head.status, head.get("content-length")), (200, "11"))
        self.assertEqual(peer.send(get()).response().body, b"hello world", "the connection lives on")
        self.assertEqual(len(application.requests), 1)

    def test_half_a_response_is_not_stored(self):
        def serve(peer, application):
            application.requests.append(peer.head())
            peer.send(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhello")
            peer.close()
        application, sidecar = self.both(serve, *ON)
        for _ in range(2):
            peer = self.connect(sidecar)
            peer.send(get()).head()
            with self.assertRaises((ConnectionError, EOFError)):
                peer.exactly(10)
        self.assertEqual(len(application.requests), 2)

    def test_a_large_one_arrives_whole(self):
        body = bytes(range(256)) * 4000
        _, sidecar = self.both(lambda peer, _: [peer.head(), peer.send(ok(body, b"Cache-Control: max-age=60")), peer.rest()],
                               "--cache-bytes-max", "9000000", "--cache-entry-bytes-max", "2000000")
        for _ in range(2):
            peer = self.connect(sidecar, receive_bytes=4096)
            self.assertEqual(peer.send(get()).response().body, body)
        self.assertEqual(sidecar.figure('cache_requests_total{result="hit"}'), 1)


class Asking(Case):
    def validating(self, *lines, status=b"304 Not Modified"):
        def serve(peer, application):
            while True:
                head = peer.head()
                application.requests.append(head)
                if head.get("if-none-match") == '"v1"':
                    peer.send(b"HTTP/1.1 ", status, b"\r\nX-Seen: %d\r\nContent-Length: 0\r\n\r\n" % len(application.requests))
                else:
                    peer.send(ok(b"hello", *(line.encode() for line in lines)))
        return serve

    def test_what_is_stale_is_asked_about(self):
        application, sidecar = self.both(self.validating('ETag: "v1"', "Cache-Control: no-cache", "X-Seen: 1"), *ON)
        first = sidecar.ask(get())
        second = sidecar.ask(get("/", 'If-None-Match: "mine"'))
        self.assertEqual((first.body, second.body, second.status), (b"hello", b"hello", 200))
        self.assertEqual(second.all("x-seen"), ["2"], "the fields of the 304 take the place of the stored ones")
        self.assertEqual(application.requests[1].all("if-none-match"), ['"v1"'], "what the client knows is not passed on")
        known = sidecar.ask(get("/", 'If-None-Match: "v1"'))
        self.assertEqual((known.status, known.body, known.get("etag"), known.get("content-length")), (304, b"", '"v1"', None))
        self.assertEqual(sidecar.figure("cache_revalidated_total"), 2)
        self.assertEqual(sidecar.figure("upstream_reuses_total"), 2, "a connection that brought a 304 is kept")

    def test_a_client_that_has_it_is_told_so(self):
        application, sidecar = self.both(self.validating('ETag: "v1"', "Cache-Control: max-age=60", "Content-Type: text/plain"), *ON)
        peer = self.connect(sidecar)
        self.assertEqual(peer.send(get()).response().status, 200)
        known = peer.send(get("/", 'If-None-Match: "v0", W/"v1"')).head()
        self.assertEqual((known.status, known.get("content-type"), known.get("cache-control")), (304, None, "max-age=60"))
        self.assertEqual(peer.send(get("/", 'If-None-Match: "v0"')).response().body, b"hello")
        self.assertEqual(len(application.requests), 1)

    def test_a_failure_in_its_place(self):
        def serve(peer, application):
            while True:
                application.requests.append(peer.head())
                found = len(application.requests) == 1
                peer.send(ok(b"hello", b"Cache-Control: max-age=0, stale-if-error=600") if found else b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        _, sidecar = self.both(serve, *ON)
        self.assertEqual([sidecar.ask(get()).status for _ in range(3)], [200] * 3)
        self.assertEqual(sidecar.figure('cache_requests_total{result="stale"}'), 2)
        _, sidecar = self.both(self.validating('ETag: "v1"', "Cache-Control: max-age=0", status=b"503 Busy"), *ON)
        self.assertEqual([sidecar.ask(get()).status for _ in range(2)], [200, 503])

    def test_an_application_that_is_gone(self):
        application, sidecar = self.both(counting("Cache-Control: max-age=0, stale-if-error=600"), *ON)
        self.assertEqual(sidecar.ask(get()).body, b"1")
        application.close()
        self.assertEqual(sidecar.ask(get()).body, b"1")
        self.assertEqual(sidecar.ask(get("/other")).status, 503)

    def test_only_if_cached(self):
        application, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON)
        missing = sidecar.ask(get("/", "Cache-Control: only-if-cached"))
        self.assertEqual((missing.status, missing.error()["reason"], len(missing.all("x-request-id"))), (504, "not_stored", 1))
        sidecar.ask(get())
        self.assertEqual(sidecar.ask(get("/", "Cache-Control: only-if-cached")).body, b"1")
        self.assertEqual(len(application.requests), 1)

    def test_a_reload_asks_again(self):
        _, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON)
        self.assertEqual([sidecar.ask(get("/", *lines)).body for lines in ([], ["Cache-Control: no-cache"], [])], [b"1", b"2", b"2"])


class Void(Case):
    def test_a_change_makes_void(self):
        _, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON)
        seen = [sidecar.ask(request).body for request in (
            get("/a"), get("/b"), get("/a"), get("/a", "Content-Length: 0", method="POST"), get("/a"), get("/b"))]
        self.assertEqual(seen, [b"1", b"2", b"1", b"3", b"4", b"2"])

    def test_a_change_that_failed_does_not(self):
        def serve(peer, application):
            while True:
                head = peer.head()
                application.requests.append(head)
                if head.start.startswith("POST"):
                    peer.send(b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n")
                else:
                    peer.send(ok(b"%d" % len(application.requests), b"Cache-Control: max-age=60"))
        _, sidecar = self.both(serve, *ON)
        sidecar.ask(get())
        self.assertEqual(sidecar.ask(get("/", "Content-Length: 0", method="POST")).status, 409)
        self.assertEqual(sidecar.ask(get()).body, b"1")

    def invalidate(self, sidecar, body, token=None):
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{sidecar.admin_port}/api/cache/invalidate", body.encode(), fields)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def test_an_admin_makes_void_by_pattern(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("let-me")
            file.flush()
            _, sidecar = self.both(counting("Cache-Control: max-age=60"), *ON, "--threads", "2", "--admin-token-file", file.name)
            for path in ("/products/1", "/products/2?a=b", "/cart"):
                sidecar.ask(get(path))
            pattern = '{"pattern": "/products/*"}'
            self.assertEqual(self.invalidate(sidecar, pattern)[0], 401)
            self.assertEqual(self.invalidate(sidecar, pattern, "other")[0], 401)
            self.assertEqual(sidecar.ask(get("/products/1")).body, b"1")
            self.assertEqual(self.invalidate(sidecar, pattern, "let-me"), (200, {"invalidated": 2}))
            self.assertEqual([sidecar.ask(get(path)).body for path in ("/products/1", "/cart")], [b"4", b"3"])
            for wrong in ("", "[]", "{}", '{"pattern": 1}', '{"pattern": ""}'):
                self.assertEqual(self.invalidate(sidecar, wrong, "let-me")[0], 400, wrong)
            _, sidecar = self.both(echo, "--admin-token-file", file.name)
            self.assertEqual(self.invalidate(sidecar, pattern, "let-me")[0], 409)
            self.assertEqual(json.loads(sidecar.admin("/api/cache")[1]), {"enabled": False})

    def test_what_was_under_way_at_a_change_is_not_stored(self):
        asked, go_on = threading.Event(), threading.Event()

        def serve(peer, application):
            while True:
                head = peer.head()
                application.requests.append(head)
                number = len(application.requests)
                if head.start.startswith("GET") and number == 1:
                    asked.set()
                    go_on.wait(PATIENCE)
                peer.send(ok(b"%d" % number, b"Cache-Control: max-age=60"))
        _, sidecar = self.both(serve, *ON)
        peer = self.connect(sidecar)
        peer.send(get())
        self.assertTrue(asked.wait(PATIENCE))
        self.assertEqual(sidecar.ask(get("/", "Content-Length: 0", method="PUT")).status, 200)
        go_on.set()
        self.assertEqual(peer.response().body, b"1")
        self.assertEqual(sidecar.ask(get()).body, b"3")


class Together(Case):
    """One request goes to the application; how many of them wait is a figure, so that nothing here depends on time."""

    def gated(self, *lines):
        self.go_on = threading.Event()
        self.addCleanup(self.go_on.set)

        def serve(peer, application):
            while True:
                application.requests.append(peer.head())
                number = len(application.requests)
                self.go_on.wait(PATIENCE * 2)
                peer.send(ok(b"%d" % number, *(line.encode() for line in lines)))
        return serve

    def crowd(self, sidecar, application, count):
        leader = self.connect(sidecar)
        leader.send(get())
        for _ in range(PATIENCE * 50):
            if application.requests:
                break
            threading.Event().wait(0.02)
        others = [self.connect(sidecar) for _ in range(count)]
        for peer in others:
            peer.send(get())
        sidecar.until_figure("cache_waited_total", count)
        return leader, others

    def test_many_ask_and_one_goes(self):
        for threads in ("1", "3"):
            application, sidecar = self.both(self.gated("Cache-Control: max-age=60"), *ON, "--threads", threads, "--cache-wait-seconds", "60")
            leader, others = self.crowd(sidecar, application, 20)
            self.go_on.set()
            self.assertEqual({peer.response().body for peer in [leader, *others]}, {b"1"})
            self.assertEqual(len(application.requests), 1)

    def test_what_is_not_kept_lets_all_go_on(self):
        application, sidecar = self.both(self.gated("Cache-Control: no-store"), *ON, "--cache-wait-seconds", "60")
        leader, others = self.crowd(sidecar, application, 10)
        self.go_on.set()
        self.assertEqual(len({peer.response().body for peer in [leader, *others]}), 11)
        self.assertEqual(sidecar.ask(get()).body, b"12")
        self.assertEqual(sidecar.figure("cache_waited_total"), 10, "and nobody waits for it again")

    def test_a_wait_has_an_end(self):
        application, sidecar = self.both(self.gated("Cache-Control: max-age=60"), *ON, "--cache-wait-seconds", "1")
        _, others = self.crowd(sidecar, application, 3)
        for _ in range(PATIENCE * 50):
            if len(application.requests) == 4:
                break
            threading.Event().wait(0.02)
        self.assertEqual(len(application.requests), 4)
        self.go_on.set()
        for peer in others:
            self.assertEqual(peer.response().status, 200)

    def test_a_leader_that_goes_away(self):
        application, sidecar = self.both(self.gated("Cache-Control: max-age=60"), *ON, "--cache-wait-seconds", "60")
        leader, others = self.crowd(sidecar, application, 5)
        others.pop().reset()  # somebody who waits goes as well
        leader.reset()
        sidecar.until_figure('requests_ended_total{end="client_gone"}', 1)
        self.go_on.set()
        self.assertEqual({peer.response().status for peer in others}, {200})
        self.assertLessEqual(len(application.requests), 2)

    def test_the_end_of_the_sidecar(self):
        application, sidecar = self.both(self.gated("Cache-Control: max-age=60"), *ON, "--cache-wait-seconds", "60", "--threads", "2",
                                         "--drain-seconds", "1")
        self.crowd(sidecar, application, 5)
        sidecar.terminate()
        self.assertEqual(sidecar.wait(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
