"""The custom resources on a real API server: they are established, what is shipped fits, and what is
wrong is refused when it is applied, with the field, what was found and what is allowed."""
import json
import os
import re
import unittest

import yaml

from kubectl import SOURCE, Cluster
from manifests import changed, documents, drill, in_cluster, plan, profile, schedule

CRDS = os.path.join(SOURCE, "helm", "files", "crds")
KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
SPEC = ("spec",)


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        for kind in KINDS:
            cls.cluster.must("apply", "-f", os.path.join(CRDS, f"{kind}.yaml"))
        for kind in KINDS:
            cls.cluster.must("wait", "--for=condition=Established", f"crd/{kind}.muster.dev", "--timeout=60s")

    def accepted(self, document):
        code, _, complaint = self.cluster.apply(document)
        self.assertEqual(code, 0, complaint)

    def accepted_all(self, documents):
        code, _, complaint = self.cluster.apply(*documents)
        self.assertEqual(code, 0, complaint)

    def refused(self, document, *words):
        code, out, complaint = self.cluster.apply(document)
        self.assertNotEqual(code, 0, out)
        for word in words:
            self.assertIn(word, complaint)

    def refused_all(self, cases):
        """Objects by themselves, each with the words that its complaint must have. They have names of their own."""
        _, out, complaint = self.cluster.apply(*(document for document, *_ in cases))
        said = {}
        for each in re.split(r"(?m)^(?=The |Error from server|error: )", complaint):
            named = re.search(r'(?:The \w+|\w+\.muster\.dev) "([^"]+)" is invalid', each)
            said[named.group(1) if named else "?"] = each
        for document, *words in cases:
            name = document["metadata"]["name"]
            with self.subTest(name=name, words=words):
                self.assertIn(name, list(said), f"{name} was taken, or not by name: {said.get('?', '')[:300]}")
                for word in words:
                    self.assertIn(word, said[name])

    def spoilt(self, good, cases, name="wrong"):
        """Cases of refused_all: (path, value, words...) changes `good`."""
        return [(changed(changed(good, ("metadata", "name"), f"{name}-{number}"), path, value), *words)
                for number, (path, value, *words) in enumerate(cases)]

    def set_status(self, kind, name, status):
        return self.cluster.run("patch", kind, name, "--subresource=status", "--type=merge", "--patch-file=/dev/stdin",
                                given=[{"status": status}])


class Definitions(Cases):
    def test_are_structural_and_established(self):
        for kind in KINDS:
            found = self.cluster.get("crd", f"{kind}.muster.dev")
            conditions = {one["type"]: one["status"] for one in found["status"]["conditions"]}
            self.assertEqual(conditions["Established"], "True")
            self.assertNotIn("NonStructuralSchema", conditions)

    def test_are_explained(self):
        told = self.cluster.explain("recoveryplan.spec.objectives.rtoSeconds")
        self.assertIn("How long users may be without service.", told)
        self.assertIn("Set to true to end the drill", self.cluster.explain("drill.spec.abort"))

    def test_have_short_names_and_a_category(self):
        with open(os.path.join(CRDS, "drills.yaml"), encoding="utf-8") as file:
            self.assertNotIn("shortNames", yaml.safe_load(file)["spec"]["names"])
        self.accepted(changed(plan(), ("metadata", "name"), "named"))
        self.assertIn("named", self.cluster.must("get", "rplan", "-o", "name"))
        self.assertIn("recoveryplan.muster.dev/named", self.cluster.must("get", "muster", "-o", "name"))
        self.cluster.must("get", "dsched")


