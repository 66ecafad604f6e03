"""Random orders of what people do to a release and its drills, and what must be true after each of them.

An order is drawn from its seed alone: install, upgrade (also from an older chart with older kinds), roll back, drill, kill
the operator, the runner or the guardian, break the operator for good, delete or abort a drill, delete the drilled
namespace or the operator's, install a second release, uninstall. It ends with an uninstall, and then:
  - no Drill has the finalizer, whatever was killed;
  - no fault is in force: the drilled Deployment has the replicas that it had, and they are ready;
  - nothing of the release is left, but the kinds where they are to be kept, and no process of it;
  - drills and their namespace can be deleted.
"""
import os
import random
import re
import shutil
import time

import yaml

from release_under_test import CHART, GROUP, HOME, REPLICAS, helms, until

RELEASE, SPACE = "muster", "shop"
UNDO = "muster.dev/undo"
KINDS = ("drills", "drillschedules", "recoveryplans", "sidecarprofiles")
PLACES = ("api/v1/configmaps", "api/v1/secrets", "api/v1/services", "api/v1/serviceaccounts", "api/v1/pods",
          "apis/apps/v1/deployments", "apis/apps/v1/replicasets", "apis/batch/v1/jobs", "apis/policy/v1/poddisruptionbudgets",
          "apis/networking.k8s.io/v1/networkpolicies", "apis/rbac.authorization.k8s.io/v1/roles",
          "apis/rbac.authorization.k8s.io/v1/rolebindings", "apis/rbac.authorization.k8s.io/v1/clusterroles",
          "apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
          "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
          "apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
          "apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
          "apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings")


def older_chart(folder):
    """The chart as it may have been: an older version, whose kinds lack a column and a field of a status, without admission."""
    path = os.path.join(folder, "older-chart")
    if os.path.isdir(path):
        return path
    shutil.copytree(CHART, path)
    for name, pattern, older in (("Chart.yaml", r"(?m)^version: .*$", "version: 0.0.9"),
                                 ("values.yaml", r"(?ms)^(admission:.*?enabled: )true$", r"\1false")):
        with open(os.path.join(path, name), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(path, name), "w", encoding="utf-8") as file:
            changed, count = re.subn(pattern, older, text)
            assert count == 1, name
            file.write(changed)
    crd = os.path.join(path, "files", "crds", "drills.yaml")
    with open(crd, encoding="utf-8") as file:
        definition = yaml.safe_load(file)
    version = definition["spec"]["versions"][0]
    version["additionalPrinterColumns"].pop()
    del version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]["recommendations"]
    with open(crd, "w", encoding="utf-8") as file:
        yaml.safe_dump(definition, file)
    return path


