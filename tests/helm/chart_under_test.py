"""What the chart's tests share: Helm 3 and 4, a folder of their own, and one real API server.

The server has no controllers and no kubelet: objects are taken or refused, and nothing runs. That
is what a chart can be tested for without a cluster.
"""

import atexit
import functools
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

import yaml

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHART = os.path.join(SOURCE, "helm")
KUBERNETES = "1.36"  # what Helm takes for the cluster's version where it asks none
RELEASE, NAMESPACE = "muster", "muster-system"
KEPT_S = 20  # a server ends a connection that has said nothing for longer than some time


@functools.cache
def folder():
    path = tempfile.mkdtemp(prefix="muster-helm-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.cache
def binaries():
    """The folder of the server that is tested and its kubectl."""
    out = subprocess.run([os.path.join(SOURCE, "ci", "kubernetes.sh")], check=True, text=True, stdout=subprocess.PIPE)
    return out.stdout.strip()


@functools.cache
def serves_policies():
    """Whether it has MutatingAdmissionPolicies, as Kubernetes has from 1.36 on."""
    said = subprocess.run([os.path.join(binaries(), "kube-apiserver"), "--version"], check=True, text=True, stdout=subprocess.PIPE)
    return int(re.search(r"v1\.(\d+)", said.stdout).group(1)) >= 36


@functools.cache
def helms():
    """The programs, Helm 3 first."""
    out = subprocess.run([os.path.join(SOURCE, "ci", "helm.sh")], check=True, text=True, stdout=subprocess.PIPE)
    return out.stdout.split()


def environment(**more):
    """Nothing of the user's Helm, and no cluster but the test's."""
    out = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
    for what in ("CACHE", "CONFIG", "DATA"):
        out[f"HELM_{what}_HOME"] = os.path.join(folder(), what.lower())
    return out | {"KUBECONFIG": os.path.join(folder(), "no-kubeconfig")} | more


def run(*argv, given=None, check=True, **more):
    done = subprocess.run(argv, input=given, text=True, capture_output=True, check=False, env=environment(**more))
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)[:300]}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    return done


def values_file(values):
    with tempfile.NamedTemporaryFile("w", dir=folder(), suffix=".yaml", delete=False, encoding="utf-8") as file:
        yaml.safe_dump(values, file)
        return file.name


def render(values=None, *flags, helm=None, chart=CHART, check=True):
    return run(helm or helms()[0], "template", RELEASE, chart, "-n", NAMESPACE, "--kube-version", KUBERNETES,
               "-f", values_file(values or {}), *flags, check=check)


def objects(text):
    return [one for one in yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if one]


def render_objects(values=None, *flags):
    return objects(render(values, *flags).stdout)


class ApiServer:
    """A real kube-apiserver with etcd, until the tests end."""

    def __init__(self):
        self.folder = os.path.join(folder(), "server")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, os.path.join(SOURCE, "ci", "kubernetes", "api_server.py"), self.folder], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.close)
        word, _, self.kubeconfig = self.process.stdout.readline().strip().partition(" ")
        if word != "ready":
            raise AssertionError("no API server")
        self.program = os.path.join(binaries(), "kubectl")
        with open(self.kubeconfig, encoding="utf-8") as file:
            self.port = int(re.search(r"https://127.0.0.1:(\d+)", file.read()).group(1))
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "keys", "ca.crt"))
        context.load_cert_chain(os.path.join(self.folder, "keys", "admin.crt"), os.path.join(self.folder, "keys", "admin.key"))
        self.link = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        self.asked = time.monotonic()

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def kubectl(self, *argv, **options):
        return run(self.program, *argv, KUBECONFIG=self.kubeconfig, **options)

    def helm(self, program, *argv, **options):
        return run(program, *argv, KUBECONFIG=self.kubeconfig, **options)

    def ask(self, method, path, body=None, headers=(), kind="application/json"):
        """One request over the kept connection: a kubectl for each would take minutes."""
        if time.monotonic() - self.asked > KEPT_S:
            self.link.close()  # the next request connects again
        self.asked = time.monotonic()
        self.link.putrequest(method, path)
        data = json.dumps(body).encode() if body is not None else b""
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(data))), *headers]:
            self.link.putheader(name, value)
        self.link.endheaders(data)
        reply = self.link.getresponse()
        data = reply.read()  # of a group that is not there: plain text
        return reply.status, json.loads(data) if "json" in reply.headers.get("Content-Type", "") else {"message": data.decode()}

    def log_of(self, word, lines=60):
        """The last lines of the server's log that have this word."""
        with open(os.path.join(self.folder, "apiserver.log"), encoding="utf-8", errors="replace") as file:
            return "".join([line for line in file if word in line][-lines:])

    def make_namespace(self, name, **labels):
        status, reply = self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        if status not in (201, 409):
            raise AssertionError(reply)


@functools.cache
def server():
    return ApiServer()
