"""What the tests of drills in a real cluster have in common: the chart by real Helm, the shop that is drilled, drills by kubectl,
and what their status, pods and evidence say."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

from cluster_under_test import ROOT, ClusterCase, figure, output, until

EXAMPLES = os.path.join(ROOT, "dr-drills", "kubernetes")
MUSTER = os.environ.get("MUSTER", os.path.join(ROOT, "build", "default", "cli", "muster"))
SPACE = "shop"
# What a drill says of itself when the machine left its prober no processor.
TOO_BUSY = ("NoSteadyState", "outside their bounds", "stood still", "stall")


def example(name, folder=EXAMPLES):
    with open(os.path.join(folder, name + ".yaml"), encoding="utf-8") as file:
        return file.read()


def plan_alone(text):
    """The plan of a file, without the Drill that comes behind it, and with less to do: the cluster, the database and a runner with
    its sanitizers share two processors here."""
    plan = text.split("\n---\n")[0]
    less = {"writesPerSecond: 100, intervalMillis: 100, deadlineMillis: 500":
            "writesPerSecond: 20, intervalMillis: 250, deadlineMillis: 1000",
            "writesPerSecond: 100, intervalMillis: 100, deadlineMillis: 1000":
            "writesPerSecond: 20, intervalMillis: 250, deadlineMillis: 1000",
            "intervalMillis: 100\n      deadlineMillis: 1000": "intervalMillis: 250\n      deadlineMillis: 1000",
            "quick: {timing: {baselineSeconds: 15,": "quick: {timing: {baselineSeconds: 15, holdSeconds: 5,"}
    for full, lighter in less.items():
        plan = plan.replace(full, lighter)
    return plan


def drill(name, plan, **spec):
    return {"apiVersion": "muster.dev/v1alpha1", "kind": "Drill", "metadata": {"name": name, "namespace": SPACE},
            "spec": {"planRef": {"name": plan}, "profile": "quick", **spec}}


class DrillCase(ClusterCase):
    images = ("pause", "app", "postgres", "muster")
    shop = ("-k", EXAMPLES)
    shop_pods = 5
    chart = ()  # more for `helm install`
    helm_major = 3  # that installs; the other takes over in drills_test.py

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.helms = dict(zip((3, 4), output(os.path.join(ROOT, "ci", "helm.sh")).split()))
        cls.helm = cls.helms[cls.helm_major]
        self = cls()
        self.kubectl("apply", *cls.shop)
        began = time.monotonic()
        self.run_helm("install", "muster", os.path.join(ROOT, "helm"), "--create-namespace", "--wait", "--timeout=120s",
                      "--set=image.repository=muster,image.tag=dev,lease.seconds=5", f"--set=drillNamespaces={{{SPACE}}}", *cls.chart)
        figure("chart installed and ready", time.monotonic() - began)
        self.until_ready()

    def until_ready(self):
        until("database and application that are ready", self.is_whole)
        until("standby that streams", lambda: self.sql("db-a", "select count(*) from pg_stat_replication") == "1")

    def is_whole(self):
        return len(self.ready_pods(SPACE, "app in (db,web)")) == self.shop_pods

    def run_helm(self, command, *arguments):
        done = subprocess.run([self.helm, f"--kubeconfig={self.cluster.kubeconfig}", "--namespace=muster-system", command, *arguments],
                              capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def sql(self, instance, statement):
        return self.kubectl("-n", SPACE, "exec", f"{instance}-0", "-c", "postgres", "--", "psql", "-h", "/tmp", "-U", "postgres",
                            "-Atc", statement, check=False).stdout.strip()

    def status(self, name):
        return self.get("-n", SPACE, "drill", name).get("status", {})

    def condition(self, name, kind):
        return next((one for one in self.status(name).get("conditions", []) if one["type"] == kind), {})

    def until_phase(self, name, phases, seconds=240):
        """Waits for one of the phases; the drill's status then."""
        def look():
            status = self.status(name)
            if status.get("phase") == "Finished" and "Finished" not in phases:
                raise AssertionError(f"{name} is finished: {status.get('reason')}")
            return status if status.get("phase") in phases else None
        return until(f"{name} in {phases}", look, seconds)[0]

    def logs(self, name):
        return "".join(self.kubectl("-n", SPACE, "logs", f"{name}-{role}", check=False).stdout for role in ("runner", "guardian"))

    def report(self, name):
        return json.loads(output(MUSTER, "cluster", "--kubeconfig", self.cluster.kubeconfig, "-n", SPACE, "report", name, "-o", "json"))

    def assert_undone(self, name):
        found = self.get("-n", SPACE, "drill", name)
        self.assertEqual(self.condition(name, "Undone")["status"], "True", found["status"])
        self.assertNotIn("finalizers", found["metadata"])
        until("workloads that are whole", self.is_whole)

    def primary(self):
        return "db-a" if self.sql("db-a", "select pg_is_in_recovery()") == "f" else "db-b"

    def database_plan(self):
        return "database-failover" if self.primary() == "db-a" else "database-failback"

    def verified(self, name):
        """What `muster verify` says of the drill's evidence."""
        place = self.status(name)["evidence"]
        self.assertEqual(place["kind"], "Secret")
        secret = self.get("-n", SPACE, "secret", place["name"])
        with tempfile.NamedTemporaryFile(suffix=".muster") as bundle:
            bundle.write(base64.b64decode(secret["data"][place["path"]]))
            bundle.flush()
            done = subprocess.run([MUSTER, "verify", bundle.name], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def measured(self, name, plan, during=None):
        """The name and status of a drill whose instrument worked. On a machine that is too busy one finds no steady state, or
        that its own prober stood still, and says so; then it is not the drill that failed."""
        for attempt in ("", "-again", "-at-last"):
            self.apply(drill(name + attempt, plan()))
            if during:
                during(name + attempt)
            status = self.until_phase(name + attempt, ["Finished"])
            self.assert_undone(name + attempt)
            if not any(busy in status["reason"] for busy in TOO_BUSY):
                break
            print(f"too busy: {status['reason']}", file=sys.stderr)
        return name + attempt, status

    def broken(self, name, plan, **spec):
        """Starts a drill and waits until it has broken something; its name."""
        for attempt in ("", "-again", "-at-last"):
            self.apply(drill(name + attempt, plan, **spec))
            status = until("fault", lambda at=attempt: self.status(name + at) if self.status(name + at).get("phase") in
                           ("Injection", "Recovery", "Finished") else None, 240)[0]
            if status["phase"] != "Finished":
                return name + attempt
            self.assertIn("NoSteadyState", status["reason"])
            print(f"too busy: {status['reason']}", file=sys.stderr)
        return self.skipTest("this machine is too busy for a steady state")
