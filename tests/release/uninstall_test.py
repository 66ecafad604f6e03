"""The end of a release in the middle of a drill, and beside another release; what `helm test` says, and the metrics."""
import subprocess
import unittest

from orders import RELEASE, UNDO, Order
from release_under_test import CHART, GROUP, HOME, REPLICAS, World, helms, operator_program, plan, until

SPACE = "shop"


class Uninstall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.close)
        cls.world.make_namespace(HOME)
        cls.world.make_target(SPACE)

    def tearDown(self):
        self.world.node.broken.clear()
        self.world.node.missing.clear()

    def install(self, helm, within=100):
        self.world.run(helm, "install", RELEASE, CHART, "-n", HOME, "--wait", "--timeout=90s", "--set", f"drillNamespaces={{{SPACE}}}", "--set",
                       f"replicas=1,image.tag=test,lease.seconds=3,undoGraceSeconds=30,uninstall.withinSeconds={within}")
        self.world.make_plan(SPACE)

    def uninstall(self, helm, check=True):
        return self.world.run(helm, "uninstall", RELEASE, "-n", HOME, "--timeout=120s", check=check)

    def assert_undone(self, name):
        self.assertEqual("Finished", self.world.status(SPACE, name).get("phase"))
        self.assertNotIn(UNDO, self.world.drill(SPACE, name)["metadata"].get("finalizers", []))
        until("web as it was", lambda: self.world.desired(SPACE) == REPLICAS == self.world.ready(SPACE))
        self.assertEqual([], Order(self.world, 0).left())

    def test_in_mid_drill_with_the_operator_alive(self):
        self.install(helms()[0])
        self.world.make_drill(SPACE, "alive")
        self.world.wait_fault(SPACE, "alive")
        self.uninstall(helms()[0])
        self.assert_undone("alive")
        self.assertEqual("spec.abort", self.world.status(SPACE, "alive")["reason"].rsplit(" ", maxsplit=1)[-1])

    def test_in_mid_drill_with_everything_dead(self):
        self.install(helms()[1])
        self.world.make_drill(SPACE, "dead")
        self.world.wait_fault(SPACE, "dead")
        self.world.node.broken.update(("operator", "guardian"))
        self.world.node.kill("runner")
        self.world.kubectl("-n", SPACE, "delete", "pods", "-l", "muster.dev/role=guardian", "--force", "--grace-period=0")
        self.world.node.broken.discard("guardian")
        self.uninstall(helms()[1])
        self.assert_undone("dead")
        self.assertIn("RunnerLost", self.world.condition(SPACE, "dead", "Succeeded")["reason"])

    def test_what_cannot_be_undone_keeps_the_release(self):
        self.install(helms()[0], within=10)
        self.world.make_drill(SPACE, "stuck")
        self.world.wait_fault(SPACE, "stuck")
        self.world.node.broken.add("guardian")
        self.world.node.kill("runner")
        failed = self.uninstall(helms()[0], check=False)
        self.assertNotEqual(0, failed.returncode)
        self.assertIn("under way: shop/stuck", "".join(self.world.node.logs("uninstall").values()))
        deployment = self.world.get(f"/apis/apps/v1/namespaces/{HOME}/deployments/muster-operator")
        self.assertEqual(1, deployment["spec"]["replicas"])
        self.assertIn(UNDO, self.world.drill(SPACE, "stuck")["metadata"]["finalizers"])
        self.world.node.broken.clear()
        self.world.wait_phase(SPACE, "stuck", "Finished")
        self.uninstall(helms()[0])
        self.assert_undone("stuck")

    def test_a_second_release_is_refused_and_helm_test_asks_the_operator(self):
        self.install(helms()[0])
        for helm in helms():
            for release, namespace in (("another", HOME), (RELEASE, SPACE)):
                done = self.world.run(helm, "install", release, CHART, "-n", namespace, "--set", "crds.install=false", check=False)
                self.assertNotEqual(0, done.returncode)
                self.assertIn(f"muster is installed already, as release {RELEASE} in namespace {HOME}", done.stderr)
            self.world.run(helm, "test", RELEASE, "-n", HOME, "--timeout=90s")
        self.promtool_is_content()
        # Not the kinds' fault, and not the operator's: what is asked must count.
        for url, said in (("http://127.0.0.1:1/readyz", "refused"), (f"http://127.0.0.1:{self.world.web_port}/nobody", "answers 503")):
            done = subprocess.run([operator_program(), "check", f"--kubeconfig={self.world.kubeconfig}", f"--url={url}", "--within-seconds=1"],
                                  capture_output=True, text=True, check=False, timeout=60)
            self.assertNotEqual(0, done.returncode)
            self.assertIn(said, done.stderr)
        self.uninstall(helms()[0])
        self.assertEqual([], Order(self.world, 0).left())

    def refusal(self):
        """What a plan is answered whose fault only the operator can see; nothing: it was taken."""
        wrong = plan(SPACE, self.world.web_port, roles={"failing": "wep"})
        wrong["metadata"]["name"] = "wrong"
        place = f"{GROUP}/namespaces/{SPACE}/recoveryplans"
        code, reply = self.world.ask("POST", place + "?dryRun=All", wrong)
        return reply["message"] if code == 422 else ""

    def test_wrong_plans_are_refused_also_after_upgrades_and_nothing_of_that_stays(self):
        for helm in helms():
            self.install(helm)
            until("refusal", self.refusal)
            self.assertIn('admission webhook "validate.muster.dev" denied the request: RecoveryPlan.muster.dev "wrong" is invalid:', self.refusal())
            self.assertIn('spec.roles.failing: there is no process, instance or service "wep". Did you mean "web"?', self.refusal())
            place = self.webhook()["clientConfig"]
            self.assertRegex(place["service"]["path"], r"^/[0-9a-f]{32}/validate$")
            for values in ("replicas=2", "admission.enabled=false", "admission.enabled=true", "commonLabels.a=b"):
                self.world.run(helm, "upgrade", RELEASE, CHART, "-n", HOME, "--reuse-values", "--set", values, "--wait", "--timeout=90s")
                if values == "admission.enabled=false":
                    self.assertEqual("", self.refusal())
                else:
                    until(f"refusal after {values}", self.refusal)
            self.assertEqual(place, self.webhook()["clientConfig"])
            self.uninstall(helm)
            until(lambda: f"end of what the release made: {Order(self.world, 0).left()}", lambda: not Order(self.world, 0).left())
            self.assertEqual("", self.refusal())

    def webhook(self):
        return self.world.get("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/muster-admission")["webhooks"][0]

    def promtool_is_content(self):
        metrics = self.world.metrics()
        said = subprocess.run(["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True, check=False, timeout=60)
        self.assertEqual((0, ""), (said.returncode, said.stdout + said.stderr))
        self.assertIn("leader_election_master_status", metrics)


if __name__ == "__main__":
    unittest.main()
