"""Pods that are created get a sidecar, or a warning that says why not: by two operators behind the chart's own Service and webhook,
on a real API server, which judges the pods that come of it."""
import copy
import http.client
import json
import os
import re
import shutil
import ssl
import tempfile
import time
import unittest

from injection_cases import (CASES, CASES_OF_ADMIN_TLS, CASES_OF_LIMITS, CASES_OF_NAMESPACES, CASES_OF_REDIRECT, HTTP, asked, container, pod, ports,
                             sidecar, told_limits)
from mounted_secret import Authority, Begun, MountedSecret
from operator_under_test import HOME, PATIENCE, SOURCE, OperatorCase, chart

SIDECAR = os.environ.get("MUSTER_SIDECAR", os.path.join(SOURCE, "build", "default", "sidecar", "muster-sidecar"))
STATUS = "sidecar.muster.dev/status"
REDIRECT = {"sidecar.muster.dev/capture": "redirect"}
ADMIN_TLS = "sidecar.muster.dev/admin-tls"
ASKED, IN = "asked", "in"  # namespaces: pods ask for themselves, and all of them are in
SPACES = (ASKED, IN, "strict", "baseline", HOME, "kube-system")
RESTRICTED = {"runAsNonRoot": True, "runAsUser": 1000, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
              "seccompProfile": {"type": "RuntimeDefault"}}


def profile(name, namespace=ASKED, **injection):
    return {"apiVersion": "muster.dev/v1alpha1", "kind": "SidecarProfile", "metadata": {"name": name, "namespace": namespace},
            "spec": {"injection": injection}}


def without_ours(made):
    """Of a pod that was made, what its author wrote, as far as one can tell."""
    out = copy.deepcopy(made["spec"])
    out["initContainers"] = [one for one in out.get("initContainers", []) if one["name"] not in ("muster-sidecar", "muster-redirect")]
    out["volumes"] = [one for one in out.get("volumes", []) if one["name"] not in ("muster-sidecar-profile", "muster-sidecar-admin-tls")]
    return out


