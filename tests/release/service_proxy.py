"""What kube-proxy is to the API server, where there is none: its calls to webhooks come here as CONNECT requests
(ci/kubernetes/api_server.py --cluster-proxy) and are led to a port of this machine, or refused."""
import http.server
import os
import select
import shutil
import socket
import socketserver
import tempfile
import threading

QUIET = 0.2  # seconds between two looks at whether all is over


class ServiceProxy:
    """`route(host, port)`: the port of this machine behind that address; null: nobody is there."""

    def __init__(self, route):
        self.route, self.closing, self.asked = route, threading.Event(), 0
        proxy = self

        class Tunnel(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self):  # pylint: disable=invalid-name
                proxy.asked += 1
                host, _, port = self.path.rpartition(":")
                self.close_connection = True
                behind = proxy.route(host, int(port))
                try:
                    there = socket.create_connection(("127.0.0.1", behind), timeout=5) if behind else None
                except OSError:
                    there = None
                if there is None:
                    self.send_error(503)
                    return
                with there:
                    self.send_response_only(200)
                    self.end_headers()
                    proxy.carry(self.connection, there)

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self.folder = tempfile.mkdtemp(prefix="muster-proxy-")
        self.path = os.path.join(self.folder, "socket")
        self.server = socketserver.ThreadingUnixStreamServer(self.path, Tunnel)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who was killed does not say goodbye
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def carry(self, one, other):
        to = {one: other, other: one}
        while not self.closing.is_set():
            for readable in select.select([one, other], [], [], QUIET)[0]:
                data = readable.recv(1 << 16)
                if not data:
                    return
                to[readable].sendall(data)

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)