class Order:
    """One order: `steps` are the names of what was done, for whoever reads a failure."""

    def __init__(self, world, seed, say=lambda text: None):
        self.world, self.random, self.say = world, random.Random(seed), say
        self.seed, self.steps = seed, []
        self.helm = helms()[seed % 2]
        self.installed, self.orphaned, self.drills, self.number = False, False, [], 0
        self.keep, self.first_keep, self.revisions = True, True, 0

    def run(self, length):
        self.begin()
        self.do("install")
        for _ in range(length):
            self.do(self.draw())
        self.finish()

    def begin(self):
        if self.world.get(f"/api/v1/namespaces/{HOME}") is None:
            self.world.make_namespace(HOME)
        if self.world.get(f"/api/v1/namespaces/{SPACE}") is None:
            self.world.make_target(SPACE)

    def draw(self):
        if not self.installed:
            return "install"
        weights = {"upgrade": 3, "drill": 6, "kill": 4, "uninstall": 2, "break_operator": 1, "delete_drill": 1, "abort_drill": 1,
                   "delete_space": 1, "delete_home": 0.5, "second_release": 1, "delete_pods": 1,
                   "rollback": 3 if self.revisions > 1 else 0}
        if not self.drills:
            weights |= {"kill": 1, "delete_drill": 0, "abort_drill": 0}
        return self.random.choices(list(weights), list(weights.values()))[0]

    def do(self, name):
        began = time.monotonic()
        self.steps.append(name)
        getattr(self, name)()
        self.say(f"    {self.steps[-1]}: {time.monotonic() - began:.1f} s")

    def note(self, text):
        self.steps[-1] += f" {text}"

    def run_helm(self, *arguments, check=True):
        return self.world.run(self.helm, *arguments, "-n", HOME, check=check)

    def values(self):
        self.keep = self.random.random() < 0.7
        return ["--set", f"drillNamespaces={{{SPACE}}}", "--set", "image.tag=test,lease.seconds=3,undoGraceSeconds=30,uninstall.withinSeconds=100",
                "--set", f"replicas={self.random.choice((1, 2))}", "--set", f"crds.keep={str(self.keep).lower()}",
                "--set", f"metrics.service.annotations.draw={self.random.randrange(10**6)}x"]

    # What people do.

    def install(self):
        chart = CHART
        older = self.random.random() < 0.3
        if older and not self.orphaned:  # whoever is left without Helm's record takes the chart that it was, or more would be left
            chart = older_chart(self.world.folder)
            self.note("of the older chart")
        wait = [] if self.random.random() < 0.5 or self.world.node.broken else ["--wait"]
        self.run_helm("install", RELEASE, chart, *self.values(), "--timeout=90s", *wait)
        self.installed, self.orphaned, self.revisions, self.first_keep = True, False, 1, self.keep
        self.world.kubectl("wait", "--for=condition=Established", "--timeout=60s", *(f"crd/{kind}.muster.dev" for kind in KINDS))

    def upgrade(self):
        self.run_helm("upgrade", RELEASE, CHART, *self.values(), "--timeout=90s")
        self.revisions += 1
        crd = self.world.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/drills.muster.dev")
        known = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
        assert "recommendations" in known, "the kinds were not upgraded with the release"

    def rollback(self):
        self.run_helm("rollback", RELEASE, "1", "--timeout=90s")
        self.keep = self.first_keep
        self.revisions += 1

    def drill(self):
        self.number += 1
        name = f"order-{self.seed}-{self.number}"
        self.world.make_plan(SPACE)
        self.world.make_drill(SPACE, name)
        self.drills.append(name)
        # How far it comes, if anybody carries it out.
        until_when = self.random.choice(("at once", "taken", "fault", "fault", "fault", "finished"))
        self.note(f"{name}, {until_when}")
        end = time.monotonic() + (25 if until_when == "finished" else 12)
        while time.monotonic() < end and until_when != "at once":
            phase = self.world.status(SPACE, name).get("phase", "")
            if phase == "Finished" or (until_when == "taken" and phase not in ("", "Pending")):
                break
            if until_when == "fault" and self.world.desired(SPACE) == 0:
                break
            time.sleep(0.1)

    def kill(self):
        who = self.random.choice(("operator", "runner", "runner", "guardian", "runner and guardian", "all"))
        killed = 0
        for component in ("operator", "runner", "guardian"):
            if who == "all" or component in who:
                killed += self.world.node.kill(component)
        self.note(f"{who}: {killed}")

    def break_operator(self):
        self.world.node.broken.add("operator")

    def delete_pods(self):
        """Of drills, or of the operator, at the server."""
        where, label = self.random.choice(((SPACE, "muster.dev/drill"), (HOME, "app.kubernetes.io/component=operator")))
        self.note(f"of {where}")
        self.world.kubectl("-n", where, "delete", "pods", "-l", label, "--wait=false")

    def delete_drill(self):
        self.world.ask("DELETE", f"{GROUP}/namespaces/{SPACE}/drills/{self.random.choice(self.drills)}")

    def abort_drill(self):
        self.world.ask("PATCH", f"{GROUP}/namespaces/{SPACE}/drills/{self.random.choice(self.drills)}", {"spec": {"abort": True}},
                       "application/merge-patch+json")

    def delete_space(self):
        self.delete_namespace(SPACE)
        self.drills = []
        self.world.make_target(SPACE)
        # Its roles went with it.
        self.run_helm("upgrade", RELEASE, CHART, *self.values(), "--timeout=90s")
        self.revisions += 1

    def delete_home(self):
        self.delete_namespace(HOME)
        self.world.make_namespace(HOME)
        self.installed, self.orphaned, self.revisions = False, True, 0

    def delete_namespace(self, name):
        self.world.ask("DELETE", f"/api/v1/namespaces/{name}")
        until(lambda: f"end of namespace {name}: {self.world.get(f'/api/v1/namespaces/{name}').get('status')}",
              lambda: self.world.get(f"/api/v1/namespaces/{name}") is None)

    def second_release(self):
        done = self.run_helm("install", "another", CHART, "--set", "crds.install=false", check=False)
        assert done.returncode != 0 and "muster is installed already, as release muster in namespace muster-system" in done.stderr, done

    def uninstall(self):
        self.note("with the operator dead" if self.world.node.broken else "")
        self.run_helm("uninstall", RELEASE, "--timeout=120s")
        self.installed, self.revisions = False, 0
        if not self.keep:
            self.drills = []

    # What must be true.

    def finish(self):
        if not self.installed and self.orphaned:
            self.do("install")
        if self.installed:
            self.do("uninstall")
        self.world.node.broken.clear()
        self.steps.append("the end")
        self.nothing_is_held()
        until(lambda: f"web as it was: {self.world.desired(SPACE)} replicas, {self.world.ready(SPACE)} ready",
              lambda: self.world.desired(SPACE) == REPLICAS == self.world.ready(SPACE))
        until(lambda: f"end of what the release made: {self.left()}", lambda: not self.left())
        kinds = [one["metadata"]["name"] for one in self.world.listed("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
                 if one["spec"]["group"] == "muster.dev"]
        if self.keep:
            assert len(kinds) == len(KINDS), kinds
        else:
            until("end of the kinds", lambda: not self.kinds_left())
        for drill in self.all_drills():
            self.world.ask("DELETE", f"{GROUP}/namespaces/{SPACE}/drills/{drill['metadata']['name']}")
        until("end of all drills", lambda: not self.all_drills())
        until(lambda: f"end of their pods: {self.pods()}", lambda: not self.pods())
        until(lambda: f"end of processes: {[one.folder for one in self.world.node.running()]}", lambda: not self.world.node.running())
        assert not self.world.node.errors, self.world.node.errors

    def all_drills(self):
        return self.world.listed(f"{GROUP}/drills")

    def kinds_left(self):
        """Whether any is. Each is asked for: the server's controller that ends a kind waits longer and longer while the
        kind's store is not set up, which it is when somebody asks."""
        for kind in KINDS:
            self.world.get(f"{GROUP}/{kind}?limit=1")
        return self.world.get(GROUP) is not None

    def nothing_is_held(self):
        held = [one["metadata"]["name"] for one in self.all_drills() if UNDO in one["metadata"].get("finalizers", [])]
        assert not held, f"these have the finalizer, and nobody to remove it: {held}"

    def pods(self):
        return [one["metadata"]["name"] for one in self.world.listed("/api/v1/pods?labelSelector=app.kubernetes.io/name%3Dmuster")]

    def left(self):
        """What Helm or the chart have made and is still there."""
        out = []
        for place in PLACES:
            for one in self.world.listed("/" + place):
                meta = one["metadata"]
                labels = meta.get("labels", {})
                if labels.get("app.kubernetes.io/instance") == RELEASE or labels.get("owner") == "helm":
                    out.append(f"{place.rsplit('/', maxsplit=1)[1]} {meta.get('namespace', '')}/{meta['name']}")
        return out
