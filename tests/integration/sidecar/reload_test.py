"""A configuration that changes while the sidecar serves."""
import os
import shutil
import tempfile
import threading
import unittest

from peers import PATIENCE, Case, echo, free_port, ok
from redis_test import KEY, Redis

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def posted(count):
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % count + b"x" * count


class Configured(Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "profile.yaml")

    def write(self, text):
        """As most programs do it: another file, renamed."""
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def configured(self, text, serve=echo, *flags, **options):
        self.write(text)
        application = self.application(serve)
        return application, self.sidecar(application, "--config", self.file, *flags, **options)

    def reloaded(self, sidecar, count):
        sidecar.until_figure('config_reloads_total{result="success"}', count)


class Reload(Configured):
    def test_requests_from_then_on_are_under_the_new_one(self):
        for threads in ("1", "2"):
            application, sidecar = self.configured("bodyBytesMax: 1000\n", echo, "--threads", threads)
            clients = [self.connect(sidecar) for _ in range(8)]
            for client in clients:
                self.assertEqual(client.send(posted(100)).response().status, 200)
            self.assertEqual(sidecar.figure("config_last_reload_successful"), 1)
            before = sidecar.figure("config_last_reload_success_timestamp_seconds")
            self.write("bodyBytesMax: 10\nmakeTrace: true\nsecurityHeaders: false\n")
            self.reloaded(sidecar, 1)
            self.assertGreaterEqual(sidecar.figure("config_last_reload_success_timestamp_seconds"), before)
            for client in clients:  # connections that were open before
                answer = client.send(GET).response()
                self.assertEqual((answer.status, answer.all("X-Content-Type-Options")), (200, []))
                self.assertEqual(client.send(posted(100)).response().status, 413)
            self.assertEqual(len(application.requests[-1].all("traceparent")), 1)
            self.assertEqual(sidecar.figure("config_needs_restart"), 0)

    def test_a_file_that_may_be_missing_comes_and_goes(self):
        sidecar = self.sidecar(self.application(echo), "--config", self.file, "--config-optional")
        client = self.connect(sidecar)
        self.assertEqual(client.send(posted(100)).response().status, 200)
        self.write("bodyBytesMax: 10\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(client.send(posted(100)).response().status, 413)
        os.remove(self.file)
        self.reloaded(sidecar, 2)
        self.assertEqual(self.connect(sidecar).send(posted(100)).response().status, 200)

    def test_a_request_keeps_what_it_began_with(self):
        begun, go_on = threading.Event(), threading.Event()

        def serve(peer, _):
            while True:
                peer.head()
                begun.set()
                go_on.wait(PATIENCE)
                peer.send(ok())
        _, sidecar = self.configured("securityHeaders: true\n", serve)
        client = self.connect(sidecar).send(GET)
        begun.wait(PATIENCE)
        self.write("securityHeaders: false\n")
        self.reloaded(sidecar, 1)
        go_on.set()
        self.assertEqual(client.response().all("X-Content-Type-Options"), ["nosniff"])
        self.assertEqual(client.send(GET).response().all("X-Content-Type-Options"), [])

    def test_a_file_that_is_wrong_changes_nothing_and_is_told_once(self):
        application, sidecar = self.configured("bodyBytesMax: 10\n")
        for count, (text, said) in enumerate((("bodyBytesMax: [\n", "profile.yaml"), ("bodyBytesMin: 1\n", "no such field"),
                                              ("bodyBytesMax: 9\ndeny: [nonsense]\n", "nonsense"), ("headSeconds: 0\n", "head-seconds")), 1):
            self.write(text)
            sidecar.hang_up()
            sidecar.until_figure('config_reloads_total{result="failure"}', count)
            self.assertEqual(sidecar.figure("config_last_reload_successful"), 0)
            self.assertIn(said, sidecar.until_said("new configuration is not used", count)[-1]["error"])
        os.unlink(self.file)
        sidecar.hang_up()
        sidecar.until_figure('config_reloads_total{result="failure"}', 5)
        self.assertEqual(sidecar.ask(posted(10)).status, 200)
        self.assertEqual(sidecar.ask(posted(11)).status, 413)
        for _ in range(3):
            sidecar.hang_up()  # it is looked at again, and not told again
        self.write("bodyBytesMax: 11\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(sidecar.figure("config_last_reload_successful"), 1)
        sidecar.until_said("another configuration is in force")
        self.assertEqual(len(sidecar.until_said("new configuration is not used", 5)), 5)
        self.assertEqual(sidecar.ask(posted(11)).status, 200)

    def test_what_needs_a_restart_is_named_and_the_rest_is_taken(self):
        _, sidecar = self.configured("threads: 1\nwatch: none\n")
        self.write("threads: 2\nwatch: auto\nbodyBytesMax: 10\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(sidecar.figure("config_needs_restart"), 2)
        self.assertEqual(sidecar.until_said("needs a restart")[0]["settings"], "--threads --watch")
        self.assertEqual(sidecar.ask(posted(11)).status, 413)
        self.write("threads: 1\nwatch: none\n")
        self.reloaded(sidecar, 2)
        self.assertEqual(sidecar.figure("config_needs_restart"), 0)

    def test_flags_win_over_the_new_one_too(self):
        _, sidecar = self.configured("bodyBytesMax: 5\n", echo, "--body-bytes-max", "20")
        self.write("bodyBytesMax: 10\nsecurityHeaders: false\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(sidecar.ask(posted(20)).status, 200)

    def test_a_signal_asks_for_it(self):
        _, sidecar = self.configured("bodyBytesMax: 5\n")
        self.write("bodyBytesMax: 10\n")
        sidecar.hang_up()
        self.reloaded(sidecar, 1)
        self.assertEqual(sidecar.ask(posted(10)).status, 200)

    def test_a_symbolic_link_that_is_swapped(self):
        for name, count in (("one", 5), ("two", 10)):
            os.mkdir(os.path.join(self.folder, name))
            with open(os.path.join(self.folder, name, "p.yaml"), "w", encoding="ascii") as file:
                file.write(f"bodyBytesMax: {count}\n")
        link = os.path.join(self.folder, "data")
        os.symlink("one", link)
        sidecar = self.sidecar(self.application(), "--config", os.path.join(link, "p.yaml"))
        self.assertEqual(sidecar.ask(posted(10)).status, 413)
        os.symlink("two", link + "2")
        os.rename(link + "2", link)
        self.reloaded(sidecar, 1)
        self.assertEqual(sidecar.ask(posted(10)).status, 200)


class Limits(Configured):
    RULE = "limitRules: [{name: all, limits: [{requests: 3, seconds: 3600}]}]\n"

    def statuses(self, sidecar, count):
        return [sidecar.ask(GET).status for _ in range(count)]

    def limited(self, text):
        return self.configured(text, limits=None)[1]

    def test_what_was_counted_stays_where_the_limits_are_the_same(self):
        sidecar = self.limited(self.RULE)
        self.assertEqual(self.statuses(sidecar, 4), [200, 200, 200, 429])
        self.write(self.RULE + "makeTrace: true\nallow: [10.0.0.0/8]\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(self.statuses(sidecar, 1), [429])
        self.write(self.RULE.replace("requests: 3", "requests: 5"))
        self.reloaded(sidecar, 2)
        self.assertEqual(self.statuses(sidecar, 6), [200] * 5 + [429])  # another limit counts anew
        self.write(self.RULE.replace("requests: 3", "requests: 5") + "unlimitedPaths: [/]\n")
        self.reloaded(sidecar, 3)
        self.assertEqual(self.statuses(sidecar, 1), [200])

    def test_clients_that_are_denied_from_now_on(self):
        sidecar = self.limited(self.RULE)
        client = self.connect(sidecar)
        self.assertEqual(client.send(GET).response().status, 200)
        self.write(self.RULE + "deny: [127.0.0.0/8]\n")
        self.reloaded(sidecar, 1)
        self.assertEqual(client.send(GET).response().status, 403)

    def test_limits_that_are_switched_off_and_on(self):
        sidecar = self.limited("limits: 'off'\n" + self.RULE)
        self.assertEqual(self.statuses(sidecar, 4), [200] * 4)
        self.write("limits: 'on'\n" + self.RULE)
        self.reloaded(sidecar, 1)
        self.assertEqual(self.statuses(sidecar, 4), [200, 200, 200, 429])
        self.write("limits: 'off'\n" + self.RULE)
        self.reloaded(sidecar, 2)
        self.assertEqual(self.statuses(sidecar, 1), [200])
        self.write("limits: 'on'\n" + self.RULE)
        self.reloaded(sidecar, 3)
        self.assertEqual(self.statuses(sidecar, 1), [429])


class SharedLimits(Configured):
    """Over all replicas, through Redis."""
    TWO = "limitRules: [{name: most, limits: [{requests: 999, seconds: 86400}]}, {name: all, limits: [{requests: 4, seconds: 86400}]}]\n"
    ONE = "limitRules: [{name: all, limits: [{requests: 10, seconds: 86400}]}]\n"

    def setUp(self):
        super().setUp()
        self.key, self.port = os.path.join(self.folder, "key"), free_port()
        with open(self.key, "w", encoding="ascii") as file:
            file.write(KEY)

    def redis(self):
        out = Redis(self.port)
        self.addCleanup(out.kill)
        return out

    def replica(self, text):
        return self.configured(text, echo, "--redis", f"127.0.0.1:{self.port}", "--fingerprint-key-file", self.key, limits=None)[1]

    def statuses(self, sidecar, count):
        return [sidecar.ask(GET).status for _ in range(count)]

    def told(self, sidecar, count):
        sidecar.until_figure("limit_sharing_told_total", count)

    def counted(self, redis):
        return sum(int(redis.ask("GET", key)[0]) for key in redis.ask("KEYS", "muster:all-1d:*"))

    def test_replicas_go_on_together_under_other_rules(self):
        redis = self.redis()
        first, second = self.replica(self.TWO), self.replica(self.TWO)  # of one file
        for each in (first, second):
            each.until_figure("limit_sharing_connected", 1)
        self.assertEqual(self.statuses(first, 5), [200] * 4 + [429])
        self.told(first, 8)  # under each of two rules
        self.assertEqual(self.statuses(second, 1), [200], "it has not heard of the client yet")
        self.told(second, 2)
        self.assertEqual(self.statuses(second, 1), [429])
        self.write(self.ONE)
        for each in (first, second):
            self.reloaded(each, 1)
        self.assertEqual(self.statuses(first, 1), [200])
        self.told(first, 9)  # and heard that six were let in under the rule's name
        self.assertEqual(self.statuses(first, 5), [200] * 4 + [429])
        self.told(first, 13)
        self.assertEqual(self.statuses(second, 1), [200])
        self.told(second, 3)
        self.assertEqual(self.statuses(second, 1), [429])
        self.assertEqual(self.counted(redis), 11)

    def test_what_was_not_told_under_the_old_rules_is_not_told_under_others(self):
        sidecar = self.replica(self.TWO)
        self.assertEqual(self.statuses(sidecar, 3), [200] * 3)
        self.write(self.ONE)
        self.reloaded(sidecar, 1)
        redis = self.redis()
        sidecar.until_figure("limit_sharing_connected", 1)
        self.assertGreaterEqual(sidecar.figure("limit_sharing_lost_total"), 2)  # of one client, under each rule
        self.assertEqual(self.statuses(sidecar, 1), [200])
        self.told(sidecar, 1)
        self.assertEqual(self.counted(redis), 1)

    def test_limits_that_are_switched_on_are_shared(self):
        redis, sidecar = self.redis(), self.replica("limits: 'off'\n" + self.ONE)
        sidecar.until_figure("limit_sharing_connected", 1)
        self.assertEqual(self.statuses(sidecar, 2), [200] * 2)
        self.write("limits: 'on'\n" + self.ONE)
        self.reloaded(sidecar, 1)
        self.assertEqual(self.statuses(sidecar, 2), [200] * 2)
        self.told(sidecar, 2)
        self.assertEqual(self.counted(redis), 2)
        self.write("limits: 'off'\n" + self.ONE)
        self.reloaded(sidecar, 2)
        self.assertEqual(self.statuses(sidecar, 1), [200])
        self.assertEqual((sidecar.figure("limit_sharing_told_total"), self.counted(redis)), (2, 2))


class UnderLoad(Configured):
    def test_no_request_is_lost(self):
        _, sidecar = self.configured("bodyBytesMax: 1000\nlimits: dry-run\n", echo, "--threads", "2", limits=None)
        ending, lost, counts = threading.Event(), [], []

        def ask():
            peer = sidecar.connect()
            try:
                count = 0
                while not ending.is_set():
                    if peer.send(posted(10)).response().status != 200:
                        raise EOFError("status")
                    count += 1
                counts.append(count)
            except (OSError, EOFError) as error:
                lost.append(repr(error))
            finally:
                peer.close()
        clients = [threading.Thread(target=ask) for _ in range(6)]
        for client in clients:
            client.start()
        for number in range(1, 21):
            limits = "dry-run" if number % 2 else "off"
            self.write(f"bodyBytesMax: {1000 + number}\nlimits: '{limits}'\n")
            sidecar.hang_up()
            self.reloaded(sidecar, number)
        ending.set()
        for client in clients:
            client.join(PATIENCE)
        self.assertEqual((lost, len(counts), min(counts) > 0), ([], 6, True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
