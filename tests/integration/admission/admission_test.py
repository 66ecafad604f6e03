"""What schema and CEL cannot see is refused at `kubectl apply` too: two operators, as programs, behind the chart's own
Service and webhook, on a real API server. That it is the operator who refuses is seen from what is taken without it."""
import json
import re
import ssl
import time
import unittest
import urllib.error
import urllib.request

from operator_under_test import HOME, PATIENCE, OperatorCase
from manifests import changed, drill, in_cluster, plan, profile, schedule  # pylint: disable=wrong-import-order

KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
SPEC = ("spec",)


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


def strays(operator):
    return int(re.search(r"(?m)^muster_admission_stray_requests_total (\d+)", operator.read("/metrics")).group(1))


class Admission(OperatorCase):
    kinds = KINDS

    @classmethod
    def before_chart(cls):
        code, _, complaint = cls.cluster.apply(plan(), *(one for one, *_ in wrong()))
        assert code == 0, f"without the operator all of it is right: {complaint}"
        cls.cluster.must("delete", ",".join(KINDS), "--all")

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

    def test_it_is_known_who_asked(self):
        """By the server's own word, whatever a client writes; also in the operators' metrics and logs."""
        me = self.cluster.must("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}").strip()
        forged = changed(drill("asked"), ("metadata", "annotations"), {"muster.dev/requested-by": "the boss", "a": "b"})
        code, _, complaint = self.cluster.apply(forged)
        self.assertEqual(code, 0, complaint)

        def notes():
            return self.cluster.get("drill", "asked")["metadata"]["annotations"]

        self.assertEqual(me, notes()["muster.dev/requested-by"])
        self.assertEqual("b", notes()["a"])
        self.assertNotIn("muster.dev/aborted-by", notes())
        self.cluster.must("patch", "drill", "asked", "--type=merge", "-p", '{"spec":{"abort":true}}', "--as=bob", "--as-group=system:masters")
        self.assertEqual((me, "bob"), (notes()["muster.dev/requested-by"], notes()["muster.dev/aborted-by"]))
        self.cluster.must("annotate", "drill", "asked", "--overwrite", "muster.dev/requested-by=eve", "muster.dev/aborted-by-")
        self.assertEqual((me, "bob"), (notes()["muster.dev/requested-by"], notes()["muster.dev/aborted-by"]))
        code, _, complaint = self.cluster.run("create", "--dry-run=server", "-f", "-", given=[drill("rehearsed")])
        self.assertEqual(code, 0, complaint)
        audit = [json.loads(line) for one in self.operators for line in one.log().splitlines() if '"msg":"audit"' in line]
        said = [(entry["event"], entry["user"]) for entry in audit if entry["drill"].endswith("/asked")]
        self.assertEqual(sorted([("DrillRequested", me), ("AbortRequested", "bob")]), sorted(said))
        self.assertIn("RecoveryPlanCreated", {entry["event"] for entry in audit})
        self.assertFalse([entry for entry in audit if entry["drill"].endswith("/rehearsed")])
        written = sum(int(re.search(r"(?m)^muster_audit_write_duration_seconds_count (\d+)", one.read("/metrics")).group(1)) for one in self.operators)
        self.assertEqual(len(audit), written)

    def secret_paths(self):
        return {which: {one["clientConfig"]["service"]["path"] for one in self.cluster.get(*which)["webhooks"]} for which in self.webhooks}

    def test_who_does_not_know_the_path_adds_no_line(self):
        """As a pod would that connects to port 9443, which is open to all."""
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                  "request": {"uid": "1", "operation": "CREATE", "kind": {"group": "muster.dev", "version": "v1alpha1", "kind": "Drill"},
                              "namespace": "shop", "name": "forged", "userInfo": {"username": "eve"}, "object": drill("forged")}}
        known = self.secret_paths()
        secrets = {path for paths in known.values() for path in paths}
        self.assertEqual({"/validate", "/requests"}, {path[33:] for path in secrets})
        self.assertEqual(1, len({path[:33] for path in secrets}))
        self.assertRegex(secrets.pop(), r"^/[0-9a-f]{32}/")
        secret = known["mutatingwebhookconfiguration", "muster-admission-requests"].pop()
        for one in self.operators:
            before = strays(one)
            for path, status in (("/requests", 404), ("/" + 32 * "0" + "/requests", 404), ("/validate", 404), (secret, 200)):
                self.assertEqual(status, self.post(one, path, review), path)
            self.assertEqual(1, one.log().count('"user":"eve"'))
            self.assertEqual(before + 3, strays(one))
            self.assertNotIn(secret.split("/")[1], one.log() + one.read("/metrics"))

    @staticmethod
    def post(one, path, review):
        request = urllib.request.Request(f"https://127.0.0.1:{one.port('admission serves')}{path}", json.dumps(review).encode(),
                                         {"Content-Type": "application/json"})
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=trusting) as reply:
                return reply.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def test_who_takes_the_path_away_gets_it_back_and_old_secrets_get_one(self):
        """A Secret of an operator that knew of no path, and a chart that wrote one."""
        before = self.secret_paths()
        self.cluster.must("patch", "secret", "muster-admission", "-n", HOME, "--type=json", "-p", '[{"op":"remove","path":"/data/paths"}]')
        self.until(lambda: self.secret_paths() != before)
        for which in self.webhooks:
            self.cluster.must("patch", *which, "--type=json", "-p",
                              '[{"op":"replace","path":"/webhooks/0/clientConfig/service/path","value":"/validate"}]')
        self.until(lambda: all(len(path) > 33 for paths in self.secret_paths().values() for path in paths))
        # The API server hears of its own configurations a moment later.
        self.until(lambda: self.cluster.run("apply", "--dry-run=server", "-f", "-", given=[wrong()[0][0]])[0] != 0)
        self.assertEqual(len(wrong()), self.refused())

    def until(self, look):
        end = time.monotonic() + PATIENCE
        while not look():
            self.assertLess(time.monotonic(), end, self.operators[0].log())
            time.sleep(0.1)

    def nobody_names_another(self):
        """The API server refuses that by itself: nobody is there who would put it right."""
        forged = changed(drill("forged"), ("metadata", "annotations"), {"muster.dev/requested-by": "the boss"})
        code, _, complaint = self.cluster.apply(forged)
        self.assertNotEqual(code, 0)
        self.assertIn("the annotation muster.dev/requested-by cannot name anybody else", complaint)
        self.assertEqual(0, self.cluster.apply(drill("unnamed"))[0])
        for note in ("requested-by", "aborted-by"):
            code, _, complaint = self.cluster.run("annotate", "drill", "unnamed", f"muster.dev/{note}=eve")
            self.assertNotEqual(code, 0)
            self.assertIn(f"the annotation muster.dev/{note} cannot name anybody else", complaint)
        self.cluster.must("patch", "drill", "unnamed", "--type=merge", "-p", '{"spec":{"abort":true}}')

    def test_one_operator_is_enough_and_none_stops_nobody(self):
        self.operators[0].kill()
        self.assertEqual(len(wrong()), self.refused())
        self.operators[1].kill()
        self.nobody_names_another()
        began = time.monotonic()
        self.assertEqual(0, self.refused())
        self.assertLess(time.monotonic() - began, PATIENCE)
        self.tearDown()
        self.setUp()
        self.begin()
        self.assertEqual(len(wrong()), self.refused())


if __name__ == "__main__":
    unittest.main()
