"""Metrics over TLS for those alone whom the API server lets read them: two operators, as programs, with the chart's own rights, on a
real API server."""
import base64
import json
import re
import ssl
import time
import unittest
import urllib.error
import urllib.request

from operator_under_test import HOME, PATIENCE, OperatorCase, chart

NAME = "muster-metrics"
SERVED = f"{NAME}.{HOME}.svc"
KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
READER = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "scrapes"},
          "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "muster-metrics-reader"},
          "subjects": [{"kind": "ServiceAccount", "name": "prometheus", "namespace": HOME}]}


class Named(ssl.SSLContext):
    """Connects to an address as to the Service."""

    def wrap_socket(self, sock, *arguments, server_hostname=None, **more):  # pylint: disable=unused-argument
        return super().wrap_socket(sock, *arguments, server_hostname=SERVED, **more)


class Metrics(OperatorCase):
    kinds = KINDS
    flags = (f"--metrics-secure={NAME}", "--metrics-secure-listen=127.0.0.1:0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rendered = chart("--show-only=templates/metrics_secure.yaml", "--set=metrics.secure=true")
        code, _, complaint = cls.cluster.apply(*rendered, READER)
        assert code == 0, complaint
        for account in ("prometheus", "stranger"):
            cls.cluster.must("create", "serviceaccount", account, "-n", HOME)
        cls.tokens = {account: cls.cluster.must("create", "token", account, "-n", HOME).strip() for account in ("prometheus", "stranger")}

    @classmethod
    def begin(cls):
        super().begin()
        end = time.monotonic() + PATIENCE
        while not all('"metrics show a certificate"' in one.log() for one in cls.operators) or cls.cluster.run(
                "get", "configmap", f"{NAME}-ca", "-n", HOME)[0] != 0:
            assert time.monotonic() < end, cls.operators[0].log() + cls.operators[1].log()
            time.sleep(0.1)

    def tell(self, command):
        self.cluster.server.stdin.write(command + "\n")
        self.cluster.server.stdin.flush()
        self.assertEqual("done\n", self.cluster.server.stdout.readline())

    def trusting(self):
        context = Named(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.published()["data"]["ca.crt"])
        return context

    def published(self):
        return json.loads(self.cluster.must("get", "configmap", f"{NAME}-ca", "-n", HOME, "-o", "json"))

    def read(self, one, token=None, path="/metrics", method="GET", trusting=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"https://127.0.0.1:{one.port('metrics are served')}{path}", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=trusting or self.trusting()) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def test_who_may_get_the_path_reads_them_of_every_replica(self):
        for one in self.operators:
            status, text = self.read(one, self.tokens["prometheus"])
            self.assertEqual(200, status, text)
            self.assertIn('controller_runtime_reconcile_total{controller="metrics-certificates"', text)
            for which in ("serving", "authority"):
                until = float(re.search(rf'muster_metrics_certificate_expiry_timestamp_seconds{{certificate="{which}"}} (\S+)', text).group(1))
                self.assertLess(time.time() + 24 * 3600, until)

    def test_nobody_else_does(self):
        for one in self.operators:
            self.assertEqual(401, self.read(one)[0])
            self.assertEqual(401, self.read(one, "made-up")[0])
            self.assertEqual(403, self.read(one, self.tokens["stranger"])[0])
            self.assertEqual(404, self.read(one, self.tokens["prometheus"], "/healthz")[0])
            self.assertEqual(405, self.read(one, self.tokens["prometheus"], method="DELETE")[0])

    def test_health_stays_in_the_open_and_metrics_do_not(self):
        one = self.operators[0]
        self.assertEqual("ok\n", one.read("/healthz"))
        with self.assertRaises(urllib.error.HTTPError) as refusal:
            one.read("/metrics")
        self.assertEqual(404, refusal.exception.code)
        self.assertIn("over TLS", refusal.exception.read().decode())

    def test_the_secret_goes_with_the_operator_and_tells_no_key_of_admission(self):
        metadata = self.cluster.must("get", "secret", NAME, "-n", HOME, "-o", "jsonpath={.metadata.ownerReferences[0].name} "
                                     "{.metadata.labels.app\\.kubernetes\\.io/component}")
        self.assertEqual("muster-operator metrics", metadata)
        keys = [self.cluster.must("get", "secret", name, "-n", HOME, "-o", r"jsonpath={.data.ca\.key}") for name in (NAME, "muster-admission")]
        self.assertNotEqual(*keys)

    def test_the_authority_is_told_without_a_key_and_told_again(self):
        told = self.published()["data"]
        self.assertEqual(["ca.crt"], list(told))
        self.assertNotIn("PRIVATE", told["ca.crt"])
        kept = self.cluster.must("get", "secret", NAME, "-n", HOME, "-o", r"jsonpath={.data.ca\.crt}")
        self.assertEqual(base64.b64decode(kept).decode(), told["ca.crt"])
        owner = self.published()["metadata"]["ownerReferences"][0]
        self.assertEqual(("Deployment", "muster-operator"), (owner["kind"], owner["name"]))
        for spoil in (("delete", "configmap", f"{NAME}-ca", "-n", HOME),
                      ("patch", "configmap", f"{NAME}-ca", "-n", HOME, "--type=merge", "-p", '{"data":{"ca.crt":"another"}}')):
            self.cluster.must(*spoil)
            end = time.monotonic() + PATIENCE
            while self.cluster.run("get", "configmap", f"{NAME}-ca", "-n", HOME, "-o", r"jsonpath={.data.ca\.crt}")[1] != told["ca.crt"]:
                self.assertLess(time.monotonic(), end, self.operators[0].log())
                time.sleep(0.1)

    def test_where_the_api_server_is_away_nobody_new_is_let_in(self):
        another = self.cluster.must("create", "token", "prometheus", "-n", HOME, "--duration=1h").strip()
        trusting = self.trusting()
        self.tell("stop apiserver")
        try:
            # The leader ends with its lease; the other one stands by.
            answers = []
            for one in self.operators:
                try:
                    answers.append(self.read(one, another, trusting=trusting)[0])
                except OSError:
                    pass
            self.assertEqual({503}, set(answers))
        finally:
            self.tell("start apiserver")
            for one in self.operators:
                one.kill()
            self.begin()
        self.assertEqual(200, self.read(self.operators[0], another)[0])


if __name__ == "__main__":
    unittest.main()
