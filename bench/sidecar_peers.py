"""The proxies that are measured beside each other, each anew on one core before the same application, and the load on them."""
import json
import os
import re
import signal
import socket
import subprocess
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(SOURCE, "build", "release")
FLOOD = os.path.join(RELEASE, "bench", "http_flood")
SIDECAR = os.path.join(RELEASE, "sidecar", "muster-sidecar")
KEY = "0123456789abcdef0123456789abcdef"

HAPROXY = """
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  timeout http-request 10s
  option forwardfor
  http-reuse always
frontend clients
  bind fd@{listener}
{rules}
  default_backend application
backend application
  server one 127.0.0.1:{application}
{tables}
"""
# A keyed hash of address, User-Agent, Accept-Language and X-Forwarded-For, counted over ten seconds, an hour and a day, as the sidecar
# counts; whoever is over a limit would be refused.
EQUAL_RULES = """
  http-request set-var(txn.agent) req.fhdr(user-agent)
  http-request set-var(txn.language) req.fhdr(accept-language)
  http-request set-var(txn.hops) req.fhdr(x-forwarded-for)
  http-request set-var(txn.who) src,concat(|,txn.agent,|),concat(,txn.language,|),concat(,txn.hops)
  http-request track-sc0 var(txn.who),hmac(sha256,{key}),bytes(0,8) table seconds
  http-request track-sc1 var(txn.who),hmac(sha256,{key}),bytes(0,8) table hour
  http-request track-sc2 var(txn.who),hmac(sha256,{key}),bytes(0,8) table day
  acl over sc0_http_req_rate(seconds) gt 1000000000
  acl over sc1_http_req_rate(hour) gt 1000000000
  acl over sc2_http_req_rate(day) gt 1000000000
  http-request deny deny_status 429 if over
"""
EQUAL_TABLES = "".join(f"""
backend {name}
  stick-table type binary len 8 size 64k expire {time} store http_req_rate({time})
""" for name, time in (("seconds", "10s"), ("hour", "1h"), ("day", "1d")))
NGINX = """
daemon off;
worker_processes 1;
error_log {folder}/error.log{level};
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log {access};
  client_body_temp_path {folder};
  proxy_temp_path {folder};
  fastcgi_temp_path {folder};
  uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  keepalive_requests 1000000000;
  limit_req_zone $binary_remote_addr zone=clients:1m rate=1r/m;
  limit_req_status 429;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ limit_req zone=clients; proxy_pass http://127.0.0.1:{application}; }}
  }}
}}
"""


def pinned(core, argv, **options):
    return subprocess.Popen(["taskset", "-c", str(core), *argv], text=True, **options)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def wait_for(port):
    for _ in range(2000):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.005)
    raise RuntimeError(f"nothing listens on port {port}")


class Direct:
    """No proxy at all."""

    def __init__(self, port, core):
        self.port, self.core, self.process, self.counted = port, core, None, None

    def load(self, connections, seconds, *options):
        said = subprocess.run(["taskset", "-c", str(self.core), FLOOD, "load", str(self.port), str(connections), str(seconds), *options],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        return {name: float(value) for name, value in re.findall(r"([a-z0-9]+) ([0-9.]+)", said)}

    def measure(self, connections, seconds, *options, warm=1):
        """A load, and what the proxy spent on it."""
        if warm:
            self.load(connections, warm, *(one for one in options if not one.startswith("rate=")))
        before = self.spent()
        said = self.load(connections, seconds, *options)
        spent = self.spent() - before
        return said | {"micros": spent / max(said["requests"], 1) * 1e6, "rate": said["requests"] / said["seconds"],
                       "busy": spent / said["seconds"], "mib": resident_mib(self.counted) if self.counted else 0}

    def spent(self):
        return cpu_seconds(self.counted) if self.counted else 0

    def close(self):
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


class Muster(Direct):
    """With `flags` besides the addresses. What it said when it began to serve is `said`."""

    def __init__(self, core, application, *flags, load_core=0):
        super().__init__(0, load_core)
        self.process = pinned(core, [SIDECAR, "--upstream", f"127.0.0.1:{application}", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                                     "--threads", "1", *flags], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "MUSTER_FINGERPRINT_KEY": KEY})
        lines = (json.loads(line) for line in self.process.stderr)
        self.said = next(line for line in lines if line["msg"] == "serving")
        self.port, self.counted = int(self.said["port"]), self.process.pid


class HAProxy(Direct):
    """`equal`: with a keyed hash of each client and three windows."""

    def __init__(self, core, application, folder, equal=False, load_core=0):
        path = os.path.join(folder, "haproxy.cfg")
        # It takes no port 0, but a socket that listens already.
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            super().__init__(listener.getsockname()[1], load_core)
            with open(path, "w", encoding="utf-8") as file:
                file.write(HAPROXY.format(listener=listener.fileno(), application=application, tables=EQUAL_TABLES if equal else "",
                                          rules=EQUAL_RULES.format(key=KEY) if equal else ""))
            self.process = pinned(core, ["haproxy", "-db", "-f", path], stderr=subprocess.DEVNULL, pass_fds=[listener.fileno()])
        self.counted = self.process.pid


class Nginx(Direct):
    """Refuses with 429 whoever asks more than once a minute. `logs`: as it does if not told otherwise, each refusal and each request."""

    def __init__(self, core, application, folder, logs, load_core=0):
        port = free_port()
        super().__init__(port, load_core)
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=folder, port=port, application=application,
                                    level="" if logs else " emerg", access=f"{folder}/access.log" if logs else "off"))
        self.process = pinned(core, ["nginx", "-c", path, "-p", folder], stderr=subprocess.DEVNULL)
        wait_for(port)
        self.counted = self.worker()

    def worker(self):
        """nginx listens before it has one."""
        while self.process.poll() is None:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
                children = file.read().split()
            if children:
                return int(children[0])
            time.sleep(0.01)
        raise RuntimeError(f"nginx ended with {self.process.returncode}")
