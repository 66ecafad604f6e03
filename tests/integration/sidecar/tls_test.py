"""TLS to clients: what they are shown, what passes, how it ends, and certificates that change."""
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM, Case, Peer, echo, ok

GET = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"


def certificate(folder, name, subject=None):
    """A self-signed one; its files."""
    files = os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={subject or name}", "-addext", f"subjectAltName=DNS:{subject or name}", "-keyout", files[1],
                    "-out", files[0]], check=True, stderr=subprocess.DEVNULL)
    return files


class Secure(Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.files = certificate(self.folder, "one")

    def flags(self, files=None):
        cert, key = files or self.files
        return ["--tls-cert-file", cert, "--tls-key-file", key]

    def secured(self, serve=echo, *flags):
        return self.both(serve, *self.flags(), *flags)

    def context(self, **settings):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for name, value in settings.items():
            setattr(context, name, value)
        return context

    def secure(self, sidecar, context=None, session=None, **options):
        """A connection over TLS. An end without close_notify is an error to it."""
        plain = sidecar.connect(**options).sock
        self.addCleanup(plain.close)
        sock = (context or self.context()).wrap_socket(plain, suppress_ragged_eofs=False, session=session)
        self.addCleanup(sock.close)
        return Peer(sock)

    def test_its_own_handshakes_and_signatures_are_graded(self):
        _, sidecar = self.secured(echo, "--limits", "on", "--threads", "1")
        for _ in range(3):
            self.secure(sidecar).send(GET).response()
        peer = self.secure(sidecar)
        for _ in range(130):  # one of 64 fingerprints is timed
            peer.send(GET).response()
        for _ in range(PATIENCE * 20):
            kinds = {each["kind"]: each for each in json.loads(sidecar.admin("/api/monitoring/encryption")[1])["kinds"]}
            if kinds.get("tls_handshake", {}).get("count") == 4 and kinds.get("signature", {}).get("count") == 2:
                break
            threading.Event().wait(0.05)
        self.assertEqual((kinds["tls_handshake"]["count"], kinds["signature"]["count"]), (4, 2))
        self.assertGreater(kinds["tls_handshake"]["meanMillis"], 0.01, "a handshake is no small thing")
        self.assertLess(kinds["signature"]["minMillis"], kinds["tls_handshake"]["meanMillis"])
        for kind in ("tls_handshake", "signature"):
            self.assertGreater(kinds[kind]["overheadPercent"], 0)
            self.assertIn(kinds[kind]["grade"], "ABCDF")
            self.assertGreater(sidecar.metric(f'muster_encryption_overhead_ratio{{kind="{kind}"}}'), 0)

    def shown(self, sidecar):
        """The certificate that a new connection sees."""
        return self.secure(sidecar).sock.getpeercert(binary_form=True)

    def pem(self, name):
        with open(os.path.join(self.folder, name), encoding="ascii") as file:
            return file.read()


class Injected(Secure):
    """Beside an application that must be able to start, whatever is there of the certificate."""

    def closed(self, application, sidecar):
        """Nobody is served, neither in the open nor over TLS."""
        peer = self.connect(sidecar)
        with contextlib.suppress(ConnectionError):  # closed with our bytes unread
            peer.send(GET)
            self.assertEqual(peer.rest(), b"")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.secure(sidecar)
        self.assertEqual(application.requests, [])
        self.assertEqual(sidecar.admin("/livez")[0], 200)
        status, said = sidecar.admin("/readyz")
        self.assertEqual((status, "[-] certificate: " in said), (503, True), said)
        self.assertEqual((sidecar.figure("tls_certificate_shown"), sidecar.figure("tls_last_reload_successful")), (0, 0))

    def test_without_its_files_it_starts_and_serves_when_they_are_right(self):
        for mode in ("http", "tcp"):
            files = [os.path.join(self.folder, mode + name) for name in (".crt", ".key")]
            application, sidecar = self.both(echo, *self.flags(files), "--mode", mode, "--threads", "2",
                                             "--config", os.path.join(self.folder, "none"), "--config-optional")
            sidecar.until_said("there is no certificate to show")
            self.closed(application, sidecar)
            shutil.copy(self.files[0], files[0])
            shutil.copy(certificate(self.folder, "other")[1], files[1])
            sidecar.hang_up()
            sidecar.until_said("is not used either")
            self.closed(application, sidecar)
            shutil.copy(self.files[1], files[1])
            sidecar.until_figure("tls_certificate_shown", 1)  # without being told
            sidecar.until_said("another certificate is shown")
            self.assertIn(b"200 OK", self.secure(sidecar).send(GET).head().raw)
            for _ in range(PATIENCE * 20):
                if sidecar.admin("/readyz")[0] == 200:
                    break
                threading.Event().wait(0.05)
            self.assertEqual(sidecar.admin("/readyz"), (200, "[+] serving\n[+] application\n"))
            # A file that is spoilt later is what it always was.
            os.remove(files[0])
            sidecar.hang_up()
            sidecar.until_said("the old one stays")
            self.assertEqual((sidecar.figure("tls_certificate_shown"), sidecar.admin("/readyz")[0]), (1, 200))
            self.secure(sidecar)

    def test_others_do_not_start(self):
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                               *self.flags(("/no/such/crt", "/no/such/key"))], stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, "/no/such/crt" in done.stderr), (1, True))


