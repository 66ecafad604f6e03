"""What a sidecar speaks with when everything is on, besides clients and the application: a redis-server, a receiver of OTLP, a file for
its audit log. On the core of the load, so that the sidecar has its own to itself."""
import http.server
import os
import subprocess
import sys

from sidecar_peers import free_port, pinned, wait_for

POLICY = "script-src 'nonce-{nonce}' 'strict-dynamic'; object-src 'none'; base-uri 'none'"
EXPORT_SECONDS = 10


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Surroundings:
    def __init__(self, folder):
        self.folder = folder
        redis_port, sink_port = free_port(), free_port()
        self.processes = [pinned(0, ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                     "--dir", folder], stdout=subprocess.DEVNULL),
                          pinned(0, [sys.executable, __file__, str(sink_port)])]
        for port in (redis_port, sink_port):
            wait_for(port)
        self.flags = ("--redis", f"127.0.0.1:{redis_port}", "--cache-redis",
                      "--export-otlp", f"http://127.0.0.1:{sink_port}/v1/metrics", "--export-seconds", str(EXPORT_SECONDS),
                      "--audit-log", os.path.join(folder, "audit.log"),
                      "--users", "on", "--user-cookie", "session", "--user-requests-max", "1000",
                      "--content-security-policy", POLICY)

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
