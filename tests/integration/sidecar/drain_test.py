"""SIGTERM: what was accepted is finished, nothing new begins, and the end comes in time."""
import signal
import threading
import time
import unittest

from peers import PATIENCE, Case, echo, ok

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Load(threading.Thread):
    """A client that asks without a pause until it is told that its connection ends, or nobody listens."""

    def __init__(self, sidecar, kept):
        super().__init__()
        self.sidecar, self.kept = sidecar, kept
        self.answered, self.lost = 0, []

    def run(self):
        try:
            while self.connection():
                pass
        except ConnectionRefusedError:
            pass

    def connection(self):
        peer = self.sidecar.connect()
        try:
            while True:
                peer.send(GET)
                answer = peer.response()
                self.answered += 1
                if answer.get("Connection") == "close":
                    return True
                if not self.kept:
                    return True
        except (OSError, EOFError) as error:
            self.lost.append(repr(error))
            return False
        finally:
            peer.close()


class Drain(Case):
    def test_under_load_no_request_that_was_accepted_is_lost(self):
        def serve(peer, application):
            while True:
                peer.head()
                application.ending.wait(0.002)
                peer.send(ok())
        for threads in ("1", "2"):
            _, sidecar = self.both(serve, "--threads", threads)
            clients = [Load(sidecar, kept=number % 2 == 0) for number in range(8)]
            for client in clients:
                client.start()
            while any(client.answered < 20 for client in clients):
                threading.Event().wait(0.02)
            sidecar.terminate()
            for client in clients:
                client.join(PATIENCE)
            self.assertEqual([client.lost for client in clients if client.lost], [])
            self.assertEqual(sidecar.wait(), 0)

    def test_what_is_under_way_is_finished(self):
        begun, go_on = threading.Event(), threading.Event()

        def serve(peer, _):
            peer.head()
            begun.set()
            go_on.wait(PATIENCE)
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n", b"x" * 200000)
            peer.head()
        _, sidecar = self.both(serve)
        quiet = self.connect(sidecar)
        upload = self.connect(sidecar).send(GET)
        begun.wait(PATIENCE)
        sidecar.terminate()
        while sidecar.admin("/readyz")[0] != 503 or "draining" not in sidecar.admin("/readyz")[1]:
            pass
        self.refused(sidecar)
        self.assertEqual(quiet.rest(), b"")  # it had nothing under way
        go_on.set()
        answer = upload.response()
        self.assertEqual((len(answer.body), answer.get("Connection")), (200000, "close"))
        self.assertEqual(sidecar.wait(), 0)

    def refused(self, sidecar):
        for _ in range(100):
            try:
                sidecar.connect().close()
            except ConnectionRefusedError:
                return
            threading.Event().wait(0.05)
        self.fail("still accepts")

    def test_a_request_that_comes_late_over_an_open_connection_is_answered(self):
        _, sidecar = self.both()
        client = self.connect(sidecar)
        self.assertEqual(client.send(GET).response().all("Connection"), [])
        sidecar.terminate()
        self.refused(sidecar)
        self.assertEqual(client.send(GET).response().get("Connection"), "close")
        self.assertEqual(sidecar.wait(), 0)

    def test_what_takes_too_long_is_cut(self):
        def serve(peer, application):
            peer.head()
            application.hold()
        for again in (False, True):
            _, sidecar = self.both(serve, "--drain-seconds", "60" if again else "1")
            client = self.connect(sidecar).send(GET)
            sidecar.until_figure("requests_active", 1)
            began = time.monotonic()
            sidecar.terminate()
            if again:
                self.refused(sidecar)
                sidecar.process.send_signal(signal.SIGINT)
            with self.assertRaises((ConnectionError, EOFError)):
                client.response()
            self.assertEqual(sidecar.wait(), 0)
            self.assertLess(time.monotonic() - began, PATIENCE)

    def test_without_connections_it_ends_at_once(self):
        _, sidecar = self.both(echo)
        began = time.monotonic()
        sidecar.terminate()
        self.assertEqual(sidecar.wait(), 0)
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
