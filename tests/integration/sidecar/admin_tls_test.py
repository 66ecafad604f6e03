"""The admin port over TLS: what is shown to whom, with and without a client's certificate, and files that change."""
import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM, Case, Peer, echo


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)


class Authority:
    """One that signs certificates; each is two files, NAME.crt and NAME.key."""

    def __init__(self, folder, name):
        self.folder = folder
        self.cert, self.key = self.files(name)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.cert)

    def files(self, name):
        return tuple(os.path.join(self.folder, f"{name}.{kind}") for kind in ("crt", "key"))

    def sign(self, name, *lines):
        cert, key = self.files(name)
        request, more = os.path.join(self.folder, f"{name}.csr"), os.path.join(self.folder, f"{name}.ext")
        with open(more, "w", encoding="ascii") as file:
            file.write("\n".join(("subjectAltName=DNS:admin.example", *lines)))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-CAcreateserial", "-days", "2", "-extfile", more, "-out", cert)
        return cert, key


class Secured(Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.authority = Authority(self.folder, "authority")
        self.files = self.authority.sign("server")

    def secured(self, *flags, files=None):
        cert, key = files or self.files
        return self.sidecar(self.application(echo), "--admin-tls-cert-file", cert, "--admin-tls-key-file", key, *flags)

    def context(self, identity=None, trusted=None):
        context = ssl.create_default_context(cafile=(trusted or self.authority).cert)
        context.check_hostname = False
        if identity:
            context.load_cert_chain(*identity)
        return context

    def ask(self, sidecar, path, context=None, method="GET", headers=None, body=None):
        """The status and the body."""
        connection = http.client.HTTPSConnection("127.0.0.1", sidecar.admin_port, timeout=PATIENCE, context=context or self.context())
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def refused(self, sidecar, context):
        """Whether nothing is answered, not even a probe. (TLS 1.3 tells a client of it when it reads.)"""
        try:
            self.ask(sidecar, "/livez", context)
            return False
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            return True


class Tls(Secured):
    def test_everything_is_served(self):
        sidecar = self.secured()
        self.assertEqual(sidecar.said["admin_tls"], "yes")
        for path in ("/livez", "/metrics", "/api/monitoring/system"):
            self.assertEqual(self.ask(sidecar, path)[0], 200)
        self.assertIn("muster_sidecar_admin_tls_certificate_expiry_timestamp_seconds 1", self.ask(sidecar, "/metrics")[1])

    def test_beside_an_application_it_starts_without_its_files_and_says_nothing_until_they_are_right(self):
        later = os.path.join(self.folder, "later.crt")
        for missing, right in (("server", self.files[0]), ("authority", self.authority.cert)):
            with contextlib.suppress(FileNotFoundError):
                os.remove(later)
            files = (later, self.files[1]) if missing == "server" else self.files
            sidecar = self.secured("--config", os.path.join(self.folder, "none"), "--config-optional",
                                   "--admin-client-ca-file", later if missing == "authority" else self.authority.cert, files=files)
            self.assertEqual(sidecar.said["admin_tls"], "yes")
            self.assertIn("admin_tls", sidecar.until_said("there is no certificate to show")[0]["of"])
            self.assertTrue(self.refused(sidecar, self.context()))
            with socket.create_connection(("127.0.0.1", sidecar.admin_port), PATIENCE) as plain, contextlib.suppress(ConnectionError):
                plain.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(plain.recv(1), b"")
            shutil.copy(right, later)
            sidecar.hang_up()
            sidecar.until_said("another certificate is shown")
            self.assertEqual(self.ask(sidecar, "/livez")[0], 200)
            self.assertEqual(self.ask(sidecar, "/metrics")[0], 403, "nobody without a certificate")
            self.assertEqual(self.ask(sidecar, "/metrics", self.context(self.authority.sign("client")))[0], 200)

    def test_who_speaks_in_the_open_is_told_and_no_more(self):
        sidecar = self.secured()
        for request in (b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /api/faults HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"):
            sock = socket.create_connection(("127.0.0.1", sidecar.admin_port), PATIENCE)
            self.addCleanup(sock.close)
            peer = Peer(sock).send(request)
            answer = peer.response()
            self.assertEqual((answer.status, b"https" in answer.body, answer.get("connection")), (400, True, "close"))
            self.assertEqual(peer.rest(), b"")
        self.assertEqual(self.ask(sidecar, "/livez")[0], 200)

    def test_noise_and_silence_keep_nobody_out(self):
        sidecar = self.secured()
        for first in (b"", b"\0\1\2\3", b"\x16\x03\x01\x02\x00\x01"):
            sock = socket.create_connection(("127.0.0.1", sidecar.admin_port), PATIENCE)
            self.addCleanup(sock.close)
            sock.sendall(first)
        self.assertEqual(self.ask(sidecar, "/livez")[0], 200)

    def test_a_change_needs_the_token(self):
        token = os.path.join(self.folder, "token")
        with open(token, "w", encoding="ascii") as file:
            file.write("let-me\n")
        sidecar = self.secured("--admin-token-file", token, "--cache-bytes-max", "100000")
        body = json.dumps({"pattern": "/*"})
        self.assertEqual(self.ask(sidecar, "/api/cache/invalidate", method="POST", body=body)[0], 401)
        self.assertEqual(self.ask(sidecar, "/api/cache/invalidate", method="POST", body=body, headers={"Authorization": "Bearer let-me"})[0], 200)

    def test_a_token_is_asked_of_readers_where_one_is_named(self):
        change, read = os.path.join(self.folder, "change"), os.path.join(self.folder, "read")
        for path, token in ((change, "let-me"), (read, "see-me")):
            with open(path, "w", encoding="ascii") as file:
                file.write(token + "\n")
        sidecar = self.secured("--admin-token-file", change, "--admin-read-token-file", read, "--cache-bytes-max", "100000")

        def status(path, token=None, method="GET"):
            return self.ask(sidecar, path, method=method, headers={"Authorization": f"Bearer {token}"} if token else {})[0]

        self.assertEqual([200, 401, 401, 200, 200], [status("/livez"), *(status("/metrics", token) for token in (None, "other", "see-me", "let-me"))])
        for path in ("/health", "/api/faults", "/api/monitoring/system", "/api/cache"):
            self.assertEqual((401, True), (status(path), status(path, "see-me") in (200, 503)), path)
        self.assertEqual(401, status("/api/cache/invalidate", "see-me", "POST"))
        with open(read, "w", encoding="ascii") as file:
            file.write("another\n")
        self.assertEqual([401, 200], [status("/metrics", "see-me"), status("/metrics", "another")])
        os.remove(read)
        self.assertEqual([503, 503, 200], [status("/metrics"), status("/metrics", "another"), status("/livez")])

    def test_what_cannot_be_used_is_told_at_the_start(self):
        other = self.authority.sign("other")
        empty = os.path.join(self.folder, "empty")
        with open(empty, "w", encoding="ascii"):
            pass
        for files, more, said in (((self.files[0], other[1]), [], "server.crt"), ((self.files[0], "/nothing"), [], "/nothing"),
                                  (self.files, ["--admin-client-ca-file", self.files[1]], "server.key"),
                                  (self.files, ["--admin-client-ca-file", empty], "empty")):
            for check in ([], ["--check-config"]):
                done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                                       "--admin-tls-cert-file", files[0], "--admin-tls-key-file", files[1], *more, *check],
                                      capture_output=True, text=True, timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2 if check else 1, done.stderr)
                self.assertIn(said, done.stderr)