class Injection(OperatorCase):
    kinds = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
    webhooks = OperatorCase.webhooks | {("mutatingwebhookconfiguration", "muster-admission"): "sidecar_webhook.yaml"}
    flags = ("--sidecar-image=example.com/muster:1", "--sidecar-cpu-request=10m", "--sidecar-memory-request=24Mi", "--sidecar-memory-limit=64Mi",
             f"--sidecar-pod-figures=http://muster-pod-figures.{HOME}.svc:8081")

    @classmethod
    def before_chart(cls):
        for name in (ASKED, IN, "strict", "baseline"):
            cls.cluster.must("create", "namespace", name)
        cls.cluster.must("label", "namespace", IN, "muster.dev/sidecars=enabled")
        cls.cluster.must("label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted")
        cls.cluster.must("label", "namespace", "baseline", "pod-security.kubernetes.io/enforce=baseline")
        for name in SPACES:
            # A token's volume is called otherwise each time: pods that are compared have none.
            cls.cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": name == IN,
                               "metadata": {"name": "default", "namespace": name}})

    def tearDown(self):
        for name in SPACES:
            self.cluster.must("delete", "pods", "--all", "-n", name, "--grace-period=0", "--force", "--ignore-not-found")

    def make(self, *pods):
        """The pods as they were made, by name, and what was said."""
        code, _, said = self.cluster.run("create", "-f", "-", given=list(pods))
        self.assertEqual(code, 0, said)
        made = {}
        for one in pods:
            meta = one["metadata"]
            made[meta["name"]] = meta["namespace"]
        for namespace in set(made.values()):
            for one in json.loads(self.cluster.must("get", "pods", "-n", namespace, "-o", "json"))["items"]:
                if made.get(one["metadata"]["name"]) == namespace:
                    made[one["metadata"]["name"]] = one
        return made, said

    def status(self, made):
        return made["metadata"].get("annotations", {}).get(STATUS, "")

    def test_each_pod_gets_what_the_table_says_and_is_taken(self):
        made, said = self.make(*(pod(name, spec, ASKED) for name, spec, _ in CASES))
        plain, _ = self.make(*(pod("plain-" + name, spec, ASKED, labels={}) for name, spec, _ in CASES))
        for name, spec, expected in CASES:
            with self.subTest(name):
                one, before = made[name], plain["plain-" + name]
                self.assertRegex(self.status(one), f"^{expected}(: .+)?$")
                self.assertEqual(sidecar(one) is not None, expected == "Injected")
                if expected != "Injected":
                    self.assertIn(f"no sidecar was injected ({expected.split(': ')[1]})", said)
                    self.assertEqual(without_ours(before), without_ours(one))
                    continue
                mine, theirs = without_ours(one), without_ours(before)
                captured = next(key for key, number in ports(before).items() if ports(one)[key] != number)
                self.assertEqual(ports(one)[captured], 15001)
                self.assertIn(f"--upstream=localhost:{ports(before)[captured]}", sidecar(one)["args"])
                # Everything else is as it would be without us.
                for group in (mine, theirs):
                    for each in group["containers"]:
                        each["ports"] = [each.get("ports") and [port["containerPort"] for port in each["ports"]]]
                        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                            for how in ("httpGet", "tcpSocket"):
                                if how in each.get(probe, {}):
                                    each[probe][how]["port"] = "?"
                        if "lifecycle" in each:
                            each["lifecycle"]["preStop"]["httpGet"]["port"] = "?"
                self.assertEqual(theirs, mine)
        asked = made["probes"]["spec"]["containers"][0]
        self.assertEqual([8080] * 3, [asked["livenessProbe"]["httpGet"]["port"], asked["readinessProbe"]["tcpSocket"]["port"],
                                      asked["lifecycle"]["preStop"]["httpGet"]["port"]])

    def test_who_asks_is_a_decision_of_pod_and_namespace(self):
        spec = {"containers": [container()]}
        label = "sidecar.muster.dev/inject"
        made, said = self.make(
            pod("quiet", spec, ASKED, labels={}), pod("not", spec, ASKED, labels={label: "disabled"}),
            pod("all", spec, IN, labels={}), pod("but", spec, IN, labels={label: "disabled"}), pod("typo", spec, IN, labels={label: "yes"}),
            pod("own", spec, HOME), pod("systems", spec, "kube-system"))
        mounted = {one["name"]: [mount["name"] for mount in one["volumeMounts"]] for one in (made["all"]["spec"]["containers"][0], sidecar(made["all"]))}
        self.assertIn("kube-api-access", mounted["app"][0])
        self.assertEqual(["muster-sidecar-profile"] * 2, mounted["muster-sidecar"])  # no token in who is reached by everybody
        self.assertEqual({"all"}, {name for name, one in made.items() if sidecar(one)})
        self.assertEqual({"all", "typo"}, {name for name, one in made.items() if self.status(one)})
        self.assertIn("'yes' is not allowed: enabled or disabled is", said)

    def test_the_strictest_namespace_takes_it(self):
        spec = {"containers": [container(securityContext=RESTRICTED)]}
        made, said = self.make(pod("strict", spec, "strict"))
        self.assertIsNotNone(sidecar(made["strict"]))
        self.assertNotIn("Warning", said)

    def test_a_redirect_is_put_there_before_the_sidecar_where_a_pod_asks_for_it(self):
        made, said = self.make(*(pod(name, spec, ASKED, annotations=REDIRECT) for name, spec, _ in CASES_OF_REDIRECT))
        plain, _ = self.make(*(pod("plain-" + name, spec, ASKED, labels={}) for name, spec, _ in CASES_OF_REDIRECT))
        for name, _, expected in CASES_OF_REDIRECT:
            with self.subTest(name):
                one, before = made[name], plain["plain-" + name]
                self.assertRegex(self.status(one), f"^{expected}(: .+)?$")
                if expected != "Injected":
                    self.assertIn(f"no sidecar was injected ({expected.split(': ')[1]})", said)
                    self.assertEqual(before["spec"], one["spec"])
                    continue
                self.assertEqual(["muster-redirect", "muster-sidecar"], [each["name"] for each in one["spec"]["initContainers"]][-2:])
                self.assertEqual(["--port=8080", "--to=15001", "--probes=15002"], sidecar(one, "muster-redirect")["args"])
                security = sidecar(one, "muster-redirect")["securityContext"]
                self.assertEqual(({"add": ["NET_ADMIN"], "drop": ["ALL"]}, False), (security["capabilities"], security["allowPrivilegeEscalation"]))
                self.assertEqual({"drop": ["ALL"]}, sidecar(one)["securityContext"]["capabilities"])
                self.assertIn("--upstream=localhost:8080", sidecar(one)["args"])
                # Every name leads where it did.
                self.assertEqual({**ports(before), "muster-data": 15001, "muster-admin": 15020}, ports(one))
        self.assertEqual({"app livenessProbe": 15002, "app readinessProbe": 15002, "app startupProbe": 15002, "app preStop": 15002, "app postStart": 15002,
                          "b livenessProbe": 15002, "b readinessProbe": "http", "b startupProbe": 8080, "cache readinessProbe": 15002},
                         {place: port for place, port in asked(made["probes"]).items() if "muster" not in place})

    def test_a_redirect_that_would_be_refused_is_not_begun(self):
        spec = {"securityContext": {"runAsNonRoot": True, "runAsUser": 1000}, "containers": [container(securityContext=RESTRICTED)]}
        self.assertEqual(0, self.cluster.apply(profile("led", capture="Redirect"), profile("led", "strict", capture="Redirect"))[0])
        led = {"sidecar.muster.dev/profile": "led"}
        made, said = self.make(pod("one", spec, "strict", annotations=REDIRECT), pod("base", spec, "baseline", annotations=REDIRECT),
                               pod("led", spec, "strict", annotations=led),
                               pod("port", spec, "strict", annotations=led | {"sidecar.muster.dev/capture": "port"}),
                               pod("free", spec, ASKED, annotations=led), pod("typo", spec, ASKED, annotations={"sidecar.muster.dev/capture": "Redirect"}))
        for name, standard in (("one", "restricted"), ("base", "baseline"), ("led", "restricted")):
            self.assertRegex(self.status(made[name]), f"^Refused: PodSecurity: .* {standard}, which refuses a redirect$")
            self.assertIsNone(sidecar(made[name]))
        self.assertEqual(["Injected"] * 2, [self.status(made[name]) for name in ("port", "free")])
        self.assertIsNone(sidecar(made["port"], "muster-redirect"))
        self.assertIsNotNone(sidecar(made["free"], "muster-redirect"))
        self.assertIn("'Redirect' is not allowed: port or redirect is", self.status(made["typo"]))
        self.assertIn("no sidecar was injected (BadCapture)", said)
        self.cluster.must("delete", "sidecarprofiles", "--all", "-n", ASKED)
        self.cluster.must("delete", "sidecarprofiles", "--all", "-n", "strict")

    def test_the_admin_port_of_a_pod_speaks_tls_where_it_or_its_profile_names_a_secret(self):
        self.assertEqual(0, self.cluster.apply(profile("secured", adminTls={"secret": "shop-admin", "clientCaKey": "ca.crt"}))[0])
        spec = {"containers": [container()]}
        of = {"sidecar.muster.dev/profile": "secured"}
        made, said = self.make(pod("open", spec, ASKED), pod("profile", spec, ASKED, annotations=of),
                               pod("annotation", spec, ASKED, annotations=of | {ADMIN_TLS: "another"}),
                               pod("wrong", spec, ASKED, annotations={ADMIN_TLS: "shop/"}))
        folder, volume = "/etc/muster/admin-tls/", "muster-sidecar-admin-tls"
        server = [f"--admin-tls-cert-file={folder}tls.crt", f"--admin-tls-key-file={folder}tls.key"]
        asking = [f"--admin-client-ca-file={folder}client-ca.crt"]
        for name, flags, secret, keys in (("open", [], None, []), ("profile", server + asking, "shop-admin", ["tls.crt", "tls.key", "ca.crt"]),
                                          ("annotation", server, "another", ["tls.crt", "tls.key"])):
            with self.subTest(name):
                one = sidecar(made[name])
                self.assertEqual(flags, one["args"][5:])
                self.assertEqual({"HTTPS" if secret else "HTTP"}, {one[probe]["httpGet"]["scheme"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")})
                mounts = [(each["mountPath"], each["readOnly"]) for each in one["volumeMounts"] if each["name"] == volume]
                self.assertEqual([(folder.rstrip("/"), True)] if secret else [], mounts)
                found = [each["secret"] for each in made[name]["spec"]["volumes"] if each["name"] == volume]
                self.assertEqual([secret] if secret else [], [each["secretName"] for each in found])
                self.assertEqual(keys, [item["key"] for each in found for item in each["items"]])
                self.assertFalse(any(each.get("optional") for each in found), "a pod does not start in the open")
                mounted = [each["name"] for group in ("containers", "initContainers") for each in made[name]["spec"][group]
                           for mount in each.get("volumeMounts", []) if mount["name"] == volume]
                self.assertEqual(["muster-sidecar"] if secret else [], mounted)
        self.assertIn("'shop/' is not allowed: SECRET or SECRET/CLIENT-CA-KEY is", self.status(made["wrong"]))
        self.assertIn("no sidecar was injected (BadAdminTls)", said)
        for wrong, said in (({"secret": "Shop"}, "spec.injection.adminTls.secret"), ({}, "spec.injection.adminTls.secret"),
                            ({"secret": "shop", "clientCaKey": "../ca.crt"}, "spec.injection.adminTls.clientCaKey")):
            code, _, complaint = self.cluster.apply(profile("wrong", adminTls=wrong))
            self.assertNotEqual(0, code)
            self.assertIn(said, complaint)
        self.cluster.must("delete", "sidecarprofiles", "--all", "-n", ASKED)

    def test_an_injected_sidecar_serves_its_admin_port_with_what_the_secret_has_and_what_it_becomes(self):
        """The real sidecar, begun as the pod says, beside files as a kubelet lays them out."""
        made, _ = self.make(pod("real", {"containers": [container()]}, ASKED, annotations={ADMIN_TLS: "shop-admin/ca.crt"}))
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        old, new = Authority(folder, "old"), Authority(folder, "new")
        mount = MountedSecret(os.path.join(folder, "mount"))
        volume = next(each["secret"] for each in made["real"]["spec"]["volumes"] if each["name"] == "muster-sidecar-admin-tls")

        def put(authority):
            cert, key = authority.sign(f"server-{authority is new}")
            secret = {"tls.crt": cert, "tls.key": key, "ca.crt": authority.cert}
            mount.put({item["path"]: secret[item["key"]] for item in volume["items"]})

        put(old)
        args = [word.replace("/etc/muster/admin-tls", mount.folder).replace("/etc/muster/sidecar", folder).replace("[$(POD_IP)]:15020", "127.0.0.1:0")
                .replace(":15001", "127.0.0.1:0") for word in sidecar(made["real"])["args"]]
        with Begun([SIDECAR, *args]) as begun:
            port = int(begun.until('"msg":"serving"')["admin_port"])

            def ask(path, identity=None, trusted=None):
                context = ssl.create_default_context(cafile=trusted and trusted.cert)
                context.check_hostname = False
                if not trusted:
                    context.verify_mode = ssl.CERT_NONE  # as a kubelet
                if identity:
                    context.load_cert_chain(*identity)
                link = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
                try:
                    link.request("GET", path)
                    return link.getresponse().status
                except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
                    return None
                finally:
                    link.close()

            probe = sidecar(made["real"])["livenessProbe"]["httpGet"]
            self.assertEqual(("HTTPS", 200), (probe["scheme"], ask(probe["path"])))
            self.assertEqual(403, ask("/metrics", trusted=old), "it shows no certificate")
            self.assertEqual(200, ask("/metrics", old.sign("prometheus"), old))
            self.assertIsNone(ask("/livez", trusted=new))
            put(new)
            end = time.monotonic() + PATIENCE
            while ask("/metrics", new.sign("prometheus"), new) != 200:
                self.assertLess(time.monotonic(), end, begun.said())
            self.assertIsNone(ask("/metrics", old.sign("late"), new))
            self.assertEqual(200, ask(probe["path"]))

    def test_a_sidecar_that_sees_processes_is_told_what_their_containers_may_use(self):
        made, _ = self.make(*(pod(name, {"shareProcessNamespace": True, **spec}, ASKED) for name, spec, _ in CASES_OF_LIMITS))
        for name, spec, told in CASES_OF_LIMITS:
            with self.subTest(name):
                if "resources" in made[name]["spec"] or "resources" not in spec:  # Kubernetes 1.32 leaves those of a whole pod out by default
                    self.assertEqual(told, told_limits(made[name]))

    def test_the_profile_says_which_port_and_how_much(self):
        code, _, complaint = self.cluster.apply(
            profile("default", resources={"limits": {"memory": "128Mi"}}), profile("admin", port="9000"), profile("watch", capture="None"),
            profile("wrong", resources={"requests": {"memory": "1Gi"}}))
        self.assertEqual(code, 0, complaint)
        spec = {"containers": [container(ports=[{"name": "http", "containerPort": 8080}, {"name": "admin", "containerPort": 9000}])]}

        def named(name):
            return pod(name, spec, ASKED, annotations={"sidecar.muster.dev/profile": name})
        made, said = self.make(pod("usual", spec, ASKED), *map(named, ("admin", "watch", "wrong", "nobody")))
        self.assertEqual("128Mi", sidecar(made["usual"])["resources"]["limits"]["memory"])
        self.assertIn("--upstream=localhost:9000", sidecar(made["admin"])["args"])
        self.assertEqual({"http": 8080, "admin": 15001, "admin-app": 9000, "muster-admin": 15020}, ports(made["admin"]))
        self.assertEqual({"http": 8080, "admin": 9000, "muster-data": 15001, "muster-admin": 15020}, ports(made["watch"]))
        self.assertRegex(self.status(made["wrong"]), "Refused: BadProfile: resources.requests.memory: 1Gi is above limits.memory: 64Mi")
        self.assertIn("there is no SidecarProfile 'nobody' in this namespace", said)
        volume = next(one for one in made["nobody"]["spec"]["volumes"] if one["name"] == "muster-sidecar-profile")
        self.assertEqual([{"configMap": {"name": "muster-sidecar-nobody", "optional": True}},
                          {"secret": {"name": "muster-sidecar-nobody", "optional": True}}], volume["projected"]["sources"])
        self.cluster.must("delete", "sidecarprofiles", "--all", "-n", ASKED)

    def test_a_profile_says_which_of_its_pods_were_refused_until_they_are_gone(self):
        self.assertEqual(0, self.cluster.apply(profile("told"), profile("default", port="9000"))[0])
        named = {"sidecar.muster.dev/profile": "told"}
        unnamed = {"containers": [container(ports=[{"containerPort": 8080}])]}
        self.make(pod("passed-by", unnamed, ASKED, annotations=named), pod("fits", {"containers": [container()]}, ASKED, annotations=named),
                  pod("misled", {"containers": [container()]}, ASKED), pod("typo", {"containers": [container()]}, ASKED, annotations={
                      "sidecar.muster.dev/profile": "tolt"}))
        one = self.until_injected_says("told", "UnnamedPort")
        self.assertEqual("False", one["status"])
        self.assertRegex(one["message"], "Pod passed-by: UnnamedPort: port 8080 of container app has no name.*; allowed: .*capture: redirect")
        self.assertNotIn("fits", one["message"])
        other = self.until_injected_says("default", "SeveralReasons")["message"]
        self.assertIn("Pod misled: NoPort: no container has the port '9000' of the profile; allowed: ", other)
        self.assertIn("Pod typo: ProfileMissing: there is no SidecarProfile 'tolt' here", other)
        self.cluster.must("delete", "pod", "passed-by", "misled", "typo", "-n", ASKED, "--grace-period=0", "--force")
        for name in ("told", "default"):
            self.until_injected_says(name, None)
        self.cluster.must("delete", "sidecarprofiles", "--all", "-n", ASKED)

    def until_injected_says(self, name, reason):
        """The condition; the leader looks at pods every minute."""
        end = time.monotonic() + 3 * PATIENCE
        while True:
            status = json.loads(self.cluster.must("get", "sidecarprofile", name, "-n", ASKED, "-o", "json")).get("status", {})
            one = next((each for each in status.get("conditions", []) if each["type"] == "Injected"), None)
            if (one and one["reason"]) == reason:
                return one
            self.assertLess(time.monotonic(), end, status)
            time.sleep(0.3)

    def test_a_pod_that_was_injected_can_be_made_again_and_changed(self):
        made, _ = self.make(pod("first", {"containers": [container()]}, ASKED))
        again = copy.deepcopy(made["first"])
        again["metadata"] = {key: again["metadata"][key] for key in ("namespace", "labels", "annotations")} | {"name": "again"}
        del again["status"]
        copies, said = self.make(again)
        self.assertNotIn("Warning", said)
        self.assertEqual(made["first"]["spec"], copies["again"]["spec"])
        self.cluster.must("label", "pod", "first", "-n", ASKED, "a=b")

    def test_the_policy_of_the_chart_does_the_same_without_an_operator(self):
        if not self.cluster.serves_policies():
            self.skipTest("this Kubernetes has no MutatingAdmissionPolicies")
        spec = {"containers": [container()], "automountServiceAccountToken": False}
        strict = {**spec, "securityContext": {"runAsNonRoot": True, "runAsUser": 1000}, "containers": [container(securityContext=RESTRICTED)]}
        in_webhook = chart("--show-only=templates/sidecar_webhook.yaml")
        policy = chart("--show-only=templates/sidecar_policy.yaml", "--set=sidecar.injection.by=policy,sidecar.image=example.com/muster:1,podFigures.enabled=true")
        bad = [("bad-name", "Shop!"), ("long-name", "a" * 239), ("dots", "a.b"), ("none", "nobody")]
        cases = [*((name, pod(name, spec, ASKED), expected) for name, spec, expected in CASES),
                 *((f"profile-{name}", pod(f"profile-{name}", spec, ASKED, annotations={"sidecar.muster.dev/profile": profile}),
                    "Refused: BadProfile" if name in ("bad-name", "long-name") else "Injected") for name, profile in bad),
                 *((name, pod(name, {**one, "automountServiceAccountToken": False}, IN, labels={}), expected)
                   for name, one, expected in CASES_OF_NAMESPACES),
                 *((f"redirect-{name}", pod(f"redirect-{name}", {**one, "automountServiceAccountToken": False}, ASKED, annotations=REDIRECT), expected)
                   for name, one, expected in CASES_OF_REDIRECT),
                 *((f"in-redirect-{name}", pod(f"in-redirect-{name}", {**spec, "containers": [container(ports=[port])]}, IN, labels={}, annotations=REDIRECT),
                    expected) for name, port, expected in (("http", HTTP[0], "Injected"), ("unnamed", {"containerPort": 8080}, "Refused: NotHttp"))),
                 *((f"level-{space}", pod(f"level-{space}", strict, space, annotations=REDIRECT), "Refused: PodSecurity") for space in ("strict", "baseline")),
                 *((f"capture-{word.lower()}", pod(f"capture-{word.lower()}", spec, ASKED, annotations={"sidecar.muster.dev/capture": word}), expected)
                   for word, expected in (("port", "Injected"), ("Redirect", "Refused: BadCapture"), ("none", "Refused: BadCapture"))),
                 *((f"admin-tls-{at}", pod(f"admin-tls-{at}", spec, ASKED, annotations={ADMIN_TLS: said}), expected)
                   for at, (said, expected) in enumerate(CASES_OF_ADMIN_TLS)),
                 *((f"limits-{name}", pod(f"limits-{name}", {"shareProcessNamespace": True, "automountServiceAccountToken": False, **one}, ASKED), "Injected")
                   for name, one, _ in CASES_OF_LIMITS),
                 ("all", pod("all", spec, IN, labels={}), "Injected"), ("quiet", pod("quiet", spec, ASKED, labels={}), ""),
                 ("typo", pod("typo", spec, IN, labels={"sidecar.muster.dev/inject": "yes"}), "Refused: BadLabel"),
                 ("stranger", pod("stranger", spec, ASKED, labels={"sidecar.muster.dev/inject": "yes"}), ""),
                 ("but", pod("but", spec, IN, labels={"sidecar.muster.dev/inject": "disabled"}), ""),
                 ("home", pod("home", spec, HOME), ""), ("system", pod("system", spec, "kube-system"), "")]
        by_webhook, _ = self.make(*(one for _, one, _ in cases))
        self.tearDown()
        self.cluster.must("delete", "mutatingwebhookconfiguration", "muster-admission")
        try:
            code, _, complaint = self.cluster.apply(*policy)
            self.assertEqual(code, 0, complaint)
            self.until_injected(pod("first", spec, ASKED))
            by_policy, _ = self.make(*(one for _, one, _ in cases))
            # What was made is left alone, as it is by the webhook.
            self.make({**by_policy["one-port"], "metadata": {**pod("again", spec, ASKED)["metadata"],
                                                             "annotations": by_policy["one-port"]["metadata"]["annotations"]}})
        finally:
            self.cluster.run("delete", "-f", "-", given=policy)
            self.cluster.apply(*in_webhook)
            self.until_trusted()
        for name, _, expected in cases:
            with self.subTest(name):
                words = [self.status(one[name]).split(": ")[:2] for one in (by_webhook, by_policy)]
                self.assertEqual([expected.split(": ")] * 2, words)
                self.assertEqual(by_webhook[name]["spec"], by_policy[name]["spec"])

    def until_injected(self, one):
        """An API server begins to use a policy a moment after it was applied."""
        end = time.monotonic() + PATIENCE
        while True:
            code, out, complaint = self.cluster.run("create", "--dry-run=server", "-o", "json", "-f", "-", given=[one])
            self.assertEqual(code, 0, complaint)
            if sidecar(json.loads(out)):
                return
            self.assertLess(time.monotonic(), end, out)
            time.sleep(0.2)

    def test_one_operator_is_enough_and_none_stops_nobody(self):
        spec = {"containers": [container()]}

        def injected(name):
            made, _ = self.make(pod(name, spec, ASKED))
            return sidecar(made[name]) is not None

        def counted():
            found = re.compile(r'muster_admission_requests_total{allowed="true",path="/inject"} (\d+)')
            return sum(int(found.search(one.read("/metrics")).group(1)) for one in self.operators)
        before = counted()
        self.assertTrue(injected("both"))
        self.assertGreater(counted(), before)
        self.operators[0].kill()
        self.assertTrue(injected("one"))
        self.operators[1].kill()
        began = time.monotonic()
        self.assertFalse(injected("none"))
        self.assertLess(time.monotonic() - began, PATIENCE)
        self.begin()
        self.assertTrue(injected("back"))


if __name__ == "__main__":
    unittest.main()