class Exchanges(Secure):
    def test_a_request_and_what_the_application_is_told(self):
        application, sidecar = self.secured()
        client = self.secure(sidecar)
        self.assertIn(client.sock.version(), ("TLSv1.2", "TLSv1.3"))
        self.assertEqual(client.sock.getpeercert(binary_form=True), ssl.PEM_cert_to_DER_cert(self.pem("one.crt")))
        answer = client.send(GET).response()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.all("Strict-Transport-Security"), ["max-age=31536000"])
        self.assertEqual(application.requests[0].all("X-Forwarded-Proto"), ["https"])
        self.assertEqual(client.send(GET).response().status, 200)
        sidecar.until_figure('tls_handshakes_total{kind="full"}', 1)
        sidecar.until_figure("upstream_connections_total", 1)

    def test_many_requests_at_once_and_large_bodies(self):
        _, sidecar = self.secured()
        client = self.secure(sidecar)
        client.send(GET * 100)
        for _ in range(100):
            self.assertEqual(client.response().status, 200)
        body = os.urandom(3 << 20)
        sender = threading.Thread(target=client.send, args=(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body), body))
        sender.start()
        self.assertTrue(client.response().body.endswith(body))
        sender.join(PATIENCE)

    def test_what_is_stored_is_told_whole(self):
        body = os.urandom(900_000)

        def serve(peer, application):
            application.requests.append(peer.head())
            peer.send(ok(body, b"Cache-Control: max-age=600"))
        application, sidecar = self.secured(serve, "--cache-bytes-max", "4000000")
        for _ in range(2):
            client = self.secure(sidecar)
            for _ in range(3):
                self.assertEqual(client.send(GET).response().body, body)
        self.assertEqual(len(application.requests), 1)

    def test_a_request_byte_by_byte(self):
        _, sidecar = self.secured()
        client = self.secure(sidecar)
        for byte in GET:
            client.send(bytes([byte]))
        self.assertEqual(client.response().status, 200)

    def test_a_record_that_comes_in_parts_costs_no_time(self):
        _, sidecar = self.secured()
        client = self.memory(sidecar)
        record = client.sealed(GET)
        client.send(record[:-3])
        before = sidecar.cpu_seconds()
        threading.Event().wait(0.5)
        self.assertLess(sidecar.cpu_seconds() - before, 0.3)  # it waits, and does not look again and again
        client.send(record[-3:])
        self.assertIn(b"200 OK", client.opened())

    def memory(self, sidecar):
        return InMemory(self.connect(sidecar), self.context())

    def test_who_does_not_read_makes_the_application_wait(self):
        progress = {"sent": 0}

        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 200 OK\r\n\r\n")  # until the end of the connection
            for sent in range(65536, (64 << 20) + 1, 65536):
                peer.send(b"z" * 65536)
                progress["sent"] = max(progress["sent"], sent)
        _, sidecar = self.secured(serve)
        client = self.secure(sidecar, receive_bytes=65536).send(GET)
        seen = -1
        while seen != progress["sent"]:
            seen = progress["sent"]
            threading.Event().wait(0.5)
        self.assertLess(seen, 32 << 20)
        client.head()
        self.assertEqual(len(client.rest()), 64 << 20)  # and the end is a proper one

    def test_an_idle_connection_is_ended_properly(self):
        _, sidecar = self.secured(echo, "--idle-seconds", "2")
        client = self.secure(sidecar)
        client.send(GET).response()
        self.assertEqual(client.rest(), b"")
        quiet = self.secure(sidecar)
        self.assertEqual(quiet.rest(), b"")

    def test_an_idle_connection_is_taken_up_again(self):
        _, sidecar = self.secured()
        client = self.secure(sidecar)
        for _ in range(2):
            self.assertEqual(client.send(GET).response().status, 200)
            threading.Event().wait(1.5)  # its buffer has gone back
        self.assertEqual(client.send(GET).response().status, 200)

    def test_a_refusal_is_read_whole(self):
        _, sidecar = self.secured()
        client = self.secure(sidecar).send(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(client.response().status, 400)
        self.assertEqual(client.rest(), b"")

    def test_half_an_answer_is_not_ended_properly(self):
        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        _, sidecar = self.secured(serve)
        client = self.secure(sidecar).send(GET)
        client.head()
        with self.assertRaises(OSError):
            client.rest()

    def test_a_websocket(self):
        def serve(peer, _):
            peer.head()
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nfirst")
            while peer.left or peer.more():
                peer.send(peer.take(len(peer.left)))
        _, sidecar = self.secured(serve)
        client = self.secure(sidecar).send(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        self.assertEqual(client.head().status, 101)
        self.assertEqual(client.exactly(5), b"first")
        self.assertEqual(client.send(b"ping").exactly(4), b"ping")

    def test_a_client_that_says_goodbye_and_one_that_does_not(self):
        _, sidecar = self.secured()
        client = self.secure(sidecar).send(GET)
        client.response()
        self.assertIsInstance(client.sock.unwrap(), socket.socket)  # the goodbye is answered
        rude = self.secure(sidecar).send(GET)
        rude.sock.shutdown(socket.SHUT_WR)  # the socket's end, without TLS's: what was asked for is answered
        sidecar.until_figure('requests_total{status="2xx"}', 2)
        sidecar.until_figure("connections_active", 0)


class InMemory:
    """A client whose records pass through the test's hands."""

    def __init__(self, peer, context):
        self.peer, self.incoming, self.outgoing = peer, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.waiting(self.tls.do_handshake)
        self.send(self.outgoing.read())

    def waiting(self, act):
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                self.send(self.outgoing.read())
                part = self.peer.sock.recv(65536)
                if not part:
                    raise EOFError("closed")
                self.incoming.write(part)

    def send(self, records):
        self.peer.send(records)

    def sealed(self, text):
        self.tls.write(text)
        return self.outgoing.read()

    def opened(self):
        return self.waiting(lambda: self.tls.read(65536))


class Handshakes(Secure):
    def test_a_client_that_speaks_in_the_open(self):
        application, sidecar = self.secured()
        client = self.connect(sidecar).send(GET)
        try:
            self.assertNotIn(b"HTTP", client.rest())
        except ConnectionError:
            pass
        sidecar.until_figure('tls_handshake_failures_total{reason="not_tls"}', 1)
        sidecar.until_figure("connections_active", 0)
        self.assertEqual(application.requests, [])

    def test_slow_and_lost_handshakes(self):
        _, sidecar = self.secured(echo, "--head-seconds", "1")
        silent = self.connect(sidecar)
        half = self.connect(sidecar).send(b"\x16\x03\x01\x02\x00\x01")
        for client in (silent, half):
            try:
                self.assertEqual(client.rest(), b"")
            except ConnectionError:
                pass
        sidecar.until_figure('tls_handshake_failures_total{reason="timeout"}', 2)
        self.connect(sidecar).close()
        sidecar.until_figure('tls_handshake_failures_total{reason="closed"}', 1)

    def test_versions(self):
        _, sidecar = self.secured()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context(minimum_version=version, maximum_version=version)
            self.assertEqual(self.secure(sidecar, context).send(GET).response().status, 200)
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{sidecar.port}", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        self.assertNotEqual(done.returncode, 0)
        sidecar.until_figure('tls_handshake_failures_total{reason="refused"}', 1)

    def test_protocols(self):
        _, sidecar = self.secured()
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.secure(sidecar, context).sock.selected_alpn_protocol(), "http/1.1")
        context.set_alpn_protocols(["h2"])
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            self.secure(sidecar, context)
        sidecar.until_figure('tls_handshake_failures_total{reason="refused"}', 1)

    def test_a_client_comes_back_with_its_ticket(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            _, sidecar = self.secured(echo, "--threads", "2")
            context = self.context(minimum_version=version, maximum_version=version)
            first = self.secure(sidecar, context)
            first.send(GET).response()
            again = self.secure(sidecar, context, session=first.sock.session)
            self.assertTrue(again.sock.session_reused)
            self.assertEqual(again.send(GET).response().status, 200)
            sidecar.until_figure('tls_handshakes_total{kind="resumed"}', 1)


class Tunnels(Secure):
    def mirrored(self, *flags):
        def mirror(peer, _):
            while peer.left or peer.more():
                peer.send(peer.take(len(peer.left)))
        return self.secured(mirror, "--mode", "tcp", *flags)

    def test_bytes_pass_and_each_direction_has_its_end(self):
        _, sidecar = self.mirrored()
        client = self.secure(sidecar)
        self.assertIsNone(client.sock.selected_alpn_protocol())
        for text in (b"\0\1\2", b"x" * 100000):
            self.assertEqual(client.send(text).exactly(len(text)), text)
        self.assertIsInstance(client.sock.unwrap(), socket.socket)  # the application's end comes as TLS's
        sidecar.until_figure("connections_active", 0)

    def test_the_application_closes_first(self):
        got = threading.Event()

        def serve(peer, application):
            peer.send(b"bye")
            peer.half_close()
            application.got = peer.rest()
            if application.got:
                got.set()
        application, sidecar = self.secured(serve, "--mode", "tcp")
        client = self.secure(sidecar)
        self.assertEqual(client.rest(), b"bye")
        client.send(b"still here")
        client.sock.unwrap()
        self.assertTrue(got.wait(PATIENCE))
        self.assertEqual(application.got, b"still here")

    def test_a_cut_connection_is_no_end(self):
        ends = []
        over = threading.Event()

        def serve(peer, _):
            if not peer.more():
                return  # the sidecar looks whether somebody listens
            try:
                peer.rest()
                ends.append("end")
            except ConnectionError:
                ends.append("reset")
            over.set()
        _, sidecar = self.secured(serve, "--mode", "tcp")
        client = self.secure(sidecar).send(b"half of it")
        sidecar.until_figure("received_bytes_total", 10)
        client.sock.shutdown(socket.SHUT_RDWR)
        client.sock.close()
        self.assertTrue(over.wait(PATIENCE))
        self.assertEqual(ends, ["reset"])


class Drains(Secure):
    def test_what_is_under_way_is_finished(self):
        begun, go_on = threading.Event(), threading.Event()

        def serve(peer, _):
            peer.head()
            begun.set()
            go_on.wait(PATIENCE)
            peer.send(ok(b"x" * 200000))
        _, sidecar = self.secured(serve)
        quiet = self.secure(sidecar)
        client = self.secure(sidecar).send(GET)
        begun.wait(PATIENCE)
        sidecar.terminate()
        self.assertEqual(quiet.rest(), b"")
        go_on.set()
        answer = client.response()
        self.assertEqual((len(answer.body), answer.get("Connection")), (200000, "close"))
        self.assertEqual(client.rest(), b"")
        self.assertEqual(sidecar.wait(), 0)

    def test_a_handshake_that_does_not_come_holds_nothing_up(self):
        _, sidecar = self.secured(echo, "--head-seconds", "60", "--drain-seconds", "60")
        self.connect(sidecar)
        sidecar.until_figure("connections_active", 1)
        sidecar.terminate()
        self.assertEqual(sidecar.wait(), 0)


class Certificates(Secure):
    def mount(self, name):
        """Swaps what the mounted Secret shows, as the kubelet does: a symbolic link, renamed."""
        new = os.path.join(self.folder, name + "-link")
        os.symlink(name, new)
        os.rename(new, os.path.join(self.folder, "data"))

    def secret(self, name, subject):
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        certificate(folder, "tls", subject)
        return self.pem(f"{name}/tls.crt")

    def mounted(self):
        return os.path.join(self.folder, "data", "tls.crt"), os.path.join(self.folder, "data", "tls.key")

    def until_shown(self, sidecar, pem):
        der = ssl.PEM_cert_to_DER_cert(pem)
        for _ in range(PATIENCE * 5):
            if self.shown(sidecar) == der:
                return
            threading.Event().wait(0.2)
        self.fail("the other certificate is not shown")

    def test_another_certificate_is_shown_to_new_connections(self):
        first, second = self.secret("first", "a.example"), self.secret("second", "b.example")
        self.mount("first")
        application = self.application()
        sidecar = self.sidecar(application, *self.flags(self.mounted()), "--threads", "2")
        open_one = self.secure(sidecar)
        self.until_shown(sidecar, first)
        self.mount("second")
        self.until_shown(sidecar, second)
        self.assertEqual(open_one.send(GET).response().status, 200)
        sidecar.until_figure('tls_reloads_total{result="success"}', 1)
        self.assertEqual(sidecar.figure("tls_last_reload_successful"), 1)
        self.assertGreater(sidecar.figure("tls_certificate_expiry_timestamp_seconds"),
                           sidecar.figure("tls_last_reload_success_timestamp_seconds"))

    def test_a_pair_that_is_none_changes_nothing(self):
        cert, key = self.files
        sidecar = self.sidecar(self.application(), *self.flags())
        good, good_key = self.pem("one.crt"), self.pem("one.key")
        other = certificate(self.folder, "other")
        shutil.copy(other[0], cert)  # with the key of the first
        sidecar.until_figure('tls_reloads_total{result="failure"}', 1)
        self.assertEqual(sidecar.figure("tls_last_reload_successful"), 0)
        self.assertEqual(self.shown(sidecar), ssl.PEM_cert_to_DER_cert(good))
        os.unlink(key)
        sidecar.until_figure('tls_reloads_total{result="failure"}', 2)
        self.assertEqual(self.shown(sidecar), ssl.PEM_cert_to_DER_cert(good))
        with open(key, "w", encoding="ascii") as file:
            file.write(good_key)
        with open(cert, "w", encoding="ascii") as file:
            file.write(good)
        sidecar.until_figure("tls_last_reload_successful", 1)
        sidecar.until_said("another certificate is shown")
        self.assertEqual(len(sidecar.until_said("new certificate is not used", 2)), 2)

    def test_a_signal_asks_for_it(self):
        cert, key = self.files
        sidecar = self.sidecar(self.application(), *self.flags())
        other = certificate(self.folder, "other")
        shutil.copy(other[0], cert)
        shutil.copy(other[1], key)
        sidecar.hang_up()
        self.until_shown(sidecar, self.pem("other.crt"))

    def test_what_cannot_be_used_is_told_at_the_start(self):
        other = certificate(self.folder, "other")
        locked = os.path.join(self.folder, "locked.key")
        subprocess.run(["openssl", "pkey", "-in", self.files[1], "-aes128", "-passout", "pass:secret", "-out", locked], check=True)
        for cert, key, said in ((self.files[0], other[1], "one.crt"), (self.files[0], "/nothing", "/nothing"), (self.files[1], self.files[1], "one.key"),
                                (self.files[0], locked, "locked.key")):
            for check in ([], ["--check-config"]):
                done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                                       *self.flags((cert, key)), *check], capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2 if check else 1)
                self.assertIn(said, done.stderr)
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--tls-cert-file", self.files[0]], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
