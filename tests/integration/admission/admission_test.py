"""What schema and CEL cannot see is refused at `kubectl apply` too: two operators, as programs, behind the chart's own
Service and webhook, on a real API server. That it is the operator who refuses is seen from what is taken without it."""
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
from manifests import changed, drill, in_cluster, plan, profile, schedule  # noqa: E402  pylint: disable=wrong-import-position
from service_proxy import ServiceProxy  # noqa: E402  pylint: disable=wrong-import-position

OPERATOR = os.environ.get("MUSTER_OPERATOR", os.path.join(SOURCE, "build", "default", "operator", "muster-operator"))
HOME = "muster-system"
KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
SPEC = ("spec",)
PATIENCE = 60  # seconds, on a busy machine


def cases():
    """(object, field, words): each is right by schema and CEL."""
    good, times = plan(), schedule()
    promote = next(index for index, step in enumerate(good["spec"]["recovery"]) if step["name"] == "promote")
    yield changed(good, (*SPEC, "roles", "primary"), "db-z"), "spec.", "db-z", "db-a, db-b"
    yield changed(good, (*SPEC, "recovery", promote, "sql", "instance"), "{standbye}"), "spec.recovery", "standbye"
    yield changed(good, (*SPEC, "fault", "scale", "workload"), "web"), "spec.fault", "web", "db-a"
    yield changed(good, (*SPEC, "probes", 0, "postgres", "service"), "databse"), "spec.probes", "databse", "database"
    yield changed(times, (*SPEC, "timeZone"), "Europe/Pragu"), "spec.timeZone", "Europe/Pragu"
    yield changed(times, (*SPEC, "blackouts", 1, "timeZone"), "Mars/Base"), "spec.blackouts", "Mars/Base"
    yield drill("x", objectives={"rtoSeconds": 301}), "spec.objectives.rtoSeconds: 301 instead of 300", "stricter"
    yield drill("x", profile="quack"), "spec.profile: ", "quack", "quick"
    yield profile(trustedProxies=["10.0.0.0/40"]), "spec.trustedProxies: ", "10.0.0.0/40"
    yield profile(limitRules=[{"name": "login", "value": "x", "limits": [{"requests": 1, "seconds": 1}]}]), "spec.limitRules: ", "login", "header"


def wrong():
    return [(changed(one, ("metadata", "name"), f"wrong-{number}"), *words) for number, (one, *words) in enumerate(cases())]


