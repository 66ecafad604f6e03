"""The second level of the response cache, in a real Redis: what one replica stored another one answers, what is void is void at all,
and without Redis each goes on with its own. The application says in every body how many requests it has seen."""
import json
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.request

from cache_test import counting, get
from peers import PATIENCE, PROGRAM, Case, free_port, ok
from redis_test import KEY, Redis

TOKEN = "a-token-of-the-test"
FRESH = "Cache-Control: max-age=600"


class Level(Case):
    def setUp(self):
        self.files = []
        for text in (KEY, TOKEN):
            file = tempfile.NamedTemporaryFile("w")  # pylint: disable=consider-using-with
            self.addCleanup(file.close)
            file.write(text)
            file.flush()
            self.files.append(file.name)

    def redis(self, port=None):
        out = Redis(port or free_port())
        self.addCleanup(out.kill)
        return out

    def replica(self, application, port, *flags, shared=True):
        key, token = self.files
        out = self.sidecar(application, "--redis", f"127.0.0.1:{port}", "--fingerprint-key-file", key, "--admin-token-file", token,
                           "--cache-bytes-max", "4000000", *(["--cache-redis"] if shared else []), *flags)
        if shared:
            out.until_figure("cache_redis_connected", 1)
        return out

    def replicas(self, serve, *flags):
        redis, application = self.redis(), self.application(serve)
        return redis, application, self.replica(application, redis.port, *flags), self.replica(application, redis.port, *flags)

    def until_put(self, sidecar, count):
        sidecar.until_figure("cache_redis_stored_total", count)

    def until(self, what, holds):
        for _ in range(PATIENCE * 20):
            if holds():
                return
            threading.Event().wait(0.05)
        self.fail(what)

    def invalidate(self, sidecar, pattern):
        request = urllib.request.Request(f"http://127.0.0.1:{sidecar.admin_port}/api/cache/invalidate", method="POST",
                                         data=json.dumps({"pattern": pattern}).encode(), headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["invalidated"]


class Sharing(Level):
    def test_what_one_stored_another_answers(self):
        redis, application, first, second = self.replicas(counting(FRESH, "Age: 100", "ETag: \"e\""))
        self.assertEqual(first.ask(get()).body, b"1")
        self.until_put(first, 1)
        found = second.ask(get())
        self.assertEqual((found.status, found.body, found.get("etag")), (200, b"1", '"e"'))
        self.assertIn("muster; hit; detail=redis; ttl=", found.get("cache-status"))
        self.assertIn(int(found.get("age")), range(100, 100 + 2 * PATIENCE), "it is as old as it is, whoever has it")
        again = second.ask(get())
        self.assertNotIn("redis", again.get("cache-status"), "it is in memory now")
        self.assertEqual((again.body, len(application.requests)), (b"1", 1))
        self.assertEqual(second.figure("cache_promoted_total"), 1)
        self.assertEqual(second.figure('cache_redis_requests_total{result="hit"}'), 1)
        self.assertEqual(first.figure('cache_redis_requests_total{result="miss"}'), 1)
        said = json.loads(second.admin("/api/cache")[1])
        self.assertEqual((said["hits"], said["promoted"], said["misses"], said["hitRatio"]), (1, 1, 1, 1.0))
        names = redis.ask("KEYS", "muster:cache:*")
        self.assertEqual(len(names), 1)
        self.assertRegex(names[0], "^muster:cache:[0-9a-f]{32}$")
        self.assertIn(int(redis.ask("PTTL", names[0])[0]), range(1, 300_001))

    def test_it_stays_no_longer_than_it_is_fresh(self):
        redis, _, first, _ = self.replicas(counting("Cache-Control: max-age=100", "Age: 60"))
        first.ask(get())
        self.until_put(first, 1)
        self.assertIn(int(redis.ask("PTTL", redis.ask("KEYS", "muster:cache:*")[0])[0]), range(1, 40_001))

    def test_variants_are_found_by_who_never_saw_the_page(self):
        _, application, first, second = self.replicas(counting(FRESH, "Vary: Accept"))
        self.assertEqual([first.ask(get("/", f"Accept: {kind}")).body for kind in "ab"], [b"1", b"2"])
        self.until_put(first, 4)  # each with a signpost
        self.assertEqual([second.ask(get("/", f"Accept: {kind}")).body for kind in "ba"], [b"2", b"1"])
        self.assertEqual(len(application.requests), 2)
        self.assertEqual(second.ask(get("/", "Accept: c")).body, b"3")
        self.assertEqual(second.ask(get()).body, b"4", "without the field it is another one")

    def test_what_is_private_is_not_there(self):
        for lines in ([FRESH, "Set-Cookie: a=b"], ["Cache-Control: private, max-age=60"], ["Cache-Control: no-store"], ["ETag: \"e\""]):
            redis, _, first, second = self.replicas(counting(*lines))
            self.assertEqual([each.ask(get()).body for each in (first, second)], [b"1", b"2"], lines)
            first.ask(get("/other"))  # its question goes behind what was to be put
            self.assertEqual(redis.ask("KEYS", "muster:cache:*"), [], lines)

    def test_what_somebody_was_told_who_showed_who_he_is_is_not_there(self):
        redis, _, first, second = self.replicas(counting("Cache-Control: public, max-age=60"))
        known = get("/", "Authorization: Basic x")
        self.assertEqual([first.ask(known).body for _ in range(2)], [b"1", b"1"], "a shared cache may keep it")
        self.assertEqual(first.ask(get("/other")).body, b"2")
        self.until_put(first, 1)
        self.assertEqual(len(redis.ask("KEYS", "muster:cache:*")), 1)
        self.assertEqual(second.ask(known).body, b"3")

    def test_many_that_want_the_same_are_one_question(self):
        asked, go = threading.Semaphore(0), threading.Event()

        def serve(peer, application):
            while True:
                application.requests.append(peer.head())
                asked.release()
                go.wait(PATIENCE)
                peer.send(ok(b"%d" % len(application.requests), FRESH.encode()))
        _, application, first, second = self.replicas(serve)
        peers = [self.connect(first).send(get()) for _ in range(10)]
        self.assertTrue(asked.acquire(timeout=PATIENCE))
        first.until_figure("cache_waited_total", 9)
        go.set()
        self.assertEqual({peer.response().body for peer in peers}, {b"1"})
        self.until_put(first, 1)
        peers = [self.connect(second).send(get()) for _ in range(10)]
        self.assertEqual({peer.response().body for peer in peers}, {b"1"})
        self.assertEqual(len(application.requests), 1)
        self.assertEqual(sum(second.figure(f'cache_redis_requests_total{{result="{each}"}}') for each in ("hit", "miss")), 1)

    def test_void_at_one_is_void_at_all(self):
        redis, application, first, second = self.replicas(counting(FRESH))
        for path in ("/a/1", "/b"):
            first.ask(get(path))
        self.until_put(first, 2)
        self.assertEqual([second.ask(get(path)).body for path in ("/a/1", "/b")], [b"1", b"2"])
        self.assertEqual(self.invalidate(first, "/a/*"), 1)
        self.assertEqual(first.ask(get("/a/1")).body, b"3", "neither in memory nor in Redis")
        self.until("the other one has not heard", lambda: second.figure("cache_redis_voids_heard_total") == 1)
        self.assertNotEqual(second.ask(get("/a/1")).body, b"1")
        self.assertEqual(second.ask(get("/b")).body, b"2", "what the pattern does not match is still there")
        third = self.replica(application, redis.port)
        self.assertNotEqual(third.ask(get("/a/1")).body, b"1", "who comes later knows of it too")

    def test_a_change_over_one_is_void_at_all(self):
        _, _, first, second = self.replicas(counting(FRESH))
        first.ask(get("/a"))
        self.until_put(first, 1)
        self.assertEqual(second.ask(get("/a")).body, b"1")
        self.assertEqual(first.ask(b"POST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n").body, b"2")
        self.until("the other one has not heard", lambda: second.figure("cache_redis_voids_heard_total") == 1)
        self.assertNotEqual(second.ask(get("/a")).body, b"1")

    def test_what_nobody_sealed_is_not_there(self):
        redis, application, first, second = self.replicas(counting(FRESH))
        first.ask(get("/a"))
        self.until_put(first, 1)
        name = redis.ask("KEYS", "muster:cache:*")[0]
        redis.ask("SET", name, "r1 9 1 1 0\nHTTP/1.1 200 OK")
        self.assertEqual(second.ask(get("/a")).body, b"2")
        self.until_put(second, 1)
        first.ask(get("/b"))
        self.until_put(first, 2)
        other = next(each for each in redis.ask("KEYS", "muster:cache:*") if each != name)
        redis.ask("COPY", other, name, "REPLACE")
        third = self.replica(application, redis.port)
        self.assertEqual(third.ask(get("/a")).body, b"4", "a record that was moved is not what it is called")

    def test_off_nothing_of_it_is_in_redis(self):
        redis, application = self.redis(), self.application(counting(FRESH))
        sidecar = self.replica(application, redis.port, shared=False)
        sidecar.until_figure("limit_sharing_connected", 1)
        self.assertEqual([sidecar.ask(get()).body for _ in range(2)], [b"1", b"1"])
        self.assertEqual(redis.ask("KEYS", "muster:cache*"), [])
        self.assertNotIn("cache_redis", sidecar.admin("/metrics")[1])

    def test_flags_that_do_not_fit(self):
        for flags, why in ((["--cache-redis", "--cache-bytes-max", "1"], "--cache-redis: there is none without --redis"),
                           (["--cache-redis", "--redis", "127.0.0.1:1"], "--cache-bytes-max")):
            done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", *flags, "--check-config"], stderr=subprocess.PIPE, text=True,
                                  timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(why, done.stderr)


class Trouble(Level):
    def test_without_redis_memory_goes_on_and_no_request_fails(self):
        redis, application, first, second = self.replicas(counting(FRESH))
        first.ask(get("/a"))
        self.until_put(first, 1)
        redis.kill()
        second.until_figure("cache_redis_connected", 0)
        self.assertEqual([each.ask(get("/a")).body for each in (first, second, second)], [b"1", b"2", b"2"])
        self.assertEqual([each.ask(get("/b")).status for each in (first, second)], [200, 200])
        self.invalidate(first, "/a")
        seen = len(application.requests)
        self.assertEqual(second.ask(get("/a")).body, b"2", "nobody could tell it")
        self.redis(redis.port)
        for each in (first, second):
            each.until_figure("cache_redis_connected", 1)
        self.until("it is not told later", lambda: first.figure("cache_redis_voids_told_total") == 1)
        self.until("void there", lambda: second.ask(get("/a")).body != b"2")
        self.assertGreater(len(application.requests), seen)
        first.ask(get("/c"))
        self.until_put(first, 2)
        self.assertIn("redis", second.ask(get("/c")).get("cache-status"))

    def test_one_that_stands_still_holds_nobody_up_for_long(self):
        redis, _, first, second = self.replicas(counting(FRESH))
        redis.process.send_signal(signal.SIGSTOP)
        try:
            self.assertEqual([each.ask(get(f"/{i}")).status for i in range(20) for each in (first, second)], [200] * 40)
            first.until_figure("cache_redis_connected", 0)
        finally:
            redis.process.send_signal(signal.SIGCONT)
        first.until_figure("cache_redis_connected", 1)

    def test_one_that_flaps_under_load_fails_no_request(self):
        redis, _, first, second = self.replicas(counting(FRESH))
        stop, seen = threading.Event(), []

        def load(sidecar):
            peer, count = sidecar.connect(), 0
            while not stop.is_set():
                count += 1
                seen.append(peer.send(get(f"/{count % 50}")).response().status)
                if count % 40 == 0:
                    seen.append(peer.send(b"POST /7 HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n").response().status)
            peer.close()
        threads = [threading.Thread(target=load, args=(each,)) for each in (first, second, first)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                redis.kill()
                first.until_figure("cache_redis_connected", 0)
                before = len(seen)
                self.until("requests stand still", lambda before=before: len(seen) > before + 50)
                redis = self.redis(redis.port)
                first.until_figure("cache_redis_connected", 1)
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)
        self.assertEqual(set(seen), {200})


if __name__ == "__main__":
    unittest.main(verbosity=2)
