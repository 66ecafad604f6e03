"""A small application for drills of nodes, evictions and networks: one pod behind a Service, which likes node2, and another one that can
take its place. Its plans last seconds."""
from cluster_under_test import figure, until
from drills_under_test import SPACE, TOO_BUSY, DrillCase

QUICK = {"baselineSeconds": 8, "holdSeconds": 2, "sampleSeconds": 2, "recoverySeconds": 60, "validationSeconds": 5, "deadlineSeconds": 150}


def deployment(name, node):
    labels = {"app": name}
    likes = [{"weight": 100, "preference": {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}}]
    # Four seconds until it may serve: without them a pod that ends may serve until the next one does.
    container = {"name": "web", "image": "app:dev", "imagePullPolicy": "IfNotPresent",
                 "command": ["/usr/bin/python3.11", "-m", "http.server", "8080", "-d", "/usr"],
                 "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "initialDelaySeconds": 4}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SPACE},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": likes}},
                "terminationGracePeriodSeconds": 1, "containers": [container]}}}}


def front():
    """What is drilled."""
    return [deployment("front", "node2"), deployment("front-spare", "node1"),
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front", "namespace": SPACE},
             "spec": {"selector": {"app": "front"}, "ports": [{"port": 80, "targetPort": 8080}]}}]


def plan(name, faults, **more):
    """With these faults, from which the cluster recovers by itself unless `more` says otherwise."""
    probe = {"url": "http://{service}/", "intervalMillis": 250, "deadlineMillis": 1000, "decides": True}
    spec = {"failureType": "ApplicationServerFailure", "failover": "Observe",
            "objectives": {"rtoSeconds": 60, "decidedBy": ["front/A"]},
            "target": {"kubernetes": {"workloads": [{"name": "front", "kind": "Deployment"}], "services": [{"name": "front", "port": 80}]}},
            "roles": {"service": "front"}, "probes": [{"name": "front", "http": probe}],
            "timing": QUICK, "profiles": {"quick": {"timing": QUICK}, "long": {"timing": {**QUICK, "validationSeconds": 60}}},
            "faults": [{"name": kind.lower(), kind: fault, "timeoutSeconds": 30} for kind, fault in faults.items()],
            "monitoring": ["HealthChecks"], "guard": {"maxTargets": 1, "silenceSeconds": 15}}
    return {"apiVersion": "muster.dev/v1alpha1", "kind": "RecoveryPlan", "metadata": {"name": name, "namespace": SPACE},
            "spec": {**spec, **more}}


def denied():
    """Nobody reaches the application any more, which does not get well by itself: the spare takes its place."""
    return plan("denied", {"denyNetwork": {"workload": "front", "port": 8080}}, failover="Orchestrate",
                recovery=[{"name": "assess", "phase": "FailureAssessment", "timeoutSeconds": 30,
                           "waitFor": {"probe": {"name": "front", "state": "Bad", "forSeconds": 1}}},
                          {"name": "switch", "phase": "ServiceRestoration", "timeoutSeconds": 20,
                           "select": {"service": "front", "labels": {"app": "front-spare"}}}],
                failback=[{"name": "return", "timeoutSeconds": 20, "select": {"service": "front", "labels": {"app": "front"}}}])


class FrontCase(DrillCase):
    """Drills that may act on nodes, and what became of the application in them."""

    chart = ("--set=nodes.enabled=true",)

    def place(self):
        """The node of the application's pod."""
        pods, _ = until("pod of the application", lambda: list(self.ready_pods(SPACE, "app=front").values()))
        return pods[0]["spec"]["nodeName"]

    def takes_pods(self, node):
        found = self.get("node", node)
        left = [key for key in found["metadata"].get("annotations", {}) if key.startswith("muster.dev/")]
        return not found["spec"].get("unschedulable", False) and not left

    def places_of(self, name):
        return {one["place"].rpartition(" ")[2] for one in self.report(name)["vantages"]}

    def skip_if_busy(self, status):
        if any(busy in status["reason"] for busy in TOO_BUSY):
            self.skipTest(f"this machine is too busy for a drill: {status['reason']}")

    def assert_measured(self, name, status):
        """What users lost has both bounds, and the evidence says the same."""
        self.skip_if_busy(status)
        self.assertEqual(status["rto"]["verdict"], "Met", (status, self.logs(name)))
        self.assertGreater(status["rto"]["lowerMillis"], 0)
        self.assertLess(status["rto"]["upperMillis"], 60_000)
        figure(f"{name}: outage, upper bound", status["rto"]["upperMillis"] / 1000)
        self.assertIn("recomputed from the records, all agree", self.verified(name))

    def assert_moves(self, of):
        """The application has to leave its node, seen from elsewhere, and the node takes pods again."""
        nodes, early = [], []

        def begin():
            nodes.append(self.place())
            return of

        def look(name):
            self.until_phase(name, ["Recovery", "Validation", "Finished"])
            takes = self.takes_pods(nodes[-1])
            early.append(takes and self.status(name)["phase"] == "Recovery")
        name, status = self.measured(of, begin, look)
        self.assert_measured(name, status)
        self.assertNotIn(nodes[-1], self.places_of(name))
        self.assertNotEqual(self.place(), nodes[-1])
        self.assertFalse(early[-1], "the node took pods in the middle of the drill")
        self.assertTrue(self.takes_pods(nodes[-1]))
