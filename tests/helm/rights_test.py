"""What the accounts may do, in both directions: whatever is not in these tables is refused.

A real API server says all that an account may do in a namespace, as for `kubectl auth can-i --list`:
in one with drills, in the operator's own, and in one that has nothing to do with either. What every
account may do is left out.
"""

import os
import unittest

import yaml

from chart_under_test import CHART, NAMESPACE, RELEASE, SOURCE, helms, render_objects, serves_policies, server, values_file

DRILLED, OTHER, ACCOMPANIED = "shop", "elsewhere", "web"

READING = """
drills.muster.dev            get list watch patch
recoveryplans.muster.dev     get list watch
drillschedules.muster.dev    get list watch
sidecarprofiles.muster.dev   get list watch
sidecarprofiles.muster.dev/status   patch
pods                         get list watch
namespaces                   get
deployments.apps             get list watch
statefulsets.apps            get list watch
daemonsets.apps              get list watch
configmaps:muster-stop       get list watch
events.events.k8s.io         create patch

validatingwebhookconfigurations.admissionregistration.k8s.io:muster-rights-admission   get list watch patch
mutatingwebhookconfigurations.admissionregistration.k8s.io:muster-rights-admission     get list watch patch
mutatingwebhookconfigurations.admissionregistration.k8s.io:muster-rights-admission-requests     get list watch patch
"""
OPERATOR = {
    OTHER: READING,
    NAMESPACE: READING + """
leases.coordination.k8s.io                   create
leases.coordination.k8s.io:muster-operator   get list watch patch
secrets                                      create
secrets:muster-rights-admission              get list watch patch delete
""",
    DRILLED: READING + """
drills.muster.dev                  create patch delete
drills.muster.dev/status           patch update
drillschedules.muster.dev/status   patch
recoveryplans.muster.dev/status    patch
pods                               create delete
configmaps                         get create patch
""",
}
RUNNER = {
    OTHER: "",
    NAMESPACE: "",
    DRILLED: """
drills.muster.dev                  get list watch patch
drills.muster.dev/status           patch
namespaces                         get
pods                               get list watch patch delete
pods/exec                          get create
pods/eviction                      create
services                           get list watch patch
configmaps                         get
secrets                            get create patch
deployments.apps                   get list watch
statefulsets.apps                  get list watch
daemonsets.apps                    get list watch
deployments.apps/scale             get patch
statefulsets.apps/scale            get patch
networkpolicies.networking.k8s.io  get create patch delete
endpointslices.discovery.k8s.io    list
events.events.k8s.io               create patch
""",
}


def table(text):
    out = set()
    for kind, *verbs in filter(None, map(str.split, text.splitlines())):
        out |= {(verb, kind) for verb in verbs}
    return out


