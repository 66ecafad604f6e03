"""What the comparisons of libs/kube with client-go run on: both programs, a real API server, and figures of several rounds.

What is printed is the best of each figure: the machine may be busy, which makes times larger and never smaller. The median says how
busy it was.
"""
import contextlib
import os
import re
import statistics
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(SOURCE, "build", "release")
NAMES = ("muster", "client-go")


def build_go(folder, name):
    """The program of ci/kubernetes/NAME."""
    go = subprocess.run([os.path.join(SOURCE, "ci", "go.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    program = os.path.join(folder, name)
    subprocess.run([go, "build", "-trimpath", "-ldflags", "-s -w", "-o", program, f"./{name}"], check=True,
                   cwd=os.path.join(SOURCE, "ci", "kubernetes"),
                   env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOFLAGS": "-mod=readonly"})
    return program


@contextlib.contextmanager
def real_server(folder):
    """The kubeconfig of a real API server."""
    server = subprocess.Popen([sys.executable, os.path.join(SOURCE, "ci", "kubernetes", "api_server.py"), folder],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ready = server.stdout.readline().split()
        if ready[:1] != ["ready"]:
            sys.exit("the API server did not start")
        yield ready[1]
    finally:
        server.stdin.close()
        server.wait()


def said_by(argv):
    """A program prints pairs of a name and a number."""
    said = subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE).stdout
    return {name: float(value) for name, value in re.findall(r"([a-z0-9]+) (-?[0-9.]+)", said)}


class Rounds:
    """The figures of two programs, measured in turns."""

    def __init__(self):
        self.all = {}

    def add(self, name, figures):
        for figure, value in figures.items():
            self.all.setdefault((figure, name), []).append(value)

    def run(self, rounds, programs, what):
        """`what(name, program)` measures once."""
        for _ in range(rounds):
            for name, program in zip(NAMES, programs):
                self.add(name, what(name, program))
        return self

    def best(self, figure, name):
        return min(self.all[(figure, name)])

    def median(self, figure, name):
        return statistics.median(self.all[(figure, name)])


def row(what, to_reach, rounds, figure, digits=1, scale=1.0):
    """A line of a table: best (median) of both, and the ratio of the best."""
    def cell(name):
        return f"{rounds.best(figure, name) * scale:,.{digits}f} ({rounds.median(figure, name) * scale:,.{digits}f})"
    ratio = rounds.best(figure, "client-go") / max(rounds.best(figure, "muster"), 1e-9)
    return f"| {what} | {to_reach} | {cell('muster')} | {cell('client-go')} | {ratio:,.1f} |"


HEAD = "| figure | to reach | muster | client-go | ratio |\n| --- | --- | --- | --- | --- |"
