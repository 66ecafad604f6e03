"""What a proxied request costs: muster-sidecar beside plain HAProxy, in turns, in one run.

    sidecar_proxy.py [--rounds 5] [--seconds 4] [--connections 64]

Each round starts both anew on one core, before the same application, and asks as fast as it can over kept
connections. The figure is user and system time of the proxy per request, from /proc/PID/stat; what is printed
is the best of the rounds (the machine may be busy, which makes times larger and never smaller) and the median.
HAProxy does what plain HAProxy does: forwards, keeps connections, adds X-Forwarded-For. The sidecar does all
that is its default, and counts and decides about every request, but refuses none: the load has one address.
"""
import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(SOURCE, "build", "release")
FLOOD = os.path.join(RELEASE, "bench", "http_flood")
SIDECAR = os.path.join(RELEASE, "sidecar", "muster-sidecar")
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
  bind fd@%d
  default_backend application
backend application
  server one 127.0.0.1:%d
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


class Proxy:
    def __init__(self, name, core, application, folder):
        self.name = name
        if name == "muster":
            self.process = pinned(core, [SIDECAR, "--upstream", f"127.0.0.1:{application}", "--listen", "127.0.0.1:0",
                                         "--admin-listen", "127.0.0.1:0", "--threads", "1",
                                         "--limits", "dry-run"], stderr=subprocess.PIPE)
            said = (json.loads(line) for line in self.process.stderr)
            self.port = int(next(line["port"] for line in said if line["msg"] == "serving"))
            return
        path = os.path.join(folder, "haproxy.cfg")
        # It takes no port 0, but a socket that listens already.
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            self.port = listener.getsockname()[1]
            with open(path, "w", encoding="utf-8") as file:
                file.write(HAPROXY % (listener.fileno(), application))
            self.process = pinned(core, ["haproxy", "-db", "-f", path], stderr=subprocess.DEVNULL, pass_fds=[listener.fileno()])

    def measure(self, core, connections, seconds):
        self.load(core, connections, 1)
        before = cpu_seconds(self.process.pid)
        said = self.load(core, connections, seconds)
        spent = cpu_seconds(self.process.pid) - before
        return {"micros": spent / said["requests"] * 1e6, "rate": said["requests"] / said["seconds"],
                "busy": spent / said["seconds"], "p50": said["p50"], "p99": said["p99"], "mib": resident_mib(self.process.pid)}

    def load(self, core, connections, seconds):
        said = subprocess.run(["taskset", "-c", str(core), FLOOD, "load", str(self.port), str(connections), str(seconds)],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        return {name: float(value) for name, value in re.findall(r"([a-z0-9]+) ([0-9.]+)", said)}

    def close(self):
        self.process.send_signal(signal.SIGTERM if self.name == "muster" else signal.SIGKILL)
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--rounds", type=int, default=5)
    flags.add_argument("--seconds", type=int, default=4)
    flags.add_argument("--connections", type=int, default=64)
    options = flags.parse_args()
    proxy_core, other_core = (os.cpu_count() or 2) - 1, 0
    figures = {"muster": [], "haproxy": []}
    application = pinned(other_core, [FLOOD, "serve"], stdout=subprocess.PIPE)
    try:
        port = int(application.stdout.readline().split()[1])
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(options.rounds):
                for name in figures:
                    proxy = Proxy(name, proxy_core, port, folder)
                    try:
                        figures[name].append(proxy.measure(other_core, options.connections, options.seconds))
                    finally:
                        proxy.close()
    finally:
        application.kill()
        application.wait()
        application.stdout.close()
    print("| figure | muster | haproxy | ratio |\n| --- | --- | --- | --- |")
    for figure, what in (("micros", "CPU per request, µs"), ("p50", "latency p50, µs"), ("p99", "latency p99, µs"), ("mib", "resident, MiB")):
        cells = {name: (min(one[figure] for one in rounds), statistics.median(one[figure] for one in rounds)) for name, rounds in figures.items()}
        print(f"| {what} | " + " | ".join(f"{best:.2f} ({median:.2f})" for best, median in cells.values()) +
              f" | {cells['muster'][0] / max(cells['haproxy'][0], 1e-9):.2f} ({cells['muster'][1] / max(cells['haproxy'][1], 1e-9):.2f}) |")
    for name, rounds in figures.items():
        print(f"{name}: {max(one['rate'] for one in rounds):,.0f} requests/s, busy {max(one['busy'] for one in rounds):.0%} of its core")


if __name__ == "__main__":
    main()