class Mutual(Secured):
    def mutual(self, *flags):
        return self.secured("--admin-client-ca-file", self.authority.cert, *flags)

    def test_without_a_certificate_there_are_the_probes(self):
        sidecar = self.mutual()
        for _ in range(PATIENCE * 10):  # it has yet to see the application
            ready = self.ask(sidecar, "/readyz")
            if ready[0] == 200:
                break
            threading.Event().wait(0.1)
        self.assertEqual((ready[0], self.ask(sidecar, "/livez")), (200, (200, "ok\n")))
        for path in ("/health", "/health/database", "/metrics", "/api/monitoring/system", "/nothing"):
            status, body = self.ask(sidecar, path)
            self.assertEqual((status, "client certificate" in json.loads(body)["error"]), (403, True), path)
        self.assertEqual(self.ask(sidecar, "/api/cache/invalidate", method="POST", headers={"Authorization": "Bearer x"})[0], 403)

    def test_with_one_there_is_all(self):
        sidecar = self.mutual()
        context = self.context(self.authority.sign("client"))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context.minimum_version = context.maximum_version = version
            self.assertEqual(self.ask(sidecar, "/livez", context)[0], 200)
            self.assertEqual(self.ask(sidecar, "/metrics", context)[0], 200)
            self.assertEqual(self.ask(sidecar, "/nothing", context)[0], 404)
        self.assertEqual(self.ask(sidecar, "/api/faults", context, method="POST", body="{}")[0], 403)  # there is no token

    def test_one_of_another_authority_or_of_a_server_is_refused(self):
        sidecar = self.mutual()
        other = Authority(self.folder, "stranger").sign("strange")
        self.assertTrue(self.refused(sidecar, self.context(other)))
        self.assertTrue(self.refused(sidecar, self.context(self.authority.sign("no-client", "extendedKeyUsage=serverAuth"))))
        self.assertFalse(self.refused(sidecar, self.context(self.authority.sign("a-client", "extendedKeyUsage=clientAuth"))))

    def test_who_comes_back_with_a_ticket_is_who_it_was(self):
        sidecar = self.mutual()
        for identity, status in ((self.authority.sign("client"), b"200"), (None, b"403")):
            context = self.context(identity)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            session = None
            for turn in range(2):
                plain = socket.create_connection(("127.0.0.1", sidecar.admin_port), PATIENCE)
                with context.wrap_socket(plain, session=session) as sock:
                    sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    self.assertIn(status, sock.recv(100))
                    self.assertEqual(sock.session_reused, turn == 1)
                    session = sock.session


