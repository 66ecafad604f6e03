"""Two operators, as programs, behind the chart's own Service and webhooks, on a real API server."""
import os
import re
import subprocess
import sys
import time
import unittest
import urllib.request

import yaml

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
for folder in ("integration/crds", "release"):
    sys.path.insert(0, os.path.join(SOURCE, "tests", folder))
from kubectl import Cluster  # noqa: E402  pylint: disable=wrong-import-position
from service_proxy import ServiceProxy  # noqa: E402  pylint: disable=wrong-import-position

OPERATOR = os.environ.get("MUSTER_OPERATOR", os.path.join(SOURCE, "build", "default", "operator", "muster-operator"))
HOME = "muster-system"
PATIENCE = 60  # seconds, on a busy machine


def chart(*flags):
    """What the chart renders for a cluster of the version under test."""
    helm = subprocess.run([os.path.join(SOURCE, "ci", "helm.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0]
    text = subprocess.run([helm, "template", "muster", os.path.join(SOURCE, "helm"), "-n", HOME, "--kube-version=1.36", *flags],
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    return list(filter(None, yaml.safe_load_all(text)))


class Operator:
    """One replica, as a program of this machine."""

    def __init__(self, cluster, name, *flags):
        self.path = os.path.join(cluster.folder, f"{name}.{time.monotonic_ns()}.log")
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                [OPERATOR, "run", "--image=none", f"--pod-name={name}", f"--pod-uid={name}", f"--lease-namespace={HOME}", "--lease-seconds=3",
                 "--listen=127.0.0.1:0", "--admission=muster-admission", "--deployment=muster-operator", "--admission-listen=127.0.0.1:0",
                 f"--kubeconfig={cluster.environment['KUBECONFIG']}", *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def log(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def port(self, said):
        found = re.search(rf'"msg":"{said}","port":"(\d+)"', self.log())
        return found and int(found.group(1))

    def read(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port('serving')}{path}", timeout=10) as reply:
            return reply.read().decode()

    def kill(self):
        self.process.kill()
        self.process.wait()


class OperatorCase(unittest.TestCase):
    kinds = ()  # of the chart's definitions, without which no operator is ready
    webhooks = {("validatingwebhookconfiguration", "muster-admission"): "admission.yaml",
                ("mutatingwebhookconfiguration", "muster-admission-requests"): "admission.yaml"}
    flags = ()  # more of the operators'
    chart_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.operators, cls.turn = [], 0
        proxy = ServiceProxy(cls.behind)
        cls.addClassCleanup(proxy.close)
        cls.cluster = Cluster(f"--cluster-proxy={proxy.path}")
        cls.addClassCleanup(cls.cluster.close)
        cls.addClassCleanup(lambda: [one.kill() for one in cls.operators])
        crds = os.path.join(SOURCE, "helm", "files", "crds")
        for kind in cls.kinds:
            cls.cluster.must("apply", "-f", os.path.join(crds, f"{kind}.yaml"))
        for kind in cls.kinds:
            cls.cluster.must("wait", "--for=condition=Established", f"crd/{kind}.muster.dev", "--timeout=60s")
        cls.cluster.must("create", "namespace", HOME)
        cls.before_chart()
        files = {*cls.webhooks.values(), "deployment.yaml", "request_policy.yaml"}
        shown = [f"--show-only=templates/{file}" for file in sorted(files)]
        code, _, complaint = cls.cluster.apply(*chart(*shown, *cls.chart_flags))
        assert code == 0, complaint
        cls.begin()

    @classmethod
    def before_chart(cls):
        """What is done while there is no webhook."""

    @classmethod
    def behind(cls, _address, port):
        """In turn, as a Service leads to its pods."""
        ports = [one.port("admission serves") for one in cls.operators if one.process.poll() is None]
        cls.turn += 1
        return ports[cls.turn % len(ports)] if ports and port == 443 else None

    @classmethod
    def begin(cls):
        cls.operators[:] = [Operator(cls.cluster, name, *cls.flags) for name in ("a", "b")]
        end = time.monotonic() + PATIENCE
        while not all(one.port("serving") and '"admission shows a certificate"' in one.log() for one in cls.operators):
            assert time.monotonic() < end, cls.operators[0].log() + cls.operators[1].log()
            time.sleep(0.1)
        cls.until_trusted()

    @classmethod
    def until_trusted(cls):
        """The API server can ask the operators."""
        end = time.monotonic() + PATIENCE
        for which in cls.webhooks:
            while not all(one["clientConfig"].get("caBundle") for one in cls.cluster.get(*which)["webhooks"]):
                assert time.monotonic() < end, cls.operators[0].log() + cls.operators[1].log()
                time.sleep(0.1)
