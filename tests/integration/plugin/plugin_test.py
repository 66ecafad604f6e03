"""`kubectl muster` on a real API server: no operator runs, its part is played by the tests, which write
the status of Drills as it does. What the person at the terminal sees, and what is in the cluster after.

    plugin_test.py FOLDER       FOLDER has kubectl-muster, as it was built
"""
import base64
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import unittest

import yaml

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "crds"))
from kubectl import Cluster, ask  # noqa: E402
from manifests import drill, plan  # noqa: E402

PROGRAMS = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(SOURCE, "build", "default", "cli")
SHOP = "shop"
API = "/apis/muster.dev/v1alpha1"
OPT_IN = "muster.dev/drills"
SAMPLE = os.path.join(SOURCE, "docs", "examples")
PATIENCE = 60  # seconds, on a busy machine


def setUpModule():
    Plugin.begin()


class Plugin(unittest.TestCase):
    """One server for all tests: each has names of its own."""

    @classmethod
    def begin(cls):
        cls.cluster = Cluster()
        unittest.addModuleCleanup(cls.cluster.close)
        keys = os.path.join(cls.cluster.folder, "server", "keys")
        with open(cls.cluster.environment["KUBECONFIG"], encoding="utf-8") as file:
            cls.config = yaml.safe_load(file)
        context = ssl.create_default_context(cafile=os.path.join(keys, "ca.crt"))
        context.load_cert_chain(os.path.join(keys, "admin.crt"), os.path.join(keys, "admin.key"))
        port = int(cls.config["clusters"][0]["cluster"]["server"].rsplit(":", 1)[1])
        cls.link = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=PATIENCE)
        unittest.addModuleCleanup(cls.link.close)
        cls.environment = {name: value for name, value in cls.cluster.environment.items() if not name.startswith("MUSTER_")}
        cls.environment["PATH"] = f"{PROGRAMS}:{os.environ['PATH']}"
        cls.environment["MUSTER_STATE_DIR"] = os.path.join(cls.cluster.folder, "state")
        # Before the kinds are there.
        cls.without_kinds = cls.run_plugin("status")
        cls.cluster.must("apply", *(word for kind in ("recoveryplans", "drillschedules", "drills")
                                    for word in ("-f", os.path.join(SOURCE, "helm", "files", "crds", f"{kind}.yaml"))))
        cls.cluster.must("wait", "--for=condition=Established", "crd/recoveryplans.muster.dev", "crd/drills.muster.dev", "--timeout=60s")
        for namespace in (SHOP, "bare"):
            cls.ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        whole = plan()
        whole["metadata"]["namespace"] = SHOP
        cls.ask("POST", f"{API}/namespaces/{SHOP}/recoveryplans", whole)

    @classmethod
    def ask(cls, method, path, body=None, kind="application/json", missing_ok=False):
        return ask(cls.link, method, path, body, kind, missing_ok)

    @classmethod
    def run_plugin(cls, *words, program="kubectl-muster", **environment):
        return subprocess.run([os.path.join(PROGRAMS, program), *words], text=True, capture_output=True, check=False,
                              env=cls.environment | environment, timeout=PATIENCE * 2)

    def said(self, *words, code=0, **environment):
        """Standard output, where that is what is looked at; standard error where it failed."""
        done = self.run_plugin(*words, **environment)
        self.assertEqual(code, done.returncode, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def make(self, name, status=None, **spec):
        one = drill(name, **spec)
        one["metadata"]["namespace"] = SHOP
        made = self.ask("POST", f"{API}/namespaces/{SHOP}/drills", one)
        return self.tell(name, status) if status else made

    def tell(self, name, status):
        return self.ask("PATCH", f"{API}/namespaces/{SHOP}/drills/{name}/status", {"status": status}, "application/merge-patch+json")

    def drill(self, name):
        return self.ask("GET", f"{API}/namespaces/{SHOP}/drills/{name}")

    def start(self, *words):
        child = subprocess.Popen([os.path.join(PROGRAMS, "kubectl-muster"), *words], text=True, env=self.environment,  # pylint: disable=consider-using-with
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        return child

    @staticmethod
    def read_until(child, text):
        """Lines up to the one that has the text."""
        out = ""
        for line in child.stdout:
            out += line
            if text in line:
                return out
        raise AssertionError(f"it ended without '{text}':\n{out}\n{child.stderr.read()}")


class Running(Plugin):
    def test_kubectl_finds_it_and_passes_its_words_on(self):
        done = subprocess.run([self.cluster.kubectl, "muster", "run", "database-failover", "-n", SHOP, "--profile", "quick"], text=True,
                              capture_output=True, check=False, env=self.environment, timeout=PATIENCE)
        self.assertEqual(0, done.returncode, done.stderr)
        name = re.fullmatch(r"drill\.muster\.dev/(database-failover-[a-z0-9]{5}) created\n", done.stdout).group(1)
        made = self.drill(name)
        self.assertEqual({"planRef": {"name": "database-failover"}, "profile": "quick", "abort": False}, made["spec"])
        self.assertEqual("kubectl-muster", made["metadata"]["managedFields"][0]["manager"])

    def test_kubectl_completes_its_words(self):
        self.make("completed", {"phase": "Baseline"})

        def offered(*words):
            done = subprocess.run([self.cluster.kubectl, "__complete", "muster", *words], text=True, capture_output=True, check=False,
                                  env=self.environment, timeout=PATIENCE)
            return [line.split("\t")[0] for line in done.stdout.splitlines()]

        self.assertEqual(["report", ":4"], offered("rep"))
        self.assertEqual(["completed", ":4"], offered("watch", "-n", SHOP, "compl"))
        self.assertEqual(["json", "jsonpath=", "jsonpath-as-json=", "jsonpath-file=", ":4"], offered("status", "-o", "j"))

    def test_the_drill_is_printed_as_it_was_asked_for(self):
        self.assertEqual("drill.muster.dev/named created\n", self.said("run", "database-failover", "-n", SHOP, "--name", "named"))
        self.assertRegex(self.said("run", "database-failover", "-n", SHOP, "-o", "name"), r"^drill\.muster\.dev/database-failover-\w{5}\n$")
        made = json.loads(self.said("run", "database-failover", "-n", SHOP, "-o", "json"))
        self.assertEqual(("Drill", SHOP), (made["kind"], made["metadata"]["namespace"]))
        self.assertEqual("Drill", yaml.safe_load(self.said("run", "database-failover", "-n", SHOP, "-o", "yaml"))["kind"])
        # The same commands without kubectl.
        done = self.run_plugin("cluster", "run", "database-failover", "-n", SHOP, program="muster")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_what_cannot_be_run_is_named(self):
        self.assertIn('error: recoveryplans.muster.dev "nope" not found in namespace shop (NotFound)',
                      self.said("run", "nope", "-n", SHOP, code=1))
        self.assertIn("--profile 'quik': plan database-failover has full, quick. Did you mean \"quick\"?",
                      self.said("run", "database-failover", "-n", SHOP, "--profile", "quik", code=2))
        self.assertIn("PLAN 'plan.yaml': the name of a RecoveryPlan", self.said("run", "plan.yaml", "-n", SHOP, code=2))
        self.make("taken")
        self.assertIn('drills.muster.dev "taken" already exists (AlreadyExists)',
                      self.said("run", "database-failover", "-n", SHOP, "--name", "taken", code=1))
        self.assertIn("metadata.name", self.said("run", "database-failover", "-n", SHOP, "--name", "A_b", code=2))

    def test_an_abort_is_asked_for_once_and_not_of_one_that_has_ended(self):
        self.make("stopped", {"phase": "Baseline"})
        self.assertEqual("drill.muster.dev/stopped is asked to end and to undo what it did\n", self.said("abort", "stopped", "-n", SHOP))
        self.assertIs(self.drill("stopped")["spec"]["abort"], True)
        self.assertIn("was asked to end before", self.said("abort", "stopped", "-n", SHOP))
        self.tell("stopped", {"phase": "Finished", "verdict": "Invalid"})
        self.assertIn("has ended already: Invalid", self.said("abort", "stopped", "-n", SHOP, code=1))
        self.assertIn('"gone" not found in namespace shop', self.said("abort", "gone", "-n", SHOP, code=1))

    def test_an_abort_is_waited_for(self):
        self.make("ending", {"phase": "Injection"})
        child = self.start("abort", "ending", "-n", SHOP, "--wait")
        self.read_until(child, "is asked to end")
        self.tell("ending", {"phase": "Finished", "verdict": "Invalid", "reason": "aborted"})
        self.assertEqual(0, child.wait(PATIENCE), child.stderr.read())
        self.assertIn("drill ending: Invalid: aborted", child.stdout.read())

    def test_steps_are_approved_one_by_one(self):
        manual = plan()
        manual["metadata"] = {"name": "manual", "namespace": SHOP}
        for name in ("sign-off", "look"):
            manual["spec"]["recovery"].append({"name": name, "phase": "ServiceRestoration", "approval": {"message": "look at it"}})
        self.ask("POST", f"{API}/namespaces/{SHOP}/recoveryplans", manual)
        self.make("manual-1", {"phase": "Recovery"}, planRef={"name": "manual"}, approvals=["look"])
        self.assertEqual("drill.muster.dev/manual-1: step sign-off approved\n", self.said("approve", "manual-1", "sign-off", "-n", SHOP))
        self.assertEqual(["look", "sign-off"], self.drill("manual-1")["spec"]["approvals"])
        self.assertIn("was approved before", self.said("approve", "manual-1", "sign-off", "-n", SHOP))
        for step, more in (("promote", ""), ("sign-of", ". Did you mean \"sign-off\"?")):
            self.assertIn(f"STEP '{step}': of the steps of plan manual, those that wait for approval are sign-off, look{more}\n",
                          self.said("approve", "manual-1", step, "-n", SHOP, code=2))
        self.assertEqual(["look", "sign-off"], self.drill("manual-1")["spec"]["approvals"])


class Watching(Plugin):
    def event(self, about, name, reason, note, kind="Normal"):
        self.ask("POST", f"/apis/events.k8s.io/v1/namespaces/{SHOP}/events", {
            "metadata": {"name": name}, "eventTime": "2026-11-21T04:42:24.123456Z", "reportingController": "muster.dev/runner",
            "reportingInstance": "pod", "action": "Drill", "type": kind, "reason": reason, "note": note,
            "regarding": {"apiVersion": "muster.dev/v1alpha1", "kind": "Drill", "namespace": SHOP, "name": about["metadata"]["name"],
                          "uid": about["metadata"]["uid"]}})

    def test_a_drill_is_told_to_its_end_and_gives_its_exit_code(self):
        made = self.make("told", {"phase": "Baseline", "state": "Normal"})
        self.event(made, "told.1", "GuardPassed", "before anybody looked")
        child = self.start("watch", "told", "-n", SHOP)
        out = self.read_until(child, "GuardPassed: before anybody looked")
        self.assertIn("Baseline    state Normal", out)
        self.tell("told", {"phase": "Injection", "runner": {"pod": "told-runner", "node": "n1", "uid": "u"}})
        out = self.read_until(child, "pod told-runner on node n1")
        self.assertIn("phase Injection", out)
        self.event(made, "told.2", "StepFailed", "promote: no answer", "Warning")
        self.read_until(child, "warning: StepFailed: promote: no answer")
        self.tell("told", {"phase": "Finished", "verdict": "Missed", "reason": "RTO is missed",
                           "rto": {"objectiveSeconds": 10, "display": "12.4 – 12.6 s", "verdict": "Missed"},
                           "rpo": {"objectiveSeconds": 60, "display": "0.4 s", "lostWrites": 39, "verdict": "Met"}})
        self.assertEqual(3, child.wait(PATIENCE), child.stderr.read())
        out = child.stdout.read()
        self.assertTrue(out.endswith("drill told: Missed: RTO is missed\n  RTO  12.4 – 12.6 s; objective 10 s: Missed\n"
                                     "  RPO  0.4 s, 39 writes lost; objective 60 s: Met\n"), out)

    def test_what_was_made_is_watched_at_once(self):
        child = self.start("run", "database-failover", "-n", SHOP, "--name", "begun", "--watch")
        self.read_until(child, "drill.muster.dev/begun created")
        self.tell("begun", {"phase": "Finished", "verdict": "Met"})
        self.assertEqual(0, child.wait(PATIENCE), child.stderr.read())
        self.assertIn("drill begun: Met", child.stdout.read())

    def test_waiting_says_nothing_on_the_way(self):
        child = self.start("run", "database-failover", "-n", SHOP, "--name", "awaited", "--wait", "-o", "name")
        self.read_until(child, "drill.muster.dev/awaited")
        self.tell("awaited", {"phase": "Baseline"})
        self.tell("awaited", {"phase": "NotWhole", "verdict": "Met"})
        self.assertEqual(1, child.wait(PATIENCE))
        self.assertEqual("", child.stdout.read())
        self.assertEqual("drill awaited: NOT whole\n", child.stderr.read())

    def test_the_drill_goes_on_when_nobody_looks_any_more(self):
        self.make("lasting", {"phase": "Baseline"})
        child = self.start("watch", "lasting", "-n", SHOP)
        self.read_until(child, "phase Baseline")
        child.send_signal(signal.SIGINT)
        self.assertEqual(130, child.wait(PATIENCE))
        self.assertEqual("drill lasting goes on; `kubectl muster abort lasting -n shop` ends and undoes it, "
                         "`kubectl muster watch lasting -n shop` shows it\n", child.stderr.read())
        self.assertIs(self.drill("lasting")["spec"]["abort"], False)
        complaint = self.said("watch", "lasting", "-n", SHOP, "--timeout-seconds", "1", code=1)
        self.assertIn("drill lasting has not ended within 1 s (--timeout-seconds)\ndrill lasting goes on", complaint)

    def test_one_that_is_deleted_is_no_success(self):
        self.make("deleted", {"phase": "Pending"})
        child = self.start("watch", "deleted", "-n", SHOP)
        self.read_until(child, "phase Pending")
        self.ask("DELETE", f"{API}/namespaces/{SHOP}/drills/deleted")
        self.assertEqual(1, child.wait(PATIENCE))
        self.assertIn("drill deleted was deleted while it was watched", child.stderr.read())


class Looking(Plugin):
    def evidence(self, name, bundle, drill_id, kind="Secret"):
        self.make(name, {"phase": "Finished", "verdict": "Met", "id": drill_id,
                         "evidence": {"kind": kind, "name": f"{name}-evidence", "path": "bundle.muster"}})
        if kind == "Secret":
            self.ask("POST", f"/api/v1/namespaces/{SHOP}/secrets", {
                "metadata": {"name": f"{name}-evidence"}, "data": {"bundle.muster": base64.b64encode(bundle).decode()}})

    @classmethod
    def sample(cls):
        """A drill's bundle, and its id."""
        with open(os.path.join(SAMPLE, "site-failover-quick", "bundle.muster"), "rb") as file:
            bundle = file.read()
        path = os.path.join(cls.cluster.folder, "bundle.muster")
        with open(path, "wb") as file:
            file.write(bundle)
        shown = cls.run_plugin("verify", path, "--trust", os.path.join(SAMPLE, "keys.txt"), "-o", "json", program="muster")
        return bundle, json.loads(shown.stdout)["drillId"]

    def test_status_shows_what_kubectl_shows(self):
        self.make("shown", {"phase": "Finished", "verdict": "Met", "reason": "All met.", "rto": {"objectiveSeconds": 300, "display": "12.4-12.6s"}})
        self.ask("PATCH", f"{API}/namespaces/{SHOP}/recoveryplans/database-failover/status",
                 {"status": {"lastDrill": "shown", "lastVerdict": "Met", "stale": False, "rtoComplianceRatio": "0.95"}},
                 "application/merge-patch+json")
        for wide in ([], ["-o", "wide"]):
            own = self.said("status", "-n", SHOP, *wide).split("\n\n")
            self.assertEqual(2, len(own))
            for text, kind in zip(own, ("drills", "recoveryplans")):
                theirs = self.cluster.must("get", kind, "-n", SHOP, *wide)
                ages = re.compile(r"\b\d+(s|m\d*s?|h)\b")
                self.assertEqual([ages.sub("AGE", line).split() for line in theirs.splitlines()],
                                 [ages.sub("AGE", line).split() for line in text.splitlines()])
        one = self.said("status", "shown", "-n", SHOP)
        self.assertIn("shown", one)
        self.assertIn("0.95", self.said("status", "shown", "-n", SHOP, "-o", "wide"))

    def test_status_for_programs(self):
        self.make("listed", {"phase": "Pending"})
        names = self.said("status", "-n", SHOP, "-o", "name").splitlines()
        self.assertIn("drill.muster.dev/listed", names)
        self.assertIn("recoveryplan.muster.dev/database-failover", names)
        found = json.loads(self.said("status", "-A", "-o", "json"))
        self.assertEqual("List", found["kind"])
        self.assertEqual(["Drill", "RecoveryPlan"], sorted({one["kind"] for one in found["items"]}))
        self.assertEqual("listed", yaml.safe_load(self.said("status", "listed", "-n", SHOP, "-o", "yaml"))["metadata"]["name"])
        self.assertTrue(self.said("status", "-A").startswith("NAMESPACE"))
        done = self.run_plugin("status", "-n", "bare")
        self.assertEqual((0, "", "no drills and no plans in namespace bare\n"), (done.returncode, done.stdout, done.stderr))
        self.assertIn("-A: a DRILL by name is in one namespace", self.said("status", "listed", "-A", code=2))

    def test_the_report_is_made_of_the_evidence(self):
        bundle, drill_id = self.sample()
        self.evidence("proven", bundle, drill_id)
        text = self.said("report", "proven", "-n", SHOP)
        self.assertIn("RTO", text)
        report = json.loads(self.said("report", "proven", "-n", SHOP, "-o", "json"))
        self.assertEqual(drill_id, report["drillId"])
        self.assertTrue(report["series"], "the points of the plots come from the records")
        self.assertIn("<testsuite", self.said("report", "proven", "-n", SHOP, "-o", "junit"))
        page = os.path.join(self.cluster.folder, "report.html")
        self.said("report", "proven", "-n", SHOP, "-o", "html", "--out", page)
        with open(page, encoding="utf-8") as file:
            self.assertIn("<svg", file.read())

    def test_the_evidence_is_verified_as_a_file_is(self):
        bundle, drill_id = self.sample()
        trust = os.path.join(SAMPLE, "keys.txt")
        self.evidence("sound", bundle, drill_id)
        found = json.loads(self.said("verify", "sound", "-n", SHOP, "--trust", trust, "-o", "json"))
        self.assertEqual(("Verified", "Secret shop/sound-evidence"), (found["result"], found["bundle"]))
        done = self.run_plugin("verify", "sound", "-n", SHOP)
        self.assertEqual(4, done.returncode, "this machine does not know the key: " + done.stdout)
        changed = bytearray(bundle)
        changed[len(changed) // 2] ^= 1
        self.evidence("changed", bytes(changed), drill_id)
        self.assertEqual(3, self.run_plugin("verify", "changed", "-n", SHOP, "--trust", trust).returncode)
        self.assertIn("the evidence of drill changed is damaged", self.said("report", "changed", "-n", SHOP, code=3))
        self.evidence("swapped", bundle, "another-drill")
        for command in ("verify", "report"):
            self.assertIn(f"the evidence of drill swapped is of another one: it was made by {drill_id}", self.said(command, "swapped", "-n", SHOP, code=3))

    def test_evidence_that_is_not_to_be_had_is_said(self):
        self.make("early", {"phase": "Baseline"})
        self.assertIn("drill early is in phase Baseline: its evidence is written at its end", self.said("report", "early", "-n", SHOP, code=1))
        self.evidence("voluminous", b"", "x", "PersistentVolumeClaim")
        complaint = self.said("verify", "voluminous", "-n", SHOP, code=1)
        self.assertIn("it is not known who wrote it", complaint)
        self.assertIn("on the volume of PersistentVolumeClaim voluminous-evidence in namespace shop", complaint)
        overrides = re.search(r"--overrides='(.*)'", complaint).group(1)
        self.cluster.must("-n", SHOP, "run", "evidence", "--image=busybox", f"--overrides={overrides}", "--dry-run=client")
        self.make("lost", {"phase": "Finished", "evidence": {"kind": "Secret", "name": "lost-evidence", "path": "bundle.muster"}})
        self.assertIn('secrets "lost-evidence" not found in namespace shop', self.said("verify", "lost", "-n", SHOP, code=1))


class Namespaces(Plugin):
    OBJECTS = (("rbac.authorization.k8s.io/v1", "roles", "muster-operator"), ("rbac.authorization.k8s.io/v1", "rolebindings", "muster-operator"),
               ("v1", "serviceaccounts", "muster-runner"), ("rbac.authorization.k8s.io/v1", "roles", "muster-runner"),
               ("rbac.authorization.k8s.io/v1", "rolebindings", "muster-runner"))

    @classmethod
    def make_namespace(cls, name, **labels):
        cls.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})

    @classmethod
    def path(cls, namespace, group, plural, name):
        return f"/{'api' if group == 'v1' else 'apis'}/{group}/namespaces/{namespace}/{plural}/{name}"

    def objects(self, namespace):
        found = [self.ask("GET", self.path(namespace, *one), missing_ok=True) for one in self.OBJECTS]
        return [one for one in found if one]

    def label(self, namespace):
        return self.ask("GET", f"/api/v1/namespaces/{namespace}")["metadata"]["labels"].get(OPT_IN)

    def test_the_manifest_is_the_one_of_the_examples(self):
        with open(os.path.join(SOURCE, "docs", "examples", "drill-namespace.yaml"), encoding="utf-8") as file:
            by_hand = list(yaml.safe_load_all(file))
        self.assertEqual(by_hand, list(yaml.safe_load_all(self.said("enable", SHOP, "--dry-run", "--rights-only"))))
        agreed = list(yaml.safe_load_all(self.said("enable", SHOP, "--dry-run")))
        self.assertEqual(by_hand, agreed[:-1])
        self.assertEqual({"name": SHOP, "labels": {OPT_IN: "enabled"}}, agreed[-1]["metadata"])

    def test_enable_gives_and_disable_takes_back(self):
        self.make_namespace("given", team="checkout")
        self.assertEqual([], self.objects("given"))
        out = self.said("enable", "given", "--operator", "dr/recovery")
        self.assertIn("rolebinding.rbac.authorization.k8s.io/muster-runner serverside-applied\n", out)
        self.assertIn("namespace/given labelled muster.dev/drills=enabled\n", out)
        wanted = list(yaml.safe_load_all(self.said("enable", "given", "--operator", "dr/recovery", "--dry-run", "--rights-only")))
        found = self.objects("given")
        for one, there in zip(wanted, found, strict=True):
            self.assertEqual("muster", there["metadata"]["managedFields"][0]["manager"])
            for field in ("rules", "roleRef", "automountServiceAccountToken"):
                self.assertEqual(one.get(field), there.get(field))
            self.assertEqual([(s["namespace"], s["name"]) for s in one.get("subjects", [])],
                             [(s["namespace"], s["name"]) for s in there.get("subjects", [])])
        for answer, account, verb, what in (("yes", "dr:recovery", "create", "pods"), ("yes", "given:muster-runner", "delete", "pods"),
                                            ("no", "given:muster-runner", "create", "rolebindings")):
            self.assertEqual(answer, self.cluster.run("auth", "can-i", verb, what, "-n", "given",
                                                      f"--as=system:serviceaccount:{account}")[1].strip(), (account, verb, what))
        versions = [one["metadata"]["resourceVersion"] for one in found]
        self.said("enable", "given", "--operator", "dr/recovery")
        self.assertEqual(versions, [one["metadata"]["resourceVersion"] for one in self.objects("given")], "a second time writes nothing")
        out = self.said("disable", "given")
        self.assertIn("namespace/given unlabelled muster.dev/drills\n", out)
        self.assertIn("serviceaccount/muster-runner deleted\n", out)
        self.assertEqual(([], None), (self.objects("given"), self.label("given")))
        self.assertEqual("checkout", self.ask("GET", "/api/v1/namespaces/given")["metadata"]["labels"]["team"])
        self.assertIn("had no rights of drills", self.run_plugin("disable", "given").stderr)

    def test_a_namespace_that_is_not_there_is_not_made(self):
        for verb in ("enable", "disable"):
            self.assertIn('namespaces "shpo" not found (NotFound)', self.said(verb, "shpo", code=1))
        self.assertIsNone(self.ask("GET", "/api/v1/namespaces/shpo", missing_ok=True))
        self.assertIn("NAMESPACE 'Shop'", self.said("enable", "Shop", code=2))
        self.assertIn("--operator 'x': NAMESPACE/ACCOUNT is needed", self.said("enable", SHOP, "--operator", "x", code=2))

    def test_the_label_of_others_is_theirs(self):
        self.make_namespace("agreed", **{OPT_IN: "enabled"})
        self.said("enable", "agreed", "--rights-only")
        self.assertIn("label muster.dev/drills=enabled of namespace agreed stays", self.run_plugin("disable", "agreed").stderr)
        self.assertEqual(([], "enabled"), (self.objects("agreed"), self.label("agreed")))
        self.make_namespace("refusing", **{OPT_IN: "never"})
        self.assertIn("--force-conflicts", self.said("enable", "refusing", code=1))
        self.assertEqual("never", self.label("refusing"))
        self.said("enable", "refusing", "--force-conflicts")
        self.assertEqual("enabled", self.label("refusing"))

    def test_rights_stay_while_something_may_have_to_be_undone(self):
        self.make_namespace("held")
        self.said("enable", "held")
        one = drill("broken")
        one["metadata"] |= {"namespace": "held", "finalizers": ["muster.dev/undo"]}
        self.ask("POST", f"{API}/namespaces/held/drills", one)
        complaint = self.said("disable", "held", code=1)
        self.assertIn("namespace held has drills under way", complaint)
        self.assertIn("broken", complaint)
        self.assertEqual((5, "enabled"), (len(self.objects("held")), self.label("held")))
        self.ask("PATCH", f"{API}/namespaces/held/drills/broken", {"metadata": {"finalizers": None}}, "application/merge-patch+json")
        self.said("disable", "held")
        self.assertEqual([], self.objects("held"))

    def test_what_helm_made_is_left_to_helm(self):
        self.make_namespace("released")
        self.said("enable", "released")
        self.ask("PATCH", self.path("released", *self.OBJECTS[0]), {"metadata": {
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": "muster", "meta.helm.sh/release-namespace": "muster-system"}}},
                 "application/merge-patch+json")
        self.assertIn("belongs to the Helm release muster-system/muster: take namespace released out of its drillNamespaces",
                      self.said("disable", "released", code=1))
        self.assertEqual((5, "enabled"), (len(self.objects("released")), self.label("released")))


class Errors(Plugin):
    def config_file(self, name, **changes):
        path = os.path.join(self.cluster.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.config | changes, file)
        return path

    def test_kinds_that_are_not_installed_name_the_chart(self):
        self.assertEqual(1, self.without_kinds.returncode)
        self.assertIn('error: the server doesn\'t have a resource type "drills" (muster.dev/v1alpha1): Muster is not installed in this cluster. '
                      "Install the chart: helm install muster", self.without_kinds.stderr)

    def test_no_kubeconfig(self):
        away = os.path.join(self.cluster.folder, "nothing")
        self.assertIn(f"error: no kubeconfig: KUBECONFIG ({away}) names no cluster", self.said("status", code=1, KUBECONFIG=away))
        self.assertIn("error: no kubeconfig: ~/.kube/config names no cluster", self.said("status", code=1, KUBECONFIG="", HOME=away))
        self.assertIn(away, self.said("status", "--kubeconfig", away, code=1))

    def test_names_that_the_kubeconfig_does_not_have(self):
        self.assertIn("kubeconfig has no context 'prod'; it has test", self.said("status", "--context", "prod", code=1))
        self.assertIn("kubeconfig has no user 'jane'; it has admin", self.said("status", "--user", "jane", code=1))

    def test_the_namespace_of_the_context_counts_where_none_is_given(self):
        contexts = [{"name": "test", "context": {"cluster": "test", "user": "admin", "namespace": "bare"}}]
        path = self.config_file("bare.json", contexts=contexts)
        self.assertIn("no drills and no plans in namespace bare", self.run_plugin("status", "--kubeconfig", path).stderr)

    def test_a_right_that_is_missing_is_named_with_verb_resource_and_namespace(self):
        self.assertIn('User "jane" cannot create resource "drills" in API group "muster.dev" in the namespace "shop" (Forbidden)',
                      self.said("run", "database-failover", "-n", SHOP, "--as", "jane", code=1))
        self.assertIn('User "jane" cannot list resource "drills" in API group "muster.dev" at the cluster scope (Forbidden)',
                      self.said("status", "-A", "--as", "jane", code=1))

    def test_a_server_that_is_away_is_named_with_its_context(self):
        clusters = [{"name": "test", "cluster": {"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": True}}]
        complaint = self.said("status", "--kubeconfig", self.config_file("away.json", clusters=clusters), code=1)
        self.assertIn("error: cannot reach the API server 127.0.0.1:1 (context test): ", complaint)
        self.assertIn("refused", complaint.lower())

    def test_credentials_come_from_a_plugin(self):
        user = self.config["users"][0]["user"]
        answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {
            "clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(),
            "clientKeyData": base64.b64decode(user["client-key-data"]).decode()}}
        given = os.path.join(self.cluster.folder, "credential.json")
        with open(given, "w", encoding="utf-8") as file:
            json.dump(answer, file)
        plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "cat", "args": [given], "interactiveMode": "Never"}
        path = self.config_file("plugin.json", users=[{"name": "admin", "user": {"exec": plugin}}])
        self.assertIn("database-failover", self.said("status", "-n", SHOP, "--kubeconfig", path))
        plugin |= {"command": "no-such-login", "installHint": "ask the platform team for it"}
        path = self.config_file("missing.json", users=[{"name": "admin", "user": {"exec": plugin}}])
        complaint = self.said("status", "-n", SHOP, "--kubeconfig", path, code=1)
        self.assertIn("no-such-login", complaint)
        self.assertIn("ask the platform team for it", complaint)


if __name__ == "__main__":
    unittest.main()