class Plans(Cases):
    def test_what_is_shipped_fits(self):
        plans = in_cluster("RecoveryPlan")
        self.assertGreaterEqual(len(plans), 2)
        self.accepted_all(plans)

    def test_a_system_of_one_machine_is_refused_with_what_runs_it(self):
        local = documents("database-failover.yaml")[0]["spec"]["target"]
        self.refused(changed(changed(plan(), ("metadata", "name"), "local"), (*SPEC, "target"), local), "spec.target.local", "`muster drill run`", "kubernetes")

    def test_defaults_are_filled_in(self):
        self.accepted(changed(plan(), ("metadata", "name"), "defaults"))
        spec = self.cluster.get("recoveryplan", "defaults")["spec"]
        self.assertEqual(spec["recovery"][0]["timeoutSeconds"], 60)
        self.assertEqual(spec["recovery"][0]["onFailure"], "Abort")
        self.assertEqual(spec["target"]["kubernetes"]["instances"][0]["port"], 5432)
        self.assertIs(spec["recovery"][1]["forwardOnly"], True)
        self.accepted(changed(changed(plan(), ("metadata", "name"), "untimed"), (*SPEC, "timing"), None))
        spec = self.cluster.get("recoveryplan", "untimed")["spec"]
        self.assertEqual(spec["timing"], {"baselineSeconds": 300, "holdSeconds": 10, "sampleSeconds": 10, "recoverySeconds": 0,
                                          "validationSeconds": 600, "deadlineSeconds": 1800})

    def test_what_is_wrong_is_refused(self):
        good = plan()
        fault = good["spec"]["fault"]
        mix, recovery = (*SPEC, "load", "mix"), (*SPEC, "recovery")
        self.refused(changed(good, (*SPEC, "objectives", "rpoSecond"), 60), 'unknown field "spec.objectives.rpoSecond"')
        self.refused(changed(good, ("metadata", "name"), "a.b"), "metadata.name", "a.b")
        self.refused_all(self.spoilt(good, (
                ((*SPEC, "objectives", "rtoSeconds"), 0, "spec.objectives.rtoSeconds", "0", "greater than or equal to 1"),
                ((*SPEC, "objectives", "rtoSeconds"), 604801, "spec.objectives.rtoSeconds", "less than or equal to 604800"),
                ((*SPEC, "objectives", "rtoSeconds"), "5m", "spec.objectives.rtoSeconds", '"string"', "integer"),
                ((*SPEC, "objectives", "rtoSeconds"), None, "spec.objectives.rtoSeconds", "Required value"),
                ((*SPEC, "failover"), "orchestrate", "spec.failover", '"orchestrate"', '"Orchestrate", "Observe"'),
                ((*SPEC, "fault", "provenBy", "workload", "state"), "Lost", "spec.fault.provenBy.workload.state", '"Lost"', '"Gone"'),
                ((*SPEC, "target", "kubernetes", "workloads", 0, "kind"), "Pod", "spec.target.kubernetes.workloads[0].kind", '"Pod"',
                 '"Deployment", "StatefulSet", "DaemonSet", "Pods"'),
                ((*SPEC, "target", "kubernetes", "workloads", 0), {"name": "db-a", "kind": "Pods", "count": 1},
                 "spec.target.kubernetes.workloads[0]", "selector is missing: kind Pods needs it"),
                ((*SPEC, "target", "kubernetes", "workloads", 0), {"name": "db-a", "kind": "Pods", "selector": {"matchLabels": {"a": "b"}}},
                 "spec.target.kubernetes.workloads[0]", "count is missing: kind Pods needs it"),
                ((*SPEC, "target", "kubernetes", "workloads", 0, "count"), 1, "spec.target.kubernetes.workloads[0].count",
                 "is for kind Pods: a StatefulSet has its own"),
                ((*SPEC, "target", "kubernetes", "workloads", 0), {"name": "db-a", "kind": "Pods", "count": 1, "selector": {}},
                 "spec.target.kubernetes.workloads[0].selector", "asks for nothing"),
                ((*SPEC, "target", "kubernetes", "workloads", 0),
                 {"name": "db-a", "kind": "Pods", "count": 1, "selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
                 "matchExpressions[0]", "In and NotIn need values, Exists and DoesNotExist have none"),
                ((*SPEC, "target", "kubernetes", "services", 0, "port"), 70000, "spec.target.kubernetes.services[0].port",
                 "less than or equal to 65535"),
                ((*SPEC, "target", "kubernetes", "workloads"), None, "spec.target.kubernetes.workloads", "Required value"),
                ((*SPEC, "fault", "deletePods"), {"workload": "db-a"}, "spec.fault", 'has ["deletePods", "scale"]',
                 "exactly one kind of fault is needed, of deletePods, evict, cordon"),
                ((*SPEC, "fault", "scale"), None, "spec.fault", "has []", "exactly one kind of fault is needed"),
                ((*SPEC, "faults"), [fault], "spec:", 'has ["fault", "faults"]', "exactly one is needed"),
                ((*SPEC, "fault"), None, "spec:", "has []", "exactly one is needed, of fault, faults"),
                ((*SPEC, "fault", "provenBy", "probe"), {"name": "orders", "state": "Bad"}, "spec.fault.provenBy",
                 "exactly one kind of condition"),
                ((*SPEC, "target"), {}, "spec.target", "kubernetes is missing"),
                ((*SPEC, "target", "local"), {"system": "x"}, "spec.target.local", "`muster drill run`"),
                ((*SPEC, "probes"), [], "spec.probes", "at least 1 items"),
                ((*SPEC, "probes", 0, "name"), "Orders", "spec.probes[0].name", '"Orders"', "[a-z0-9]"),
                ((*SPEC, "probes", 0), {"name": "orders", "tcp": {"address": "{address.database}"}}, "spec.objectives.rpoSeconds",
                 "60 cannot be measured", "A postgres probe does"),
                ((*SPEC, "profile"), "quik", "spec.profile", "there is no profile quik"),
                ((*SPEC, "profiles"), {"Quick": {"timing": {}}}, "spec.profiles", "lower-case letters"),
                ((*SPEC, "roles"), {"Primary": "a"}, "spec.roles", "lower-case letters"),
                ((*SPEC, "timing", "deadlineSeconds"), 100, "spec.timing.deadlineSeconds", "100 is too short", "alone take 910"),
                ((*SPEC, "timing", "baselineSeconds"), 5, "spec.timing.baselineSeconds", "5 is less than holdSeconds (10)"),
                ((*mix, 0, "share"), 60, "spec.load.mix", "the shares sum to 90: they must sum to 100"),
                ((*mix, 0, "name"), "browse", "spec.load.mix[0]", "only read, write and heavy"),
                ((*mix, 0, "name"), "write", "spec.load.mix[1]", "Duplicate value", "write"),
                ((*mix, 0, "secured"), True, "spec.load.login", "how a user logs in"),
                ((*mix, 0, "request"), {"path": "orders"}, "spec.load.mix[0].request.path", "orders is no path"),
                ((*mix, 0, "request"), {"path": "/", "body": "x"}, "spec.load.mix[0].request.body", "method POST only"),
                ((*mix, 0, "request"), {"path": "/", "status": ["20x"]}, "spec.load.mix[0].request.status", "100 to 599"),
                ((*recovery, 0, "phase"), "Assess", "spec.recovery[0].phase", '"Assess"', '"FailureAssessment"'),
                ((*recovery, 0, "forwardOnly"), True, "spec.recovery[0].forwardOnly", "could be taken back"),
                ((*recovery, 1, "undo"), {"sql": {"instance": "db-a", "statement": "select 1"}}, "spec.recovery[1].undo",
                 "forwardOnly step cannot have an undo"),
                ((*recovery, 0, "targetMillis"), 60001, "spec.recovery[0].targetMillis",
                 "60001 is more than the timeout of 60 s"),
                (recovery, None, "spec.recovery", "failover Orchestrate needs some"),
                ((*SPEC, "failover"), "Observe", "spec.recovery", "may only wait"),
                ((*SPEC, "failback", 0, "name"), "assess", "spec.failback", "names of steps differ"),
                ((*SPEC, "criteria", "validation", 0), {"metric": "QueryMillis", "atLeast": 5},
                 "spec.criteria.validation[0]", "QueryMillis is judged by atMost, not by atLeast"),
                ((*SPEC, "criteria", "validation", 0), {"metric": "ErrorPercent", "atMost": "1.5.0"},
                 "spec.criteria.validation[0].atMost", "1.5.0"),
                ((*SPEC, "criteria", "validation", 0), {"metric": "ConsistencyPercent", "atLeast": "100.1"},
                 "spec.criteria.validation[0].atLeast", "100.1 is out of range", "up to 100"),
                ((*SPEC, "criteria", "validation", 0), {"metric": "QueryMillis", "atMost": 0},
                 "spec.criteria.validation[0].atMost", "0 is out of range"),
                ((*SPEC, "criteria", "degraded", 0), {"metric": "QueryMillis", "atMost": 5}, "spec.criteria.degraded",
                 "judged twice"),
                ((*SPEC, "criteria", "degraded", 0, "operation"), "browse", "spec.criteria.degraded", "spec.load.mix"),
                ((*SPEC, "criteria", "validation", 0), {"metric": "ConsistencyPercent", "atLeast": 1, "operation": "read"},
                 "spec.criteria.validation[0].operation", "ConsistencyPercent is not measured by operation"),
                ((*SPEC, "criteria", "degraded", 0), {"metric": "Users", "atLeast": 7}, "spec.criteria.degraded",
                 "spec.load.users"),
                ((*SPEC, "monitoring"), ["Consistancy"], "spec.monitoring[0]", '"Consistancy"', '"Consistency"'),
                ((*SPEC, "guard"), {"abortWhen": [{}]}, "spec.guard.abortWhen[0]", "exactly one kind of condition"),
                ((*SPEC, "notifications"), [{"name": "ops", "on": ["End"], "webhook": {"url": "ftp://x"}}],
                 "spec.notifications[0].webhook.url", "ftp://x is no address"),
                ((*SPEC, "notifications"), [{"name": "ops", "on": ["End"], "webhook": {"url": "http://x", "headers": {"Host": "y"}}}],
                 "spec.notifications[0].webhook.headers", "set by the program itself"),
                ((*SPEC, "notifications"), [{"name": "ops", "on": ["End"]}], "spec.notifications[0]",
                 "exactly one is needed, of command, webhook"),
        )))
        self.accepted(good)

    def faults(self, *kinds):
        """A plan for each kind of fault, with its parameters as they are given."""
        out = []
        for number, kind in enumerate(kinds):
            one = changed(plan(), ("metadata", "name"), f"fault-{number}")
            out.append(changed(one, (*SPEC, "fault"), {"name": "it"} | kind))
        return out

    def test_the_kinds_of_fault_of_a_cluster_fit(self):
        image = {"spec": {"template": {"metadata": {"annotations": {"a.example/b": "c"}}}}}
        policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "x"},
                  "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
        named = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        plans = self.faults(
            {"evict": {"workload": "db-a"}},
            {"cordon": {"node": "node1"}},
            {"drain": {"workload": "db-a"}},
            {"detach": {"workload": "db-a", "label": "role", "count": 1}},
            {"denyNetwork": {"workload": "db-a", "direction": "Both", "port": 5432}},
            {"patch": named | {"merge": image}},
            {"patch": named | {"json": [{"op": "replace", "path": "/spec/replicas", "value": 0},
                                        {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
                                        {"op": "remove", "path": "/spec/paused"}]}},
            {"manifest": {"object": policy}},
            {"sidecar": {"workload": "db-a", "action": "Latency", "jitterMillis": 5, "path": "*.css", "tokenSecret": {"name": "a.b"}}},
            {"sidecar": {"workload": "db-a", "action": "Partition", "peer": "10.0.0.0/8", "path": ""}})
        self.accepted_all(plans)
        kept = [self.cluster.get("recoveryplan", one["metadata"]["name"])["spec"]["fault"] for one in plans]
        self.assertEqual(kept[0]["evict"]["count"], 1)
        self.assertEqual(kept[5]["patch"]["merge"], image)
        self.assertEqual([one.get("value") for one in kept[6]["patch"]["json"]], [0, {"a": "b"}, None])
        self.assertEqual(kept[7]["manifest"], {"object": policy, "undoWhen": "Always"})
        self.assertEqual(kept[8]["sidecar"]["tokenSecret"], {"name": "a.b", "key": "admin-token"})
        self.assertEqual([kept[9]["sidecar"][field] for field in ("count", "percent", "leaseSeconds")], [1, 100, 5])

    def test_wrong_kinds_of_fault_are_refused(self):
        def hurt(action, **more):
            return {"workload": "db-a", "action": action} | more
        named = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        cases = (
            ({"evict": {"workload": "db-a", "count": 0}}, "spec.fault.evict.count", "greater than or equal to 1"),
            ({"evict": {}}, "spec.fault.evict.workload", "Required value"),
            ({"cordon": {}}, "spec.fault.cordon", "exactly one is needed, of workload, node"),
            ({"drain": {"workload": "db-a", "node": "n"}}, "spec.fault.drain", "exactly one is needed, of workload, node"),
            ({"detach": {"workload": ""}}, "spec.fault.detach.workload", "at least 1 chars"),
            ({"denyNetwork": {"workload": "db-a", "port": 70000}}, "spec.fault.denyNetwork.port", "less than or equal to 65535"),
            ({"denyNetwork": {"workload": "db-a", "direction": "ingress"}}, "spec.fault.denyNetwork.direction", '"Ingress", "Egress", "Both"'),
            ({"sidecar": {"workload": "db-a"}}, "spec.fault.sidecar.action", "Required value"),
            ({"sidecar": hurt("Slow")}, "spec.fault.sidecar.action", '"Slow"', '"BlackHole"'),
            ({"sidecar": hurt("Abort", status=200)}, "spec.fault.sidecar.status", "greater than or equal to 400"),
            ({"sidecar": hurt("Abort", leaseSeconds=11)}, "spec.fault.sidecar.leaseSeconds", "less than or equal to 10"),
            ({"sidecar": hurt("Abort", count=101)}, "spec.fault.sidecar.count", "less than or equal to 100"),
            ({"sidecar": hurt("Abort", tokenSecret={"key": "a"})}, "spec.fault.sidecar.tokenSecret.name", "Required value"),
            ({"sidecar": hurt("Abort", path="api/*")}, "spec.fault.sidecar.path", "api/* is no pattern of paths"),
            ({"sidecar": hurt("Latency")}, "spec.fault.sidecar.delayMillis", "needs one above 0, or a jitterMillis"),
            ({"sidecar": hurt("Bandwidth")}, "spec.fault.sidecar.bytesPerSecond", "needs one above 0"),
            ({"sidecar": hurt("Partition", peer="")}, "spec.fault.sidecar.peer", "needs an address or a prefix"),
            ({"sidecar": hurt("Partition", peer="10.0.0.7", path="/*")}, "spec.fault.sidecar.path", "of all that its peer sends"),
            ({"sidecar": hurt("Partition", peer="10.0.0.7", method="GET")}, "spec.fault.sidecar.method", "of all that its peer sends"),
            ({"sidecar": hurt("Partition", peer="10.0.0.7", percent=50)}, "spec.fault.sidecar.percent", "of all that its peer sends"),
            ({"patch": named}, "spec.fault.patch", "exactly one is needed, of merge, json"),
            ({"patch": named | {"merge": {"a": 1}, "json": [{"op": "remove", "path": "/a"}]}}, "spec.fault.patch",
             "exactly one is needed, of merge, json"),
            ({"patch": named | {"json": []}}, "spec.fault.patch.json", "at least 1 items"),
            ({"patch": named | {"json": [{"op": "delete", "path": "/a"}]}}, "spec.fault.patch.json[0].op", '"delete"', '"remove"'),
            ({"patch": named | {"merge": "a: 1"}}, "spec.fault.patch.merge", '"string"', "object"),
            ({"patch": {"merge": {"a": 1}, "kind": "Deployment", "name": "web"}}, "spec.fault.patch.apiVersion", "Required value"),
            ({"manifest": {}}, "spec.fault.manifest.object", "Required value"),
            ({"manifest": {"object": ["a"]}}, "spec.fault.manifest.object", '"array"', "object"))
        plans = self.faults(*(kind for kind, *_ in cases))
        self.refused_all([(one, *words) for one, (_, *words) in zip(plans, cases)])

    def test_an_rpo_may_be_left_out(self):
        blind = changed(changed(plan(), ("metadata", "name"), "no-rpo"), (*SPEC, "objectives", "rpoSeconds"), None)
        self.accepted(changed(blind, (*SPEC, "probes", 0), {"name": "orders", "tcp": {"address": "{address.database}"}}))
        row = self.cluster.must("get", "recoveryplan", "no-rpo").splitlines()[1]
        self.assertEqual(row.split()[:2], ["no-rpo", "300"])
        self.assertNotEqual(row.split()[2], "0")

    def test_amounts_are_integers_or_decimal_texts(self):
        path = (*SPEC, "criteria", "validation", 0)
        plans = []
        for number, metric in enumerate(({"metric": "ErrorPercent", "atMost": "0.5"}, {"metric": "ErrorPercent", "atMost": 0},
                                         {"metric": "QueryMillis", "atMost": 400, "statistic": "P99"})):
            plans.append(changed(changed(plan(), ("metadata", "name"), f"amounts-{number}"), path, metric))
            plans[-1]["spec"]["criteria"]["validation"] = plans[-1]["spec"]["criteria"]["validation"][:1]
        self.accepted_all(plans)

    def test_the_status_is_a_subresource(self):
        self.accepted({**changed(plan(), ("metadata", "name"), "told"), "status": {"stale": True}})
        self.assertNotIn("status", self.cluster.get("recoveryplan", "told"))
        code, _, complaint = self.set_status("recoveryplan", "told", {
            "lastDrill": "tuesday", "lastVerdict": "Met", "stale": False, "rtoComplianceRatio": "0.95",
            "lastTestedTime": "2026-11-21T04:42:24Z"})
        self.assertEqual(code, 0, complaint)
        self.assertEqual(self.cluster.get("recoveryplan", "told")["status"]["rtoComplianceRatio"], "0.95")
        head, row = self.cluster.must("get", "recoveryplan", "told", "-o", "wide").splitlines()
        self.assertEqual(head.split(), "NAME RTO RPO LAST DRILL VERDICT TESTED STALE AGE FAILURE RTO MET RPO MET".split())
        self.assertEqual(row.split()[:5], ["told", "300", "60", "tuesday", "Met"])
        self.assertIn("false", row)
        self.assertIn("0.95", row)


class Schedules(Cases):
    def test_what_is_shipped_fits(self):
        self.accepted(schedule())
        spec = self.cluster.get("drillschedule", "weekly-database-failover")["spec"]
        self.assertEqual((spec["suspend"], spec["startingDeadlineSeconds"]), (False, 600))
        head, row = self.cluster.must("get", "dsched", "weekly-database-failover").splitlines()
        self.assertEqual(head.split(), "NAME PLAN SCHEDULE ZONE SUSPEND LAST NEXT SUCCEEDED AGE".split())
        self.assertIn("0 3 * * SUN", row)
        self.assertIn("Europe/Prague", row)

    def test_what_is_wrong_is_refused(self):
        good = schedule()
        month_end, holidays = (*SPEC, "blackouts", 0), (*SPEC, "blackouts", 1)
        self.refused(changed(good, (*SPEC, "drill", "plan"), "../x.yaml"), 'unknown field "spec.drill.plan"')
        self.refused_all(self.spoilt(good, (
                ((*SPEC, "schedule"), "0 25 * * *", "spec.schedule", "0 25 * * * is no schedule", "hour (0-23)"),
                ((*SPEC, "schedule"), "0 3 * *", "spec.schedule", "0 3 * * is no schedule"),
                ((*SPEC, "schedule"), "@often", "spec.schedule", "@often is no schedule", "@daily"),
                ((*SPEC, "schedule"), None, "spec.schedule", "Required value"),
                ((*SPEC, "concurrencyPolicy"), "forbid", "spec.concurrencyPolicy", '"forbid"', '"Allow", "Forbid", "Replace"'),
                ((*SPEC, "startingDeadlineSeconds"), 0, "spec.startingDeadlineSeconds", "greater than or equal to 1"),
                ((*month_end, "schedule"), "0 0 32 * *", "spec.blackouts[0].schedule", "0 0 32 * * is no schedule"),
                ((*month_end, "durationSeconds"), None, "spec.blackouts[0]", "durationSeconds is missing"),
                ((*month_end, "to"), "2027-01-01", "spec.blackouts[0].to", "not allowed beside schedule"),
                ((*month_end, "from"), "2027-01-01", "spec.blackouts[0]", "exactly one is needed, of schedule, from"),
                ((*holidays, "to"), None, "spec.blackouts[1]", "to is missing"),
                ((*holidays, "durationSeconds"), 60, "spec.blackouts[1].durationSeconds", "not allowed beside from"),
                ((*holidays, "from"), "Christmas", "spec.blackouts[1].from", "Christmas is no time"),
                ((*SPEC, "drill", "planRef"), None, "spec.drill.planRef", "Required value"),
                ((*SPEC, "drill", "planRef", "name"), "../x", "spec.drill.planRef.name", '"../x"'),
        )))

    def test_the_status_is_a_subresource(self):
        self.accepted(changed(schedule(), ("metadata", "name"), "told"))
        code, _, complaint = self.set_status("drillschedule", "told", {
            "active": [{"name": "told-1"}], "nextScheduleTime": "2026-11-29T03:00:00Z",
            "conditions": [{"type": "Ready", "status": "True", "reason": "Read", "lastTransitionTime": "2026-11-21T04:42:24Z"}]})
        self.assertEqual(code, 0, complaint)
        self.cluster.must("wait", "--for=condition=Ready", "drillschedule/told", "--timeout=10s")
        self.assertIn("2026-11-29T03:00:00Z", self.cluster.must("get", "dsched", "told"))
        code, _, complaint = self.set_status("drillschedule", "told", {"nextScheduleTime": "soon"})
        self.assertNotEqual(code, 0)
        self.assertIn("status.nextScheduleTime", complaint)


class Drills(Cases):
    def test_what_is_shipped_fits(self):
        self.accepted_all(in_cluster("Drill"))

    def test_what_is_asked_for_is_fixed(self):
        whole = drill("whole", profile="quick", objectives={"rtoSeconds": 120}, timing={"baselineSeconds": 20}, approvals=["promote"])
        cases = self.spoilt(whole, (
            ((*SPEC, "planRef", "name"), "other", "spec.planRef", "cannot be changed from database-failover to other"),
            ((*SPEC, "profile"), "full", "spec.profile", "cannot be changed"),
            ((*SPEC, "profile"), None, "spec.profile", "cannot be changed"),
            ((*SPEC, "objectives", "rtoSeconds"), 121, "spec.objectives", "cannot be changed"),
            ((*SPEC, "objectives", "rpoSeconds"), 5, "spec.objectives", "cannot be changed"),
            ((*SPEC, "timing"), None, "spec.timing", "cannot be changed"),
            ((*SPEC, "timing", "holdSeconds"), 5, "spec.timing", "cannot be changed"),
        ), "whole")
        bare = [(drill(f"bare-{field.lower()}", **{field: value}), f"spec.{field}", "cannot be changed")
                for field, value in (("profile", "quick"), ("objectives", {"rtoSeconds": 1}), ("timing", {"holdSeconds": 1}))]
        before = [changed(whole, ("metadata", "name"), document["metadata"]["name"]) for document, *_ in cases]
        self.accepted_all([whole, *before, *(drill(document["metadata"]["name"]) for document, *_ in bare)])
        self.refused_all(cases + bare)

    def test_only_approvals_and_an_abort_may_come_later(self):
        asked = drill("asked", approvals=["promote"])
        self.accepted(asked)
        self.assertIs(self.cluster.get("drill", "asked")["spec"]["abort"], False)
        self.accepted(changed(asked, (*SPEC, "approvals"), ["promote", "switch"]))
        self.accepted(changed(asked, (*SPEC, "abort"), True))
        self.refused(changed(asked, (*SPEC, "abort"), False), "spec.abort", "cannot be taken back")

    def test_what_is_wrong_is_refused(self):
        self.refused(drill("wrong", timing={"baseline": 1}), 'unknown field "spec.timing.baseline"')
        self.refused_all([(drill(f"wrong-{number}", **spec), *words) for number, (spec, *words) in enumerate((
                ({"planRef": {}}, "spec.planRef.name", "Required value"),
                ({"planRef": {"name": "A b"}}, "spec.planRef.name", '"A b"'),
                ({"objectives": {"rtoSeconds": 0}}, "spec.objectives.rtoSeconds", "greater than or equal to 1"),
                ({"timing": {"baselineSeconds": 86401}}, "spec.timing.baselineSeconds", "less than or equal to 86400"),
                ({"approvals": ["a", "a"]}, "spec.approvals[1]", "Duplicate value"),
                ({"approvals": ["A"]}, "spec.approvals[0]", '"A"'),
                ({"abort": "yes"}, "spec.abort", "boolean"),
        ))])

    def test_the_status_holds_all_that_an_undo_needs(self):
        self.accepted(drill("told"))
        whole = plan()
        status = {
            "phase": "Finished", "state": "Normal", "verdict": "Met", "reason": "All objectives met.", "plan": whole,
            "faultTime": "2026-11-21T04:42:24.123456Z", "faultDeadline": "2026-11-21T05:12:24Z",
            "rto": {"objectiveSeconds": 300, "lowerMillis": 12400, "upperMillis": 12600, "display": "12.4-12.6s", "verdict": "Met"},
            "rpo": {"objectiveSeconds": 60, "lostWrites": 39, "display": "0.4s", "verdict": "Met"},
            "conditions": [{"type": "Succeeded", "status": "True", "reason": "Met", "lastTransitionTime": "2026-11-21T04:52:24Z"}],
            "journal": "x" * 262144}
        code, _, complaint = self.set_status("drill", "told", status)
        self.assertEqual(code, 0, complaint)
        found = self.cluster.get("drill", "told")
        self.assertEqual(found["status"]["plan"], whole)
        self.assertEqual(len(found["status"]["journal"]), 262144)
        self.cluster.must("wait", "--for=condition=Succeeded", "drill/told", "--timeout=10s")
        head, row = self.cluster.must("get", "drill", "told", "-o", "wide").splitlines()
        self.assertEqual(head.split(), "NAME PLAN PHASE RTO OBJECTIVE RPO VERDICT AGE REASON".split())
        self.assertEqual(row.split()[:7], ["told", "database-failover", "Finished", "12.4-12.6s", "300", "0.4s", "Met"])
        self.assertIn("All objectives met.", row)
        self.assertNotIn("All objectives met.", self.cluster.must("get", "drill", "told"))

    def test_a_status_that_is_none_is_refused(self):
        self.accepted(drill("odd"))
        for status, *words in (
                ({"phase": "Running"}, "status.phase", '"Running"', '"Pending"'),
                ({"state": "Fine"}, "status.state", '"Fine"', '"Degraded"'),
                ({"journal": "x" * 262145}, "status.journal", "262144"),
                ({"evidence": {"kind": "Disk"}}, "status.evidence.kind", '"Disk"', '"Secret"'),
                ({"conditions": [{"type": "Running", "status": "Yes", "reason": "x", "lastTransitionTime": "2026-11-21T04:52:24Z"}]},
                 "status.conditions[0].status", '"Yes"', '"True"'),
        ):
            with self.subTest(status=list(status)):
                code, _, complaint = self.set_status("drill", "odd", status)
                self.assertNotEqual(code, 0)
                for word in words:
                    self.assertIn(word, complaint)


class Profiles(Cases):
    def test_what_is_shipped_is_stored_as_it_is_written(self):
        shipped = in_cluster("SidecarProfile")
        self.assertGreaterEqual(len(shipped), 1)
        self.accepted_all(shipped)
        for one in shipped:
            self.assertEqual(self.cluster.get("sidecarprofile", one["metadata"]["name"])["spec"], one["spec"])
        self.assertIn("Default: 10.", self.cluster.explain("sidecarprofile.spec.headSeconds"))

    def test_what_is_wrong_is_refused(self):
        self.refused(profile(headSecond=3), 'unknown field "spec.headSecond"')
        self.refused(profile(injection={"prot": "http"}), 'unknown field "spec.injection.prot"')
        rule = {"name": "login", "path": "/login", "limits": [{"requests": 1, "seconds": 60}]}
        self.refused_all([(profile(f"wrong-{number}", **spec), *words) for number, (spec, *words) in enumerate((
                ({"headSeconds": 0}, "spec.headSeconds", "greater than or equal to 1"),
                ({"headBytesMax": 65537}, "spec.headBytesMax", "less than or equal to 65536"),
                ({"headSeconds": "3s"}, "spec.headSeconds", '"string"', "integer"),
                ({"limits": True}, "spec.limits", '"boolean"', "string"),
                ({"limits": "dry"}, "spec.limits", '"dry"', '"dry-run"'),
                ({"upstream": ":8080"}, "spec.upstream", '":8080"'),
                ({"listen": "15001"}, "spec.listen", '"15001"'),
                ({"tlsCertFile": "/tls/tls.crt"}, "spec", "tlsCertFile and tlsKeyFile are given together"),
                ({"mode": "tcp", "rumPath": "/rum"}, "spec", "mode tcp has no paths"),
                ({"rumPath": "rum"}, "spec.rumPath", '"rum"'),
                ({"thresholds": {"cpuPercent": {"warning": 90, "critical": 80}}}, "spec.thresholds.cpuPercent",
                 "warning (80 where it is not written) is at most critical"),
                ({"thresholds": {"diskPercent": {"warning": 95}}}, "spec.thresholds.diskPercent", "at most critical (90 where it is not written)"),
                ({"thresholds": {"errorPercent": {"critical": "100.5"}}}, "spec.thresholds.errorPercent.critical", "above 0 and at most 100"),
                ({"encryptionTargets": {"gradeBPercent": 96}}, "spec.encryptionTargets", "gradeBPercent is at most gradeAPercent"),
                ({"errorsFrom": "500"}, "spec.errorsFrom", '"500"', '"5xx"'),
                ({"diskPaths": ["data"]}, "spec.diskPaths[0]", '"data"'),
                ({"cpuLimitCores": 0}, "spec.cpuLimitCores", "0: 0.001 to 100000 is allowed"),
                ({"cpuLimitCores": "100000.5"}, "spec.cpuLimitCores", "100000.5: 0.001 to 100000 is allowed"),
                ({"memoryLimitBytes": 0}, "spec.memoryLimitBytes", "greater than or equal to 1"),
                ({"cacheRoutes": ["products"]}, "spec.cacheRoutes[0]", '"products"'),
                ({"exportHeaderFiles": ["key"]}, "spec.exportHeaderFiles[0]", '"key"'),
                ({"exportOtlp": "https://"}, "spec.exportOtlp", '"https://"'),
                ({"redis": "redis:99999"}, "spec.redis", '"redis:99999"'),
                ({"statsdListen": ":65536"}, "spec.statsdListen", '":65536"'),
                ({"redisPrefix": ""}, "spec.redisPrefix", "at least 1 chars long"),
                ({"userHigh": [""]}, "spec.userHigh[0]", "at least 1 chars long"),
                ({"userHeader": "a b"}, "spec.userHeader", '"a b"'),
                ({"anomalyWarningScore": "0"}, "spec.anomalyWarningScore", "0: 1 to 1000 is allowed"),
                ({"anomalyCriticalScore": "2"}, "spec.anomalyCriticalScore", "is below anomalyWarningScore"),
                ({"userCpuPercentMax": 0}, "spec.userCpuPercentMax", "0: 0.01 to 100000 is allowed"),
                ({"database": "postgresql://u:secret@h/d"}, "spec.database", "without a password"),
                ({"rumOrigins": ["https://shop.example/"]}, "spec.rumOrigins[0]", '"https://shop.example/"'),
                ({"rumOrigins": ["https://shop.example:443"]}, "spec.rumOrigins[0]", "leave out the port"),
                ({"limitRules": [rule | {"name": "a b"}]}, "spec.limitRules[0].name", '"a b"'),
                ({"limitRules": [rule | {"limits": []}]}, "spec.limitRules[0].limits", "at least 1 items"),
                ({"limitRules": [rule, rule]}, "spec.limitRules[1]", "Duplicate value", "login"),
                ({"injection": {"capture": "Iptables"}}, "spec.injection.capture", '"Iptables"', '"Port", "Redirect", "None"'),
                ({"injection": {"resources": {"limits": {"memory": "much"}}}}, "spec.injection.resources.limits.memory", '"much"'),
        ))])

    def test_columns_tell_whether_it_is_delivered(self):
        self.accepted(profile("told", headSeconds=3))
        at = "2026-11-21T04:42:24Z"
        code, _, complaint = self.set_status("sidecarprofile", "told", {"configMap": "muster-sidecar-told", "conditions": [
            {"type": "Valid", "status": "True", "reason": "Valid", "lastTransitionTime": at},
            {"type": "Delivered", "status": "False", "reason": "NotAllowed", "message": "may not", "lastTransitionTime": at}]})
        self.assertEqual(code, 0, complaint)
        head, row = self.cluster.must("get", "scp", "told").splitlines()
        self.assertEqual(head.split(), "NAME VALID DELIVERED REASON CONFIGMAP AGE".split())
        self.assertEqual(row.split()[:5], ["told", "True", "False", "NotAllowed", "muster-sidecar-told"])
        self.assertIn("may not", self.cluster.must("get", "scp", "told", "-o", "wide"))


if __name__ == "__main__":
    unittest.main()
