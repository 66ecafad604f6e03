"""What the tests of the sidecar speak with: the program itself, connections of clients, and an application
that is a script of raw bytes. Ports are given by the kernel; every wait has an end."""
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PROGRAM = os.environ.get("MUSTER_SIDECAR") or os.path.join(SOURCE, "build", "default", "sidecar", "muster-sidecar")
PATIENCE = 20  # seconds, on a busy machine


class Peer:
    """One end of a connection, with what was read and not used yet."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(PATIENCE)
        self.left = bytearray()

    def send(self, *parts):
        self.sock.sendall(b"".join(parts))
        return self

    def more(self):
        """False: the other end has closed."""
        part = self.sock.recv(65536)
        self.left += part
        return bool(part)

    def until(self, mark):
        while mark not in self.left:
            if not self.more():
                raise EOFError(f"closed after {bytes(self.left[:200])!r}")
        return self.take(self.left.index(mark) + len(mark))

    def exactly(self, count):
        while len(self.left) < count:
            if not self.more():
                raise EOFError(f"closed after {len(self.left)} of {count} bytes")
        return self.take(count)

    def take(self, count):
        found = bytes(self.left[:count])
        del self.left[:count]
        return found

    def rest(self):
        while self.more():
            pass
        return self.take(len(self.left))

    def head(self):
        return Head(self.until(b"\r\n\r\n"))

    def response(self):
        """A whole response with a Content-Length, or without a body."""
        head = self.head()
        head.body = self.exactly(int(head.get("content-length", "0")))
        return head

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()


class Head:
    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.start = lines[0]
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
        self.body = b""

    @property
    def status(self):
        return int(self.start.split()[1])

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, otherwise=None):
        return (self.all(name) or [otherwise])[0]

    def error(self):
        return json.loads(self.body)["error"]


def ok(body=b"hello", *lines):
    return b"HTTP/1.1 200 OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def echo(peer, application):
    """Answers every request with its own head and body."""
    while True:
        head = peer.head()
        application.requests.append(head)
        body = peer.exactly(int(head.get("content-length", "0")))
        peer.send(ok(head.raw + body))


class Application:
    """Listens, and runs `serve(peer, self)` in a thread for each connection. `hold()` ends with the test."""

    def __init__(self, serve=echo, receive_bytes=None, host="127.0.0.1", port=0):
        self.serve = serve
        self.requests = []
        self.connections = 0
        self.closed = threading.Semaphore(0)  # once for each connection that the other end closed or reset
        self.ending = threading.Event()
        self.failures = []
        self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_bytes:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.listener.bind((host, port))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def hold(self):
        self.ending.wait(PATIENCE * 3)

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(Peer(sock),), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _run(self, peer):
        try:
            self.serve(peer, self)
        except (EOFError, OSError):
            self.closed.release()
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(error)
        finally:
            peer.close()

    def close(self):
        self.ending.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(PATIENCE)


class Sidecar:
    def __init__(self, upstream_port, *flags, descriptors=None, limits="off", within=()):
        """`limits`: off, since a test has one address and many requests; None: as the flags or a file say. `within`: what runs the
        program."""
        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        self.process = subprocess.Popen(
            [*within, PROGRAM, "--upstream", f"127.0.0.1:{upstream_port}", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
             *(["--limits", limits] if limits else []), *flags],
            stderr=subprocess.PIPE, text=True, preexec_fn=limit)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            said = json.loads(line)
            if said["msg"] == "serving":
                self.port, self.admin_port = int(said["port"]), int(said["admin_port"])
                self.said = said
                break
        else:
            raise AssertionError(f"did not start: {self.lines}")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def connect(self, receive_bytes=None):
        sock = socket.socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.settimeout(PATIENCE)
        try:
            sock.connect(("127.0.0.1", self.port))
        except OSError:
            sock.close()
            raise
        return Peer(sock)

    def ask(self, request):
        """One request over a connection of its own."""
        peer = self.connect()
        try:
            return peer.send(request).response()
        finally:
            peer.close()

    def admin(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        """`rum_values_total{kind="vital",name="LCP"}`; None: there is no such line."""
        for line in self.admin("/metrics")[1].splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[-1])
        return None

    def until_metric(self, name, value):
        seen = None
        for _ in range(PATIENCE * 50):
            seen = self.metric(name)
            if seen == value:
                return
            threading.Event().wait(0.02)
        raise AssertionError(f"{name} is {seen}, not {value}")

    def figure(self, name):
        """`requests_total{status="2xx"}`"""
        found = self.metric(f"muster_sidecar_{name}")
        if found is None:
            raise AssertionError(f"no figure {name}")
        return found

    def until_figure(self, name, value):
        self.until_metric(f"muster_sidecar_{name}", value)

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def hang_up(self):
        """Files that changed are read again; returns when the sidecar has heard of it."""
        before = sum("SIGHUP" in line for line in self.lines)
        self.process.send_signal(signal.SIGHUP)
        self.until_said("SIGHUP", before + 1)

    def until_said(self, text, count=1):
        """Lines of the log, as soon as there are so many of them."""
        for _ in range(PATIENCE * 50):
            lines = [line for line in list(self.lines) if text in line]
            if len(lines) >= count:
                return [json.loads(line) for line in lines]
            threading.Event().wait(0.02)
        raise AssertionError(f"not said {count} times: {text}")

    def wait(self, seconds=PATIENCE):
        code = self.process.wait(seconds)
        self.reader.join(PATIENCE)
        return code

    def close(self):
        """Ends it, at once where something is still under way; it must end well."""
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                self.terminate()
        try:
            return self.wait()
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.stderr.close()


class Case(unittest.TestCase):
    def application(self, serve=echo, **options):
        out = Application(serve, **options)
        self.addCleanup(self._close_application, out)
        return out

    def _close_application(self, application):
        application.close()
        self.assertEqual(application.failures, [])

    def sidecar(self, application, *flags, **options):
        port = application if isinstance(application, int) else application.port
        out = Sidecar(port, *flags, **options)
        self.addCleanup(self._close_sidecar, out)
        return out

    def _close_sidecar(self, sidecar):
        code = sidecar.close()
        self.assertEqual(code, 0, "".join(sidecar.lines)[-4000:])

    def both(self, serve=echo, *flags):
        application = self.application(serve)
        return application, self.sidecar(application, *flags)

    def connect(self, sidecar, **options):
        peer = sidecar.connect(**options)
        self.addCleanup(peer.close)
        return peer


def alone():
    """This program again, in a network namespace of its own: of the machine's nothing is touched."""
    if os.environ.get("MUSTER_ALONE"):
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.environ["MUSTER_ALONE"] = "yes"
    os.execvp("unshare", ["unshare", *user, "--net", sys.executable, *sys.argv])


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
