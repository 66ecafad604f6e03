"""What becomes of a SidecarProfile: a real API server with its controllers, the real operator with the account and the rights
of the chart, and the real sidecar, which judges what was delivered."""
import json
import os
import re
import subprocess
import sys
import time
import unittest

import yaml

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "crds"))
from kubectl import Cluster  # noqa: E402  pylint: disable=wrong-import-position
from manifests import in_cluster, profile  # noqa: E402  pylint: disable=wrong-import-position


def program(variable, folder, name):
    return os.environ.get(variable, os.path.join(SOURCE, "build", "default", folder, name))


OPERATOR = program("MUSTER_OPERATOR", "operator", "muster-operator")
SIDECAR = program("MUSTER_SIDECAR", "sidecar", "muster-sidecar")
HOME, LET, DRILLED, CLOSED = "muster-system", "web", "shop", "elsewhere"
KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
PATIENCE = 180  # seconds, on a busy machine; it looks again every minute


class Profiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("--controllers")
        cls.addClassCleanup(cls.cluster.close)
        for kind in KINDS:
            cls.cluster.must("apply", "-f", os.path.join(SOURCE, "helm", "files", "crds", f"{kind}.yaml"))
        for kind in KINDS:
            cls.cluster.must("wait", "--for=condition=Established", f"crd/{kind}.muster.dev", "--timeout=60s")
        for namespace in (HOME, LET, DRILLED, CLOSED):
            cls.cluster.must("create", "namespace", namespace)
        parts = [one for name in ("operator_rbac", "drill_namespaces", "sidecar_namespaces", "service_accounts") for one in cls.rendered(name)]
        code, _, complaint = cls.cluster.apply(*parts)
        assert code == 0, complaint
        cls.begin()

    @classmethod
    def rendered(cls, name, *flags):
        """What a template of the chart makes."""
        helm = subprocess.run([os.path.join(SOURCE, "ci", "helm.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0]
        text = subprocess.run([helm, "template", "muster", os.path.join(SOURCE, "helm"), "-n", HOME, "--kube-version=1.36",
                               f"--set=sidecarNamespaces={{{LET}}},drillNamespaces={{{DRILLED}}}", f"--show-only=templates/{name}.yaml", *flags],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        return list(filter(None, yaml.safe_load_all(text)))

    @classmethod
    def begin(cls):
        path = cls.cluster.kubeconfig_of("muster-operator", HOME)
        cls.log = os.path.join(cls.cluster.folder, "operator.log")
        with open(cls.log, "wb") as log:
            cls.operator = subprocess.Popen(
                [OPERATOR, "run", "--image=none", "--pod-name=a", "--pod-uid=a", f"--lease-namespace={HOME}", "--lease-seconds=3",
                 "--listen=127.0.0.1:0", f"--kubeconfig={path}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        cls.addClassCleanup(cls.end)

    @classmethod
    def end(cls):
        cls.operator.kill()
        cls.operator.wait()

    def tell(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()[-4000:]

    def until(self, what, look):
        end = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found:
                return found
            self.assertLess(time.monotonic(), end, f"{what}: {self.tell()}")
            time.sleep(0.3)

    def apply(self, namespace, document):
        document = document | {"metadata": document["metadata"] | {"namespace": namespace}}
        code, _, complaint = self.cluster.apply(document)
        self.assertEqual(code, 0, complaint)

    def read(self, namespace, kind, name):
        code, out, _ = self.cluster.run("get", kind, name, "-n", namespace, "-o", "json")
        return json.loads(out) if code == 0 else None

    def delivered(self, namespace, name):
        found = self.read(namespace, "configmap", f"muster-sidecar-{name}")
        return yaml.safe_load(found["data"]["profile.yaml"]) if found else None

    def condition(self, namespace, name, kind="Delivered"):
        """Of the newest generation."""
        found = self.read(namespace, "sidecarprofile", name)
        said = [one for one in found.get("status", {}).get("conditions", []) if one["type"] == kind]
        return said[0] if said and said[0]["observedGeneration"] == found["metadata"]["generation"] else {}

    def wait_for(self, namespace, name, reason):
        return self.until(f"{reason} of {name}", lambda: (lambda one: one if one.get("reason") == reason else None)(self.condition(namespace, name)))

    def events(self, namespace, name):
        listed = json.loads(self.cluster.must("get", "events.events.k8s.io", "-n", namespace, "-o", "json"))["items"]
        return [(one["reason"], one.get("series", {}).get("count", 1)) for one in listed if one["regarding"]["name"] == name]

    def test_a_typo_is_refused_by_its_name(self):
        code, _, complaint = self.cluster.apply(profile("typo", headSecond=3))
        self.assertNotEqual(code, 0)
        self.assertIn('unknown field "spec.headSecond"', complaint)

    def test_a_profile_lives_as_its_config_map_does(self):
        for namespace in (LET, DRILLED):
            with self.subTest(namespace):
                self.apply(namespace, profile("life", headSeconds=3, injection={"port": "http"}))
                self.wait_for(namespace, "life", "Delivered")
                self.assertEqual({"headSeconds": 3, "limits": "dry-run"}, self.delivered(namespace, "life"))
                self.assertEqual("True", self.condition(namespace, "life", "Valid")["status"])
                self.apply(namespace, profile("life", headSeconds=4, trustedProxies=["10.0.0.0/8"]))
                self.until("the edit", lambda: self.delivered(namespace, "life") ==  # pylint: disable=cell-var-from-loop
                           {"headSeconds": 4, "trustedProxies": ["10.0.0.0/8"], "limits": "on"})
                self.cluster.must("delete", "sidecarprofile", "life", "-n", namespace)
                self.until("the end of the ConfigMap", lambda: self.delivered(namespace, "life") is None)  # pylint: disable=cell-var-from-loop

    def test_what_is_delivered_the_sidecar_takes(self):
        shipped = in_cluster("SidecarProfile")[0]
        name = shipped["metadata"]["name"]
        self.apply(LET, shipped)
        self.wait_for(LET, name, "Delivered")
        whole = self.cluster.must("get", "sidecarprofile", name, "-n", LET, "-o", "yaml")
        for text in (self.read(LET, "configmap", f"muster-sidecar-{name}")["data"]["profile.yaml"], whole):
            path = os.path.join(self.cluster.folder, "profile.yaml")
            for secret in re.findall(r"/etc/muster/sidecar/([\w.-]+)", text):
                with open(os.path.join(self.cluster.folder, secret), "w", encoding="utf-8") as file:
                    file.write("0123456789abcdef\n")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("/etc/muster/sidecar/", f"{self.cluster.folder}/"))
            done = subprocess.run([SIDECAR, "--upstream=127.0.0.1:1", f"--config={path}", "--check-config"], text=True,
                                  capture_output=True, check=False)
            self.assertEqual(0, done.returncode, done.stderr)

    def test_what_no_schema_sees_is_told_and_changes_nothing(self):
        self.apply(LET, profile("wrong", headSeconds=3))
        self.wait_for(LET, "wrong", "Delivered")
        self.apply(LET, profile("wrong", headSeconds=4, deny=["10.0.0.0/40"]))
        self.assertIn("go on", self.wait_for(LET, "wrong", "Invalid")["message"])
        said = self.condition(LET, "wrong", "Valid")
        self.assertEqual(("False", "Invalid"), (said["status"], said["reason"]))
        self.assertIn("10.0.0.0/40", said["message"])
        self.assertEqual(3, self.delivered(LET, "wrong")["headSeconds"])
        self.until("the event", lambda: ("Invalid", 1) in self.events(LET, "wrong"))

    def test_without_the_right_it_says_so_and_with_it_it_is_delivered(self):
        self.apply(CLOSED, profile("shut"))
        said = self.wait_for(CLOSED, "shut", "NotAllowed")
        self.assertIn("sidecarNamespaces", said["message"])
        self.assertIn("configmaps", said["message"])
        self.until("the event", lambda: ("NotAllowed", 1) in self.events(CLOSED, "shut"))
        rule = ["--verb=get,create,patch", "--resource=configmaps", "-n", CLOSED]
        self.cluster.must("create", "role", "sidecars", *rule)
        self.cluster.must("create", "rolebinding", "sidecars", "--role=sidecars", f"--serviceaccount={HOME}:muster-operator", "-n", CLOSED)
        self.wait_for(CLOSED, "shut", "Delivered")
        self.assertEqual({"limits": "dry-run"}, self.delivered(CLOSED, "shut"))

    def test_where_nobody_reads_its_injection_it_is_told(self):
        # This operator has no webhook, as where the chart's policy puts sidecars into pods.
        self.apply(LET, profile("port", injection={"port": "http"}))
        self.wait_for(LET, "port", "Delivered")
        said = self.condition(LET, "port", "InjectionRead")
        self.assertEqual(("False", "NotRead"), (said["status"], said["reason"]))
        self.until("the event", lambda: ("InjectionNotRead", 1) in self.events(LET, "port"))
        self.cluster.must("patch", "sidecarprofile", "port", "-n", LET, "--type=json", "-p", '[{"op":"remove","path":"/spec/injection"}]')
        self.until("the end of it", lambda: self.condition(LET, "port", "Valid") and not [
            one for one in self.read(LET, "sidecarprofile", "port")["status"]["conditions"] if one["type"] == "InjectionRead"])

    def test_pods_that_the_policy_refused_are_a_condition_until_they_fit(self):
        """Nobody was asked of them: the operator sees it at the pods."""
        if not self.cluster.serves_policies():
            self.skipTest("this Kubernetes has no MutatingAdmissionPolicies")
        policy = self.rendered("sidecar_policy", "--set=sidecar.injection.by=policy,sidecar.image=example.com/muster:1")
        self.assertEqual(0, self.cluster.apply(*policy)[0])
        self.addCleanup(self.cluster.run, "delete", "-f", "-", given=policy)
        self.apply(LET, profile("default"))
        self.wait_for(LET, "default", "Delivered")
        labels = {"app": "front"}
        template = {"metadata": {"labels": labels | {"sidecar.muster.dev/inject": "enabled"}},
                    "spec": {"containers": [{"name": "app", "image": "example.com/app:1", "ports": [{"containerPort": 8080}]}]}}
        web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "front", "namespace": LET},
               "spec": {"replicas": 2, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": labels}, "template": template}}

        def statuses():
            pods = json.loads(self.cluster.must("get", "pods", "-n", LET, "-l", "app=front", "-o", "json"))["items"]
            return [one["metadata"].get("annotations", {}).get("sidecar.muster.dev/status") for one in pods]

        def made(status):
            """An API server begins to use a policy a moment after it was applied."""
            if len(statuses()) == 2 and None in statuses():
                self.cluster.must("delete", "pods", "-n", LET, "-l", "app=front", "--grace-period=0", "--force")
            return statuses() == [status] * 2

        self.assertEqual(0, self.cluster.apply(web)[0])
        self.until("pods that were refused", lambda: made("Refused: UnnamedPort"))
        said = self.until("the condition", lambda: self.condition(LET, "default", "Injected"))
        self.assertEqual(("False", "UnnamedPort"), (said["status"], said["reason"]))
        self.assertIn("Deployment front: UnnamedPort; allowed: ", said["message"])
        self.until("the event", lambda: ("UnnamedPort", 1) in self.events(LET, "default"))
        written = self.read(LET, "sidecarprofile", "default")["metadata"]["resourceVersion"]
        template["spec"]["containers"][0]["ports"][0]["name"] = "http"
        self.assertEqual(0, self.cluster.apply(web)[0])
        self.until("pods with a sidecar", lambda: statuses() == ["Injected"] * 2)
        self.until("the end of it", lambda: not self.condition(LET, "default", "Injected"))
        self.assertNotEqual(written, self.read(LET, "sidecarprofile", "default")["metadata"]["resourceVersion"])
        self.cluster.must("delete", "deployment", "front", "-n", LET)
        self.cluster.must("delete", "sidecarprofile", "default", "-n", LET)

    def test_anothers_config_map_is_left_alone(self):
        self.cluster.must("create", "configmap", "muster-sidecar-taken", "-n", LET, "--from-literal=profile.yaml=headSeconds: 9")
        self.apply(LET, profile("taken"))
        self.wait_for(LET, "taken", "NameTaken")
        self.assertEqual({"headSeconds": 9}, self.delivered(LET, "taken"))

    def test_a_quiet_cluster_gets_no_writes(self):
        self.apply(LET, profile("quiet", headSeconds=3))
        self.wait_for(LET, "quiet", "Delivered")

        def versions():
            return [self.read(LET, *one)["metadata"]["resourceVersion"] for one in (("sidecarprofile", "quiet"), ("configmap", "muster-sidecar-quiet"))]

        before = versions()
        # A change that is none: it is looked at again.
        self.cluster.must("annotate", "sidecarprofile", "quiet", "-n", LET, "a=b")
        self.apply(LET, profile("after"))
        self.wait_for(LET, "after", "Delivered")
        after = versions()
        self.assertEqual(before[1], after[1])
        self.assertEqual([("Delivered", 1)], self.events(LET, "quiet"))


if __name__ == "__main__":
    unittest.main()