def everything(account, home, namespace):
    """All (verb, RESOURCE.GROUP/SUBRESOURCE[:NAME]) that this account of `home` may do in `namespace`."""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]
    reply = server().ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                         {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}},
                         [("Impersonate-User", f"system:serviceaccount:{home}:{account}")] + [("Impersonate-Group", one) for one in groups])[1]
    out = set()
    for rule in reply["status"]["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                path, _, below = resource.partition("/")
                kind = path + ("." + group if group else "") + ("/" + below if below else "")
                for name in rule.get("resourceNames") or [""]:
                    out |= {(verb, kind + (":" + name if name else "")) for verb in rule["verbs"]}
    return out


def rights(account, home, namespace):
    return everything(account, home, namespace) - everything("nobody-in-particular", home, namespace)


class Rights(unittest.TestCase):
    release = f"{RELEASE}-rights"  # apart from the releases of the other tests
    operator = "muster-rights-operator"

    @classmethod
    def setUpClass(cls):
        for namespace in (NAMESPACE, DRILLED, OTHER, ACCOMPANIED):
            server().make_namespace(namespace)
        cls.apply({})

    @classmethod
    def tearDownClass(cls):
        server().helm(helms()[0], "uninstall", cls.release, "-n", NAMESPACE, "--no-hooks")

    @classmethod
    def apply(cls, values):
        values = {"drillNamespaces": [DRILLED], "crds": {"install": False}, "sidecar": {"injection": {"by": "webhook"}}} | values
        server().helm(helms()[0], "upgrade", "--install", cls.release, CHART, "-n", NAMESPACE, "-f", values_file(values))

    def test_the_operator_writes_only_where_it_was_let(self):
        for namespace, allowed in OPERATOR.items():
            self.assertEqual(table(allowed), rights(self.operator, NAMESPACE, namespace), namespace)

    def test_the_pods_of_drills_stay_in_their_namespace(self):
        for namespace, allowed in RUNNER.items():
            self.assertEqual(table(allowed), rights("muster-runner", DRILLED, namespace), namespace)
        # The same name in another namespace is another account.
        self.assertEqual(set(), rights("muster-runner", OTHER, DRILLED))

    def test_admission_is_a_decision(self):
        self.apply({"admission": {"enabled": False}})
        for namespace in OPERATOR:
            without = {(verb, kind) for verb, kind in table(OPERATOR[namespace]) if "admission" not in kind and kind != "secrets"}
            self.assertEqual(without, rights(self.operator, NAMESPACE, namespace), namespace)
        self.apply({})

    def test_profiles_are_delivered_where_it_was_let(self):
        self.apply({"sidecarNamespaces": [ACCOMPANIED]})
        delivery = {(verb, "configmaps") for verb in ("get", "create", "patch")}
        self.assertEqual(table(READING) | delivery, rights(self.operator, NAMESPACE, ACCOMPANIED))
        self.assertEqual(table(READING), rights(self.operator, NAMESPACE, OTHER))
        self.apply({})
        self.assertEqual(table(READING), rights(self.operator, NAMESPACE, ACCOMPANIED))

    def test_sidecars_are_a_decision(self):
        for injection in (*([{"by": "policy"}] if serves_policies() else []), {"enabled": False}):
            self.apply({"sidecar": {"injection": injection}})
            without = {(verb, kind) for verb, kind in table(OPERATOR[OTHER])
                       if not kind.startswith("mutatingwebhookconfigurations") or kind.endswith("-requests")}
            self.assertEqual(without, rights(self.operator, NAMESPACE, OTHER))
        self.apply({})

    def test_the_kubelets_figures_are_a_decision_and_an_account_of_their_own(self):
        account = "muster-rights-pod-figures"
        self.assertEqual(set(), rights(account, NAMESPACE, OTHER))
        self.apply({"podFigures": {"enabled": True}})
        for namespace in (NAMESPACE, DRILLED, OTHER):
            self.assertEqual({("get", "pods"), ("get", "nodes/stats")}, rights(account, NAMESPACE, namespace))
            self.assertEqual(table(OPERATOR[namespace]), rights(self.operator, NAMESPACE, namespace))
        self.apply({})
        self.assertEqual(set(), rights(account, NAMESPACE, OTHER))

    def test_asking_who_scrapes_is_a_decision(self):
        asks = {("create", "tokenreviews.authentication.k8s.io"), ("create", "subjectaccessreviews.authorization.k8s.io")}
        own = {(verb, name) for verb in ("get", "list", "watch", "patch", "delete")
               for name in ("secrets:muster-rights-metrics", "configmaps:muster-rights-metrics-ca")} | {("create", "configmaps")}
        self.apply({"metrics": {"secure": True}})
        self.assertEqual(table(OPERATOR[OTHER]) | asks, rights(self.operator, NAMESPACE, OTHER))
        self.assertEqual(table(OPERATOR[NAMESPACE]) | asks | own, rights(self.operator, NAMESPACE, NAMESPACE))
        reader = server().kubectl("get", "clusterrole", "muster-rights-metrics-reader", "-o", "jsonpath={.rules}").stdout
        self.assertEqual([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}], yaml.safe_load(reader))
        self.apply({})
        self.assertEqual(table(OPERATOR[NAMESPACE]), rights(self.operator, NAMESPACE, NAMESPACE))

    def test_nodes_are_a_decision(self):
        nodes = {("get", "nodes"), ("patch", "nodes")}
        self.apply({"nodes": {"enabled": True}})
        self.assertEqual(nodes, rights("muster-runner", DRILLED, OTHER))
        self.assertEqual(table(OPERATOR[OTHER]), rights(self.operator, NAMESPACE, OTHER))
        self.apply({})
        self.assertEqual(set(), rights("muster-runner", DRILLED, OTHER))

    def test_what_a_plan_patches_is_a_decision(self):
        more = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}]
        self.apply({"runnerRules": more})
        self.assertEqual(table(RUNNER[DRILLED]) | {("patch", "deployments.apps")}, rights("muster-runner", DRILLED, DRILLED))
        self.assertEqual(set(), rights("muster-runner", DRILLED, OTHER))
        self.assertEqual(table(OPERATOR[DRILLED]), rights(self.operator, NAMESPACE, DRILLED))
        self.apply({})
        self.assertEqual(table(RUNNER[DRILLED]), rights("muster-runner", DRILLED, DRILLED))

    def test_kubectl_says_the_same(self):
        operator, runner = f"{NAMESPACE}:{self.operator}", f"{DRILLED}:muster-runner"
        for answer, who, *words in (
                ("yes", operator, "delete", "pods", "-n", DRILLED),
                ("no", operator, "delete", "pods", "-n", OTHER),
                ("no", operator, "get", "secrets", "-n", DRILLED),
                ("no", operator, "get", "secrets", "-n", NAMESPACE),
                ("no", operator, "get", "nodes"),
                ("yes", operator, "patch", "secret/muster-rights-admission", "-n", NAMESPACE),
                ("no", operator, "patch", "secret/another", "-n", NAMESPACE),
                ("no", operator, "patch", "secret/muster-rights-admission", "-n", DRILLED),
                ("no", operator, "patch", "validatingwebhookconfiguration/another"),
                ("yes", operator, "patch", "lease/muster-operator", "-n", NAMESPACE),
                ("no", operator, "patch", "lease/another", "-n", NAMESPACE),
                ("yes", runner, "delete", "pods", "-n", DRILLED),
                ("no", runner, "delete", "pods", "-n", OTHER),
                ("no", runner, "create", "rolebindings", "-n", DRILLED),
                ("yes", runner, "get", f"namespace/{DRILLED}", "-n", DRILLED),
                ("no", runner, "get", f"namespace/{OTHER}", "-n", OTHER)):
            said = server().kubectl("auth", "can-i", *words, f"--as=system:serviceaccount:{who}", check=False)
            self.assertEqual(answer, said.stdout.strip(), (who, words))


class NamespaceByHand(unittest.TestCase):
    """The manifest of docs/examples gives exactly what the chart gives."""

    def test_is_what_the_chart_makes(self):
        def bare(listed):
            out = {}
            for one in listed:
                meta = one.pop("metadata")
                out[one["kind"], meta["namespace"], meta["name"]] = one
            return out

        with open(os.path.join(SOURCE, "docs", "examples", "drill-namespace.yaml"), encoding="utf-8") as file:
            by_hand = list(yaml.safe_load_all(file))
        made = render_objects({"drillNamespaces": [DRILLED]}, "--show-only", "templates/drill_namespaces.yaml")
        self.assertEqual(bare(made), bare(by_hand))


if __name__ == "__main__":
    unittest.main()