class Operator:
    """One replica, as a program of this machine."""

    def __init__(self, cluster, name):
        self.path = os.path.join(cluster.folder, f"{name}.{time.monotonic_ns()}.log")
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                [OPERATOR, "run", "--image=none", f"--pod-name={name}", f"--pod-uid={name}", f"--lease-namespace={HOME}", "--lease-seconds=3",
                 "--listen=127.0.0.1:0", "--admission=muster-admission", "--deployment=muster-operator", "--admission-listen=127.0.0.1:0",
                 f"--kubeconfig={cluster.environment['KUBECONFIG']}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

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


class Admission(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.operators, cls.turn = [], 0
        proxy = ServiceProxy(cls.behind)
        cls.addClassCleanup(proxy.close)
        cls.cluster = Cluster(f"--cluster-proxy={proxy.path}")
        cls.addClassCleanup(cls.cluster.close)
        cls.addClassCleanup(lambda: [one.kill() for one in cls.operators])
        crds = os.path.join(SOURCE, "helm", "files", "crds")
        for kind in KINDS:
            cls.cluster.must("apply", "-f", os.path.join(crds, f"{kind}.yaml"))
        for kind in KINDS:
            cls.cluster.must("wait", "--for=condition=Established", f"crd/{kind}.muster.dev", "--timeout=60s")
        cls.cluster.must("create", "namespace", HOME)
        code, _, complaint = cls.cluster.apply(plan(), *(one for one, *_ in wrong()))
        assert code == 0, f"without the operator all of it is right: {complaint}"
        cls.cluster.must("delete", ",".join(KINDS), "--all")
        helm = subprocess.run([os.path.join(SOURCE, "ci", "helm.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0]
        text = subprocess.run([helm, "template", "muster", os.path.join(SOURCE, "helm"), "-n", HOME, "--kube-version=1.36", "--show-only", "templates/admission.yaml",
                               "--show-only", "templates/deployment.yaml"], check=True, text=True, stdout=subprocess.PIPE).stdout
        code, _, complaint = cls.cluster.apply(*filter(None, yaml.safe_load_all(text)))
        assert code == 0, complaint
        cls.begin()

    @classmethod
    def behind(cls, _address, port):
        """In turn, as a Service leads to its pods."""
        ports = [one.port("admission serves") for one in cls.operators if one.process.poll() is None]
        cls.turn += 1
        return ports[cls.turn % len(ports)] if ports and port == 443 else None

    @classmethod
    def begin(cls):
        cls.operators[:] = [Operator(cls.cluster, name) for name in ("a", "b")]
        end = time.monotonic() + PATIENCE
        while not all(one.port("serving") and '"admission shows a certificate"' in one.log() for one in cls.operators):
            assert time.monotonic() < end, cls.operators[0].log() + cls.operators[1].log()
            time.sleep(0.1)
        while not cls.cluster.get("validatingwebhookconfiguration", "muster-admission")["webhooks"][0]["clientConfig"].get("caBundle"):
            assert time.monotonic() < end, cls.operators[0].log() + cls.operators[1].log()
            time.sleep(0.1)

    def setUp(self):
        code, _, complaint = self.cluster.apply(plan())
        self.assertEqual(code, 0, complaint)

    def tearDown(self):
        self.cluster.must("delete", ",".join(KINDS), "--all", "--wait=false")

    def refused(self):
        """How many of the wrong ones are refused, each by its own words."""
        all_of_them = wrong()
        _, _, complaint = self.cluster.apply(*(one for one, *_ in all_of_them))
        said = {}
        for each in re.split(r"(?m)^(?=The |Error from server|error: )", complaint):
            named = re.search(r'denied the request: \w+\.muster\.dev "([^"]+)" is invalid:', each)
            said[named.group(1) if named else "?"] = each
        for document, *words in all_of_them:
            name = document["metadata"]["name"]
            if name in said:
                for word in words:
                    self.assertIn(word, said[name])
        self.assertNotIn("?", {name for name, text in said.items() if text.strip()}, complaint)
        return len(said) - ("?" in said)

    def test_what_cel_cannot_see_is_refused_with_field_and_what_is_allowed(self):
        self.assertEqual(len(wrong()), self.refused())
        counted = 0
        for one in self.operators:  # a connection that is kept leads to the same one again
            metrics = one.read("/metrics")
            self.assertRegex(metrics, r'muster_admission_certificate_expiry_timestamp_seconds{certificate="serving"} [1-9]')
            counted += int(re.search(r'muster_admission_requests_total{allowed="false",path="/validate"} (\d+)', metrics).group(1))
            self.assertEqual("[+] copies\n[+] admission\n", one.read("/readyz"))
        self.assertGreaterEqual(counted, len(wrong()))

    def test_what_is_right_is_taken_and_what_should_be_known_is_said(self):
        code, out, complaint = self.cluster.apply(*in_cluster("RecoveryPlan"), *in_cluster("Drill"), schedule())
        self.assertEqual(code, 0, complaint)
        self.assertNotIn("denied", out + complaint)
        alone = changed(drill("alone"), (*SPEC, "planRef", "name"), "nobody")
        code, _, complaint = self.cluster.apply(alone)
        self.assertEqual(code, 0, complaint)
        self.assertIn("Warning: there is no RecoveryPlan 'nobody' in this namespace: the drill waits for it", complaint)

    def test_an_abort_is_never_in_question(self):
        self.cluster.apply(drill("abort"))
        self.cluster.must("delete", "recoveryplan", "database-failover")
        self.cluster.must("patch", "drill", "abort", "--type=merge", "-p", '{"spec":{"abort":true}}')
        self.cluster.must("label", "drill", "abort", "a=b")

    def test_one_operator_is_enough_and_none_stops_nobody(self):
        self.operators[0].kill()
        self.assertEqual(len(wrong()), self.refused())
        self.operators[1].kill()
        began = time.monotonic()
        self.assertEqual(0, self.refused())
        self.assertLess(time.monotonic() - began, PATIENCE)
        self.tearDown()
        self.setUp()
        self.begin()
        self.assertEqual(len(wrong()), self.refused())


if __name__ == "__main__":
    unittest.main()
