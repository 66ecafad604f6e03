"""The program itself: flags, what it says of itself, and what it needs."""
import json
import shutil
import socket
import subprocess
import threading
import unittest

from peers import PATIENCE, PROGRAM, Case, echo, free_port


def run(*flags):
    done = subprocess.run([PROGRAM, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


class Program(Case):
    def test_flags_that_are_wrong(self):
        for flags, said in (([], "--upstream is required"), (["--upstream", "8080"], "--upstream '8080': HOST:PORT or :PORT"),
                            (["--upstream", ":8080"], "--upstream ':8080': HOST:PORT, both given"),
                            (["--upstream", "127.0.0.1:99999"], "a port from 0 to 65535"),
                            (["--upstream", "127.0.0.1:80", "--mode", "udp"], "udp not in"),
                            (["--upstream", "127.0.0.1:80", "--drain-seconds", "0"], "not in range"),
                            (["--upstream", "127.0.0.1:80", "--nonsense"], "nonsense")):
            code, _, error = run(*flags)
            self.assertEqual(code, 2, flags)
            self.assertIn(said, error)

    def test_flags_are_judged_without_a_start(self):
        self.assertEqual(run("--upstream", "127.0.0.1:80", "--check-config"), (0, "", ""))
        self.assertEqual(run("--upstream", "127.0.0.1:80", "--listen", "x", "--check-config")[0], 2)
        self.assertIn("muster-sidecar", run("--version")[1])

    def test_a_port_that_is_taken(self):
        for threads in ("1", "2"):
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
                for flags in (["--listen", f"127.0.0.1:{port}", "--admin-listen", "127.0.0.1:0"],
                              ["--listen", "127.0.0.1:0", "--admin-listen", f"127.0.0.1:{port}"]):
                    code, _, error = run("--upstream", "127.0.0.1:1", "--threads", threads, *flags)
                    self.assertEqual(code, 1)
                    said = json.loads(error.splitlines()[-1])
                    self.assertEqual(said["level"], "error")
                    self.assertIn(str(port), said["msg"])

    def test_two_do_not_share_a_port_by_mistake(self):
        application = self.application()
        first = self.sidecar(application, "--threads", "2")
        code, _, error = run("--upstream", "127.0.0.1:1", "--threads", "2", "--listen", f"127.0.0.1:{first.port}", "--admin-listen", "127.0.0.1:0")
        self.assertEqual((code, str(first.port) in error), (1, True))

    def test_a_name_without_an_address(self):
        code, _, error = run("--upstream", "no.such.name.invalid:80", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
        self.assertEqual((code, "no.such.name.invalid" in error), (1, True))

    def test_health(self):
        application = self.application()
        sidecar = self.sidecar(application)
        self.assertEqual(sidecar.admin("/livez"), (200, "ok\n"))
        self.until_ready(sidecar, 200)
        application.listener.shutdown(socket.SHUT_RDWR)
        application.listener.close()
        self.until_ready(sidecar, 503)
        self.assertIn("[-] application: ", sidecar.admin("/readyz")[1])
        self.assertEqual(sidecar.admin("/livez")[0], 200)  # a warning restarts no pod
        self.assertEqual(sidecar.admin("/nothing")[0], 404)

    def test_who_only_connects_keeps_no_probe_out(self):
        _, sidecar = self.both(echo)
        for first in (b"", b"GET /livez HTTP/1.1\r\n"):
            silent = [socket.create_connection(("127.0.0.1", sidecar.admin_port), PATIENCE) for _ in range(64)]
            for one in silent:
                self.addCleanup(one.close)
                one.sendall(first)
            for _ in range(3):
                self.assertEqual(sidecar.admin("/livez"), (200, "ok\n"))
            self.assertEqual(b"", silent[0].recv(1))

    def until_ready(self, sidecar, status):
        for _ in range(PATIENCE * 2):
            if sidecar.admin("/readyz")[0] == status:
                return
            threading.Event().wait(0.5)
        self.fail(f"/readyz does not become {status}")

    def test_metrics(self):
        _, sidecar = self.both(echo)
        body = b"x" * 1000
        request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + body
        answer = sidecar.ask(request)
        sidecar.until_figure('requests_total{status="2xx"}', 1)  # counted when the last byte has gone
        self.assertEqual(sidecar.figure('requests_total{status="5xx"}'), 0)
        self.assertEqual(sidecar.figure("received_bytes_total"), len(request))
        self.assertEqual(sidecar.figure("sent_bytes_total"), len(answer.raw) + len(answer.body))
        self.assertEqual(sidecar.figure("upstream_connections_total"), 1)
        sidecar.until_figure("upstream_idle", 1)
        sidecar.until_figure("requests_active", 0)
        promtool = shutil.which("promtool")
        if promtool:
            judged = subprocess.run([promtool, "check", "metrics"], input=sidecar.admin("/metrics")[1], text=True, check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((judged.returncode, judged.stdout), (0, ""))

    def test_nobody_is_there_yet(self):
        sidecar = self.sidecar(free_port())
        self.until_ready(sidecar, 503)


if __name__ == "__main__":
    unittest.main(verbosity=2)