class Reloads(Secured):
    def until(self, holds):
        for _ in range(PATIENCE * 10):
            if holds():
                return
            threading.Event().wait(0.1)
        self.fail("it does not come to hold")

    def test_certificate_and_authority_change_while_it_serves(self):
        old = self.authority
        authorities = os.path.join(self.folder, "clients.pem")
        shutil.copy(old.cert, authorities)
        new = Authority(self.folder, "newer")
        cert, key = new.sign("renewed")
        before, late = old.sign("before"), old.sign("late")
        after = self.context(new.sign("after"), trusted=new)
        sidecar = self.secured("--admin-client-ca-file", authorities)
        kept = http.client.HTTPSConnection("127.0.0.1", sidecar.admin_port, timeout=PATIENCE, context=self.context(before))
        self.addCleanup(kept.close)
        kept.request("GET", "/livez")
        self.assertEqual(kept.getresponse().read(), b"ok\n")
        for source, target in ((cert, self.files[0]), (key, self.files[1]), (new.cert, authorities)):
            shutil.copy(source, target)
        sidecar.hang_up()
        self.until(lambda: not self.refused(sidecar, after))
        self.assertEqual(self.ask(sidecar, "/metrics", after)[0], 200)
        self.assertTrue(self.refused(sidecar, self.context(late, trusted=new)))
        kept.request("GET", "/metrics")  # an open connection is who it was
        self.assertEqual(kept.getresponse().status, 200)
        self.assertIn('muster_sidecar_admin_tls_reloads_total{result="success"} 1', self.ask(sidecar, "/metrics", after)[1])

    def test_files_that_cannot_be_used_change_nothing(self):
        sidecar = self.secured()
        with open(self.files[1], "w", encoding="ascii") as file:
            file.write("nonsense")
        sidecar.until_said("the new certificate is not used")
        self.assertIn("muster_sidecar_admin_tls_last_reload_successful 0", self.ask(sidecar, "/metrics")[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
