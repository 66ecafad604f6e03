"""Mode tcp: bytes in both directions, each with its own end."""
import hashlib
import threading
import unittest

from peers import Case, free_port


def mirror(peer, _):
    while peer.left or peer.more():
        peer.send(peer.take(len(peer.left)))


class Tcp(Case):
    def mirrored(self, *flags):
        return self.both(mirror, "--mode", "tcp", *flags)

    def test_bytes_pass_as_they_are(self):
        _, sidecar = self.mirrored()
        client = self.connect(sidecar)
        for text in (b"\0\1\2", b"GET / HTTP/1.1\r\n\r\n", b"x" * 100000):
            self.assertEqual(client.send(text).exactly(len(text)), text)
        client.half_close()
        self.assertEqual(client.rest(), b"")
        sidecar.until_figure("connections_active", 0)

    def test_the_end_of_one_direction_leaves_the_other(self):
        size = 16 << 20
        body = hashlib.shake_128(b"tcp").digest(size)

        def serve(peer, _):
            peer.send(b"welcome")
            got = peer.rest()
            peer.send(hashlib.sha256(got).digest())
        _, sidecar = self.both(serve, "--mode", "tcp")
        client = self.connect(sidecar)
        self.assertEqual(client.exactly(7), b"welcome")  # the application speaks first
        client.send(body)
        client.half_close()
        self.assertEqual(client.rest(), hashlib.sha256(body).digest())

    def test_an_application_that_closes_first(self):
        def serve(peer, application):
            peer.send(b"bye")
            peer.half_close()
            got = peer.rest()
            if got:  # the sidecar looks whether somebody listens, too
                application.got = got
                application.ending.set()
        application, sidecar = self.both(serve, "--mode", "tcp")
        client = self.connect(sidecar)
        self.assertEqual(client.rest(), b"bye")
        client.send(b"still here")
        client.half_close()
        application.ending.wait(20)
        self.assertEqual(application.got, b"still here")

    def test_who_does_not_read_makes_the_other_wait(self):
        progress = {"sent": 0}

        def serve(peer, _):
            for sent in range(65536, (64 << 20) + 1, 65536):
                peer.send(b"z" * 65536)
                progress["sent"] = max(progress["sent"], sent)
        _, sidecar = self.both(serve, "--mode", "tcp")
        client = self.connect(sidecar, receive_bytes=65536)
        seen = -1
        while seen != progress["sent"]:
            seen = progress["sent"]
            threading.Event().wait(0.5)
        self.assertLess(seen, 32 << 20)
        self.assertEqual(len(client.rest()), 64 << 20)

    def test_a_connection_of_which_nothing_moves_ends(self):
        _, sidecar = self.mirrored("--tunnel-idle-seconds", "1")
        client = self.connect(sidecar)
        self.assertEqual(client.send(b"a").exactly(1), b"a")
        self.assertEqual(client.rest(), b"")

    def test_an_application_that_is_down(self):
        sidecar = self.sidecar(free_port(), "--mode", "tcp")
        with self.assertRaises((ConnectionError, EOFError)):
            self.connect(sidecar).exactly(1)
        sidecar.until_figure('upstream_errors_total{kind="refused"}', 1)

    def test_an_application_that_resets(self):
        def serve(peer, _):
            peer.exactly(1)
            peer.reset()
        _, sidecar = self.both(serve, "--mode", "tcp")
        with self.assertRaises((ConnectionError, EOFError)):
            self.connect(sidecar).send(b"x").exactly(1)

    def test_tunnels_are_cut_when_the_drain_is_over(self):
        _, sidecar = self.mirrored("--drain-seconds", "1")
        client = self.connect(sidecar)
        self.assertEqual(client.send(b"a").exactly(1), b"a")
        sidecar.terminate()
        self.assertEqual(client.send(b"b").exactly(1), b"b")
        with self.assertRaises((ConnectionError, EOFError)):
            client.exactly(1)
        self.assertEqual(sidecar.wait(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
