"""The chart: what is refused, what is rendered, what a real API server takes, and a release's life.

Rendered objects are given to the server with --dry-run=server and strict validation: it knows every
field of its own kinds, which is more than any linter. Its Pod Security admission judges the pods.
"""

import functools
import glob
import json
import os
import re
import time
import unittest

import yaml

from chart_under_test import (CHART, KUBERNETES, NAMESPACE, RELEASE, SOURCE, helms, objects, render, render_objects, run, serves_policies,
                              server, values_file)

CRDS = sorted(os.path.basename(path).split(".")[0] + ".muster.dev"
              for path in glob.glob(os.path.join(CHART, "files", "crds", "*.yaml")))

# Each optional part, as the values that turn it on or off.
PARTS = {
    "namespaces": ({"drillNamespaces": ["shop", "billing"]}, {"drillNamespaces": []}),
    "sidecars": ({"sidecarNamespaces": ["shop", "web"]}, {"sidecarNamespaces": []}),
    "crds": ({"crds": {"install": True, "keep": True}}, {"crds": {"install": False}}),
    "rbac": ({"rbac": {"create": True}}, {"rbac": {"create": False}}),
    "admission": ({"admission": {"enabled": True}}, {"admission": {"enabled": False}}),
    "sidecars": ({"sidecar": {"injection": {"enabled": True, "by": "webhook"}, "image": "registry.example:5000/dr/sidecar:1@sha256:" + "0" * 64}},
                 {"sidecar": {"injection": {"enabled": False}}}),
    "policy": ({"sidecar": {"injection": {"by": "policy"}, "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}}, {}),
    "figures": ({"podFigures": {"enabled": True, "kubelet": {"caConfigMap": "kubelets"}}}, {}),
    "nodes": ({"nodes": {"enabled": True}}, {}),
    "rights": ({"runnerRules": [{"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"],
                                 "verbs": ["get", "patch"]}]}, {}),
    "uninstall": ({"uninstall": {"endDrills": True, "withinSeconds": 900}}, {"uninstall": {"endDrills": False}}),
    "evidence": ({"evidence": {"claim": "evidence", "keySecret": "evidence-key"}}, {}),
    "signed": ({"drillKeySecret": "drill-key"}, {}),
    "budget": ({"podDisruptionBudget": {"enabled": True}}, {"podDisruptionBudget": {"enabled": False}}),
    "metrics": ({"metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
                             "service": {"annotations": {"example.com/a": "b"}}}}, {}),
    "secure": ({"metrics": {"secure": True}}, {"metrics": {"secure": False}}),
    "families": ({"services": {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv4"]}}, {}),
    "rules": ({"prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}, "alertLabels": {"team": "dr"}}}, {}),
    "dashboards": ({"dashboards": {"enabled": True, "annotations": {"grafana_folder": "Muster"}}}, {}),
    "network": ({"networkPolicy": {"enabled": True, "apiServer": {"cidrs": ["203.0.113.7/32"]},
                                   "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]}},
                {"networkPolicy": {"enabled": False}}),
    "pods": ({"imagePullSecrets": ["registry"], "priorityClassName": "system-cluster-critical", "podLabels": {"a": "b"},
              "podAnnotations": {"a": "b"}, "commonLabels": {"team": "dr"}, "nodeSelector": {"disk": "ssd"},
              "tolerations": [{"key": "dedicated", "operator": "Exists"}],
              "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                  {"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}},
              "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway",
                                             "labelSelector": {"matchLabels": {"a": "b"}}}],
              "serviceAccount": {"name": "drills", "annotations": {"a": "b"}}, "extraArgs": ["--watch-namespace=shop"],
              "proxy": {"url": "http://large:3128", "except": "10.96.0.0/12,.svc"},
              "image": {"repository": "registry.example:5000/dr/muster", "digest": "sha256:" + "0" * 64}}, {"replicas": 1}),
}

# (what is wrong, values, what the message names)
REFUSED = [
    ("a typo at the top", {"replica": 3}, "replica"),
    ("a webhook that is half there", {"admission": {"enabled": "half"}}, "admission.*enabled"),
    ("an image that is none", {"sidecar": {"image": "muster latest"}}, "sidecar.*image"),
    ("somebody who is not there", {"sidecar": {"injection": {"by": "magic"}}}, "sidecar.*by"),
    ("an amount that is none", {"sidecar": {"resources": {"limits": {"memory": "much"}}}}, "sidecar.*memory"),
    ("more memory than it may have", {"sidecar": {"resources": {"requests": {"memory": "0.1Gi"}}}},
     "sidecar.resources.requests.memory is 0.1Gi: at most sidecar.resources.limits.memory, which is 64Mi, is allowed"),
    ("more CPU than it may have", {"sidecar": {"resources": {"requests": {"cpu": 1}, "limits": {"cpu": "999m"}}}},
     "sidecar.resources.requests.cpu is 1: at most sidecar.resources.limits.cpu, which is 999m"),
    ("a typo below", {"evidence": {"clam": "x"}}, "evidence.*clam|clam.*evidence"),
    ("a kubelet's port that is none", {"podFigures": {"kubelet": {"port": 0}}}, "podFigures.*port"),
    ("a word for a number", {"replicas": "two"}, "replicas"),
    ("a part of a replica", {"replicas": 1.5}, "replicas"),
    ("a word for a truth", {"crds": {"install": "yes please"}}, "crds.*install"),
    ("one namespace for a list", {"drillNamespaces": "shop"}, "drillNamespaces"),
    ("no name of a namespace", {"drillNamespaces": ["Shop"]}, "drillNamespaces.*Shop|Shop"),
    ("a namespace twice", {"drillNamespaces": ["shop", "shop"]}, "drillNamespaces"),
    ("no namespaces of sidecars", {"sidecarNamespaces": "web"}, "sidecarNamespaces"),
    ("a lease that is too short", {"lease": {"seconds": 1}}, "lease.*seconds"),
    ("an end that comes too early", {"uninstall": {"withinSeconds": 1}}, "uninstall.*withinSeconds"),
    ("a policy that is none", {"image": {"pullPolicy": "Sometimes"}}, "image.*pullPolicy"),
    ("a repository with a tag's text", {"image": {"repository": "muster latest"}}, "image.*repository"),
    ("a digest that is none", {"image": {"digest": "sha256:abc"}}, "image.*digest"),
    ("a threshold above all", {"prometheusRule": {"thresholds": {"complianceRatio": 95}}}, "thresholds.*complianceRatio"),
    ("a policy of families that is none", {"services": {"ipFamilyPolicy": "DualStack"}}, "services.*ipFamilyPolicy"),
    ("a family that is none", {"services": {"ipFamilies": ["IPv5"]}}, "services.*ipFamilies"),
    ("metrics that are half secret", {"metrics": {"secure": "mostly"}}, "metrics.*secure"),
    ("an interval without a unit", {"metrics": {"serviceMonitor": {"interval": "30"}}}, "serviceMonitor.*interval"),
    ("an address without a mask", {"networkPolicy": {"apiServer": {"cidrs": ["203.0.113.7"]}}}, "cidrs"),
    ("a proxy that is none", {"proxy": {"url": "socks5://large:1080"}}, "proxy.*url"),
    ("a flag that is none", {"extraArgs": ["verbose"]}, "extraArgs"),
    ("a right to everything", {"runnerRules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}]}, "runnerRules.*apiGroups"),
    ("a verb that is none", {"runnerRules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["edit"]}]}, "runnerRules.*verbs"),
    ("a right without verbs", {"runnerRules": [{"apiGroups": [""], "resources": ["pods"]}]}, "runnerRules"),
    ("no memory", {"resources": {"limits": {"memory": "much"}}}, "limits.*memory"),
]

MONITORING = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.monitoring.coreos.com}}
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: {{kind: {kind}, plural: {plural}, singular: {singular}, listKind: {kind}List}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
"""


def merged(*many):
    out = {}
    for one in many:
        for key, value in one.items():
            out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def combinations():
    """Nothing optional, everything, and each part alone and missing: the parts are files of their own."""
    off, on = merged(*(b for _, b in PARTS.values())), merged(*(a for a, _ in PARTS.values()))
    yield "the values of the chart", {}
    yield "nothing", off
    yield "everything", on
    for name, (more, less) in PARTS.items():
        yield f"only {name}", merged(off, more)
        yield f"all but {name}", merged(*(a for other, (a, _) in PARTS.items() if other != name), less)


@functools.cache
def all_documents():
    """Of every combination what the server can know, as text because the definitions of kinds are long: which has it first."""
    different = {}
    for name, values in combinations():
        for text in re.split(r"^---$", render(values).stdout, flags=re.M):
            kind = re.search(r"^kind: *(.*)", text, re.M)
            if kind and (serves_policies() or not kind[1].startswith("MutatingAdmissionPolicy")):
                different.setdefault(text, name)
    return different


class Rendering(unittest.TestCase):
    def test_lint_has_nothing_to_say(self):
        for helm in helms():
            done = run(helm, "lint", "--strict", CHART, "--kube-version", KUBERNETES, "-f", values_file(merged(*(a for a, _ in PARTS.values()))))
            self.assertNotRegex(done.stdout, r"\[(WARNING|ERROR)\]", helm)

    def test_a_cluster_that_is_too_old_is_refused(self):
        for helm in helms():
            for version, fits in (("1.31.9", False), ("1.32.0", True)):
                done = run(helm, "template", "muster", CHART, "--kube-version", version, check=False)
                self.assertEqual(fits, done.returncode == 0, f"{helm}, {version}: {done.stderr}")

    def test_a_wrong_value_is_refused_by_its_name(self):
        for what, values, named in REFUSED:
            with self.subTest(what):
                done = render(values, check=False)
                self.assertNotEqual(0, done.returncode, values)
                self.assertRegex(done.stderr.replace("\n", " "), named)

    def test_a_sidecar_may_ask_for_as_much_as_it_may_have(self):
        for asked, limit in (("64Mi", "64Mi"), ("65536Ki", "64Mi"), ("67108864", "64Mi"), ("63M", "64Mi"), ("1G", "1Gi"), ("0.5Gi", "512Mi")):
            render({"sidecar": {"resources": {"requests": {"memory": asked}, "limits": {"memory": limit}}}})
        for asked, limit in (("100m", "0.1"), ("1", 1), (1, "1000m"), ("0.25", "250m"), ("500m", 2)):
            render({"sidecar": {"resources": {"requests": {"cpu": asked}, "limits": {"cpu": limit}}}})
        # Where no limit is said, any request will do; and the other way round.
        render({"sidecar": {"resources": {"requests": {"cpu": 100}, "limits": {"memory": "64Mi"}}}})
        render({"sidecar": {"resources": {"requests": None, "limits": {"memory": "1Mi"}}}})

    def test_every_value_is_in_the_schema_and_in_the_table_of_the_readme(self):
        with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
            values = yaml.safe_load(file)
        with open(os.path.join(CHART, "values.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        with open(os.path.join(CHART, "README.md"), encoding="utf-8") as file:
            rows = dict(re.findall(r"^\| `([\w.]+)` \| `([^`]*)` \|", file.read(), re.M))
        leaves = {}

        def walk(node, known, path):
            self.assertEqual(set(node), set(known["properties"]) - {"global"}, path)
            self.assertIs(known["additionalProperties"], False, path)
            for key, value in node.items():
                below = known["properties"][key]
                if isinstance(value, dict) and "properties" in below and key != "resources" and path + key != "affinity":
                    walk(value, below, f"{path}{key}.")
                else:
                    leaves[path + key] = value

        walk(values, schema, "")
        self.assertEqual({key: json.dumps(value) for key, value in leaves.items()}, rows)

    def test_every_service_has_the_families_that_are_asked_for_and_else_says_nothing(self):
        all_of_them = {"podFigures": {"enabled": True}}
        for values in ({}, {"ipFamilyPolicy": "RequireDualStack"}, {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv6", "IPv4"]},
                       {"ipFamilies": ["IPv6"]}):
            services = [one["spec"] for one in render_objects(merged(all_of_them, {"services": values})) if one["kind"] == "Service"]
            self.assertEqual([values] * 3, [{key: spec[key] for key in spec if key.startswith("ipFamil")} for spec in services])

    def test_versions_are_the_programs(self):
        with open(os.path.join(CHART, "Chart.yaml"), encoding="utf-8") as file:
            chart = yaml.safe_load(file)
        with open(os.path.join(SOURCE, "CMakeLists.txt"), encoding="utf-8") as file:
            version = re.search(r"project\(muster VERSION (\S+)", file.read()).group(1)
        self.assertEqual((version, version), (chart["version"], chart["appVersion"]))

    def test_helm_4_renders_what_helm_3_does(self):
        values = merged(*(a for a, _ in PARTS.values()))
        def by_name(one):
            return one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]

        # They disagree on when webhooks are made: before or behind kinds that they do not know.
        three, four = (sorted(objects(render(values, helm=helm).stdout), key=by_name) for helm in helms())
        self.assertEqual(three, four)

    def test_secure_metrics_are_where_the_monitor_looks_for_them(self):
        for secure in (False, True):
            made = render_objects({"metrics": {"secure": secure, "serviceMonitor": {"enabled": True}}, "admission": {"enabled": False}})
            by_kind = {(one["kind"], one["metadata"]["name"]): one for one in made}
            service = by_kind["Service", "muster-metrics"]["spec"]
            endpoint = by_kind["ServiceMonitor", "muster"]["spec"]["endpoints"][0]
            container = by_kind["Deployment", "muster-operator"]["spec"]["template"]["spec"]["containers"][0]
            allowed = [port["port"] for port in by_kind["NetworkPolicy", "muster-operator"]["spec"]["ingress"][0]["ports"]]
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            leads = {port["name"]: ports[port["targetPort"]] for port in service["ports"]}
            self.assertEqual({"http": 8080} | ({"metrics": 8443} if secure else {}), leads)
            self.assertEqual(sorted(leads), sorted(allowed))
            self.assertEqual("metrics" if secure else "http", endpoint["port"])
            self.assertEqual(secure, ("ClusterRole", "muster-metrics-reader") in by_kind)
            self.assertEqual(secure, "--metrics-secure=muster-metrics" in container["args"])
            self.assertEqual(secure, "--deployment=muster-operator" in container["args"])
            if secure:
                self.assertEqual(("https", f"muster-metrics.{NAMESPACE}.svc"), (endpoint["scheme"], endpoint["tlsConfig"]["serverName"]))
                self.assertEqual({"configMap": {"name": "muster-metrics-ca", "key": "ca.crt"}}, endpoint["tlsConfig"]["ca"])
            else:
                self.assertNotIn("bearerTokenFile", endpoint)

    def test_large_numbers_of_definitions_stay_as_they_are(self):
        self.assertEqual(["drills.muster.dev", "drillschedules.muster.dev", "recoveryplans.muster.dev", "sidecarprofiles.muster.dev"], CRDS)
        made = {one["metadata"]["name"]: one for one in render_objects({}, "--show-only", "templates/crds.yaml")}
        self.assertEqual(CRDS, sorted(made))
        for path in glob.glob(os.path.join(CHART, "files", "crds", "*.yaml")):
            with open(path, encoding="utf-8") as file:
                source = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            one = made[source["metadata"]["name"]]
            self.assertEqual({"helm.sh/resource-policy": "keep"}, one["metadata"].pop("annotations"))
            self.assertEqual(source, one)


class OnAServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kinds = [("ServiceMonitor", "servicemonitors", "servicemonitor"), ("PrometheusRule", "prometheusrules", "prometheusrule")]
        text = "---".join(MONITORING.format(kind=kind, plural=plural, singular=singular) for kind, plural, singular in kinds)
        server().kubectl("apply", "-f", "-", given=text)
        server().kubectl("wait", "--for=condition=Established", "--timeout=60s", *(f"crd/{plural}.monitoring.coreos.com" for _, plural, _ in kinds))
        for namespace in (NAMESPACE, "shop", "billing"):
            server().make_namespace(namespace)

    def test_every_combination_is_taken(self):
        different = all_documents()
        self.assertGreater(len(different), 50)
        text = "\n---\n".join(different)
        done = server().kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", given=text)
        self.assertEqual(len(different), done.stdout.count("(server dry run)"))
        self.assertNotIn("Warning", done.stderr)

    def test_what_a_server_does_not_know_is_seen(self):
        text = render({}, "--show-only", "templates/deployment.yaml").stdout.replace("replicas:", "replica:", 1)
        done = server().kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", given=text, check=False)
        self.assertIn('unknown field "spec.replica"', done.stderr)

    def test_the_pods_are_of_the_strictest_kind(self):
        server().make_namespace("strict", **{"pod-security.kubernetes.io/enforce": "restricted"})
        for values in ({}, merged(*(a for a, _ in PARTS.values()))):
            for one in render_objects(values):
                if one["kind"] not in ("Deployment", "Job"):
                    continue
                pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}, "spec": one["spec"]["template"]["spec"]}
                account = pod["spec"].setdefault("serviceAccountName", "default")
                server().ask("POST", "/api/v1/namespaces/strict/serviceaccounts", {"metadata": {"name": account}})
                status, reply = server().ask("POST", "/api/v1/namespaces/strict/pods?dryRun=All", pod)
                self.assertEqual(201, status, reply)
                for container in pod["spec"]["containers"]:
                    self.assertEqual({"requests", "limits"}, set(container["resources"]))
                    self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {}
                status, reply = server().ask("POST", "/api/v1/namespaces/strict/pods?dryRun=All", pod)
                self.assertEqual((403, True), (status, "PodSecurity" in reply["message"]))


class Life(unittest.TestCase):
    """Install, upgrade, roll back, uninstall and install again, with each Helm."""

    def everything(self):
        """What is there with our labels, as KIND/NAMESPACE/NAME."""
        out = set()
        for path in ("api/v1", "apis/apps/v1", "apis/batch/v1", "apis/policy/v1", "apis/networking.k8s.io/v1",
                     "apis/rbac.authorization.k8s.io/v1", "apis/monitoring.coreos.com/v1", "apis/admissionregistration.k8s.io/v1"):
            status, kinds = server().ask("GET", "/" + path)
            for kind in kinds["resources"] if status == 200 else []:
                if "list" not in kind["verbs"] or kind["name"] == "events":
                    continue
                _, found = server().ask("GET", f"/{path}/{kind['name']}")
                for one in found["items"]:
                    meta = one["metadata"]
                    mine = meta.get("annotations", {}).get("meta.helm.sh/release-name") or meta.get("labels", {}).get("owner") == "helm"
                    if mine:
                        out.add(f"{kind['name']}/{meta.get('namespace', '')}/{meta['name']}")
        return out

    def crd_objects(self):
        _, found = server().ask("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
        return [one for one in found["items"] if one["spec"]["group"] == "muster.dev"]

    def crds(self):
        return sorted(one["metadata"]["name"] for one in self.crd_objects())

    def look_at_kinds(self, kinds):
        """The server sets up a kind's store when somebody asks for one of the kind, and answers 429 until it has. The
        controller that ends a kind asks as well, and waits twice as long each time that it is refused."""
        for kind in kinds:
            server().ask("GET", f"/apis/muster.dev/v1alpha1/{kind.partition('.')[0]}?limit=1")

    def wait_until_no_crd_is_left(self):
        deadline = time.monotonic() + 180
        while left := [one for one in self.crd_objects() if one["metadata"]["name"] in CRDS]:
            self.look_at_kinds(one["metadata"]["name"] for one in left)
            if time.monotonic() > deadline:
                self.fail(json.dumps([{**one, "spec": "(left out)"} for one in left], indent=1) + server().log_of("crd"))
            time.sleep(0.2)

    def replicas(self):
        _, found = server().ask("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/muster-operator")
        return found["spec"]["replicas"]

    def configurations(self):
        for path in (f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations" for kind in ("validating", "mutating")):
            yield from ((path, one) for one in server().ask("GET", path)[1]["items"])

    def client_configs(self):
        return {f"{one['metadata']['name']}/{each['name']}": each["clientConfig"] for _, one in self.configurations() for each in one["webhooks"]}

    def write_as_the_operator(self):
        for path, one in list(self.configurations()):
            ours = [{"name": each["name"], "clientConfig": {"caBundle": "Y2E=", "service": {"path": "/secret/validate"}}} for each in one["webhooks"]]
            status, reply = server().ask("PATCH", f"{path}/{one['metadata']['name']}", {"webhooks": ours}, kind="application/strategic-merge-patch+json")
            self.assertEqual(200, status, reply)
        return self.client_configs()

    def live(self, helm):
        def do(verb, *argv):
            return server().helm(helm, verb, RELEASE, *argv, "-n", NAMESPACE)

        for namespace in (NAMESPACE, "shop", "billing"):
            server().make_namespace(namespace)
        self.assertEqual(set(), self.everything())
        told = do("install", CHART, "--set", "drillNamespaces={shop}", "--set", "replicas=2")
        self.assertIn("kubectl label namespace shop muster.dev/drills=enabled", told.stdout)
        first = self.everything()
        self.assertLessEqual({"deployments/muster-system/muster-operator", "serviceaccounts/shop/muster-runner",
                              "networkpolicies/muster-system/muster-operator", "services/muster-system/muster-admission",
                              "validatingwebhookconfigurations//muster-admission"}, first)
        injects = {"mutatingadmissionpolicies//muster-sidecars", "mutatingadmissionpolicybindings//muster-sidecars"}
        self.assertEqual(injects if serves_policies() else set(), injects & first)
        self.assertNotEqual(serves_policies(), "mutatingwebhookconfigurations//muster-admission" in first)
        self.assertEqual(CRDS, self.crds())
        written = self.write_as_the_operator()

        do("upgrade", CHART, "--set", "drillNamespaces={shop,billing}", "--set", "replicas=3", "--set", "dashboards.enabled=true")
        self.assertEqual(3, self.replicas())
        self.assertEqual(written, self.client_configs())
        self.assertLessEqual({"serviceaccounts/billing/muster-runner", "configmaps/muster-system/muster-dashboards"}, self.everything())

        do("rollback", "1")
        self.assertEqual(2, self.replicas())
        kept = {one for one in self.everything() if "sh.helm.release" not in one}
        self.assertEqual({one for one in first if "sh.helm.release" not in one}, kept)
        self.assertEqual(written, self.client_configs())

        do("uninstall", "--no-hooks")  # nobody is here to run a Job: tests/release has one who does
        self.assertEqual(set(), self.everything())
        self.assertEqual(CRDS, self.crds())
        self.assertIn("No drill can run yet", do("install", CHART).stdout)
        do("upgrade", CHART, "--set", "crds.keep=false")
        self.look_at_kinds(CRDS)
        do("uninstall", "--no-hooks")
        self.assertEqual(set(), self.everything())
        self.wait_until_no_crd_is_left()

    def test_with_helm_3(self):
        self.live(helms()[0])

    def test_with_helm_4(self):
        self.live(helms()[1])


if __name__ == "__main__":
    unittest.main()
