"""Flags and forms of `kubectl muster` beside kubectl's own, on a real API server: the same words to both, and
the same objects, rights and refusals come out.

    flags_test.py FOLDER       FOLDER has kubectl-muster, as it was built
"""
import json
import os
import re
import socket
import tempfile
import time
import unittest

import plugin_test
from plugin_test import API, PATIENCE, SHOP, Plugin

DRILLS = (("done-1", {"phase": "Finished", "verdict": "Met", "reason": "all < of & it", "rto": {"objectiveSeconds": 300, "display": "12.4 s", "seconds": 12.4}}),
          ("done-2", {"phase": "Finished", "verdict": "Missed", "violations": ["one", "two"]}),
          ("going", {"phase": "Injection"}))
# What kubectl is asked for, and the plugin with the same words.
FORMS = ("name", "jsonpath={.items[*].metadata.name}", "jsonpath={.kind}{\"\\n\"}", "jsonpath={.items[0].spec}",
         "jsonpath={range .items[*]}{.kind}/{.metadata.name}{\"\\t\"}{.status.phase}{\"\\n\"}{end}",
         "jsonpath={.items[?(@.status.verdict==\"Met\")].metadata.name}", "jsonpath={.items[?(@.status.rto.objectiveSeconds>=300)].metadata.name}",
         "jsonpath={.items[?(@.status.violations)].status.violations[-1]}", "jsonpath={..verdict}", "jsonpath={.items[0,2].metadata.name} {.items[0:3:2].kind}",
         "jsonpath={.items[0]['metadata.name','kind']}", "jsonpath={.items[0].metadata.annotations.muster\\.dev/note}", "jsonpath={.nothing.there}text",
         "jsonpath={.items[0].status}", "jsonpath={.items[0].status.rto.objectiveSeconds} {.items[0].spec.abort}",
         "jsonpath-as-json={.items[*].metadata.name}", "custom-columns=NAME:.metadata.name,PHASE:status.phase,V:{.status.violations[*]}",
         "custom-columns=P:.spec.planRef,V:.status.violations,ABORT:.spec.abort")
BAD = ("jsonpath={.items", "jsonpath={items}", "jsonpath={.items[x]}", "jsonpath={.items[99]}", "jsonpath={.kind[0]}", "jsonpath=",
       "custom-columns=NAME", "custom-columns=", "nonsense")


def setUpModule():
    Flags.begin()


class Flags(Plugin):
    @classmethod
    def begin(cls):
        super().begin()
        for name, status in DRILLS:
            one = plugin_test.drill(name)
            one["metadata"] |= {"namespace": SHOP, "annotations": {"muster.dev/note": "a <note>"}}
            cls.ask("POST", f"{API}/namespaces/{SHOP}/drills", one)
            cls.ask("PATCH", f"{API}/namespaces/{SHOP}/drills/{name}/status", {"status": status}, "application/merge-patch+json")
        cls.keys = os.path.join(cls.cluster.folder, "server", "keys")
        cls.server = cls.config["clusters"][0]["cluster"]["server"]


class Forms(Flags):
    def both(self, form, *words):
        theirs = self.cluster.run("get", "drills,recoveryplans", "-n", SHOP, "-o", form, *words)
        mine = self.run_plugin("status", "-n", SHOP, "-o", form, *words)
        return theirs, (mine.returncode, mine.stdout, mine.stderr)

    def test_each_form_prints_what_kubectl_prints(self):
        for form in FORMS:
            with self.subTest(form=form):
                theirs, mine = self.both(form)
                self.assertEqual(0, theirs[0], theirs[2])
                self.assertEqual([line.rstrip() for line in theirs[1].split("\n")], [line.rstrip() for line in mine[1].split("\n")], mine[2])

    def test_a_form_in_a_file_is_read_as_kubectl_reads_it(self):
        for form, text, good in (("jsonpath-file", "{range .items[*]}{.metadata.name}{'\\n'}{end}\n", True), ("jsonpath-file", "{.items", False),
                                 ("custom-columns-file", "NAME   PHASE\n.metadata.name\tstatus.phase\n", True),
                                 ("custom-columns-file", "NAME PHASE\n.metadata.name\n", False), ("jsonpath-file", None, False)):
            with self.subTest(form=form, text=text), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "form")
                if text is not None:
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(text)
                theirs, mine = self.both(f"{form}={path}")
                self.assertEqual(good, theirs[0] == 0, theirs[2])
                self.assertEqual(good, mine[0] == 0, mine[2])
                self.assertEqual([line.rstrip() for line in theirs[1].split("\n")], [line.rstrip() for line in mine[1].split("\n")], mine[2])

    def test_what_kubectl_refuses_is_refused_and_nothing_is_made(self):
        before = len(self.ask("GET", f"{API}/namespaces/{SHOP}/drills")["items"])
        for form in BAD:
            with self.subTest(form=form):
                theirs, mine = self.both(form)
                self.assertNotEqual(0, theirs[0])
                self.assertNotEqual(0, mine[0])
                self.assertEqual("", mine[1])
                self.assertTrue(mine[2].startswith("error: "), mine[2])
        self.assertIn("character 8: '}' is missing", self.said("run", "database-failover", "-n", SHOP, "-o", "jsonpath={.items", code=2))
        self.assertEqual(before, len(self.ask("GET", f"{API}/namespaces/{SHOP}/drills")["items"]))

    def test_one_object_is_itself(self):
        for form in ("jsonpath={.metadata.name} {.status.rto.display}", "custom-columns=N:.metadata.name,V:.status.verdict", "name"):
            theirs = self.cluster.must("get", "drills", "done-1", "-n", SHOP, "-o", form)
            self.assertEqual(theirs, self.said("status", "done-1", "-n", SHOP, "-o", form))
        made = self.said("run", "database-failover", "-n", SHOP, "--name", "made", "-o=jsonpath={.metadata.name}")
        self.assertEqual("made", made)
        self.ask("DELETE", f"{API}/namespaces/{SHOP}/drills/made")

    def test_titles_are_left_out_as_kubectl_leaves_them_out(self):
        ages = re.compile(r"\b\d+(s|m\d*s?|h)\b")
        for words in ((), ("-o", "wide"), ("-o", "custom-columns=NAME:.metadata.name,PHASE:.status.phase")):
            theirs = self.cluster.must("get", "drills", "-n", SHOP, "--no-headers", *words)
            mine = self.said("status", "-n", SHOP, "--no-headers", *words)
            lines = [ages.sub("AGE", line).split() for line in theirs.splitlines()]
            self.assertEqual(lines, [ages.sub("AGE", line).split() for line in mine.splitlines()][:len(lines)])
            self.assertNotIn("NAME", mine)


class Identity(Flags):
    @classmethod
    def setUpClass(cls):
        cls.ask("POST", f"/api/v1/namespaces/{SHOP}/serviceaccounts", {"metadata": {"name": "looker"}})
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        cls.ask("POST", f"{rbac}/clusterroles", {"metadata": {"name": "look"}, "rules": [
            {"apiGroups": ["muster.dev"], "resources": ["*"], "verbs": ["get", "list"]}]})
        cls.ask("POST", f"{rbac}/clusterroles", {"metadata": {"name": "be-others"}, "rules": [
            {"apiGroups": [""], "resources": ["users", "groups"], "verbs": ["impersonate"]}]})
        group = "rbac.authorization.k8s.io"
        cls.ask("POST", f"{rbac}/clusterrolebindings", {
            "metadata": {"name": "look"}, "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "look"},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "lookers"}]})
        cls.ask("POST", f"{rbac}/clusterrolebindings", {
            "metadata": {"name": "be-others"}, "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "be-others"},
            "subjects": [{"kind": "ServiceAccount", "namespace": SHOP, "name": "looker"}]})
        token = cls.ask("POST", f"/api/v1/namespaces/{SHOP}/serviceaccounts/looker/token",
                        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
        cls.token = token["status"]["token"]
        nothing = os.path.join(cls.cluster.folder, "no-kubeconfig")
        with open(nothing, "w", encoding="utf-8"):
            pass
        cls.bare = ("--kubeconfig", nothing)

    def alike(self, good, *words):
        """Both say the same with the same flags; the plugin's complaint where they refuse."""
        code, _, complaint = self.cluster.run("get", "drills", "-n", SHOP, *words)
        mine = self.run_plugin("status", "-n", SHOP, *words)
        self.assertEqual(good, code == 0, complaint)
        self.assertEqual(good, mine.returncode == 0, mine.stderr)
        return mine.stderr

    def test_groups_are_acted_as_and_said(self):
        self.assertIn('User "jane" cannot list', self.alike(False, "--as", "jane"))
        self.assertIn('User "jane" cannot list', self.alike(False, "--as", "jane", "--as-group", "others"))
        self.alike(True, "--as", "jane", "--as-group", "others", "--as-group", "lookers")
        more = ("--as-user-extra", "scopes=a", "--as-user-extra", "acme.com/x=b")
        known = more[0] in self.cluster.must("options")  # kubectl 1.32 does not know it yet
        self.alike(True, "--as", "jane", "--as-group", "lookers", "--as-uid", "7", *(more if known else ()))
        for alone in (("--as-group", "lookers"), ("--as-uid", "7"), *([more[:2]] if known else [])):
            self.assertIn("--as USER is needed", self.alike(False, *alone))

    def test_a_server_and_a_token_need_no_kubeconfig(self):
        where = (*self.bare, "--server", self.server, "--certificate-authority", os.path.join(self.keys, "ca.crt"))
        self.assertIn(f'User "system:serviceaccount:{SHOP}:looker" cannot list', self.alike(False, *where, "--token", self.token))
        whom = ("--token", self.token, "--as", "jane", "--as-group", "lookers")
        self.alike(True, *where, *whom)
        # Each is a right of its own: that it is refused shows that it was said.
        self.assertIn("cannot impersonate resource", self.alike(False, *where, *whom, "--as-uid", "7"))
        self.assertIn("userextras/scopes", self.alike(False, *where, *whom, "--as-user-extra", "scopes=a"))
        self.assertIn("Unauthorized", self.alike(False, *where, "--token", "nonsense"))

    def test_who_is_believed_is_said_by_flags(self):
        whom = (*self.bare, "-s", self.server, "--client-certificate", os.path.join(self.keys, "admin.crt"),
                "--client-key", os.path.join(self.keys, "admin.key"))
        trust = ("--certificate-authority", os.path.join(self.keys, "ca.crt"))
        self.assertIn("certificate", self.alike(False, *whom))
        self.alike(True, *whom, "--insecure-skip-tls-verify")
        self.alike(True, *whom, *trust)
        self.alike(True, *whom, *trust, "--tls-server-name", "kubernetes.default.svc")
        self.assertIn("certificate verify failed", self.alike(False, *whom, *trust, "--tls-server-name", "elsewhere.example"))
        # Beside a kubeconfig they take the place of what it says.
        self.alike(True, "--insecure-skip-tls-verify")
        self.assertIn("certificate verify failed", self.alike(False, "--tls-server-name", "elsewhere.example"))
        self.assertIn("exclude each other", self.alike(False, *trust, "--insecure-skip-tls-verify"))
        self.assertIn("needed together", self.run_plugin("status", *self.bare, "-s", self.server, "--client-key", "k").stderr)


class Silence(Flags):
    def silent(self):
        """The address of a server that takes connections and says nothing."""
        listening = socket.socket()
        self.addCleanup(listening.close)
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        return f"127.0.0.1:{listening.getsockname()[1]}"

    def test_a_request_has_its_limit(self):
        for scheme in ("http", "https"):
            where = self.silent()
            began = time.monotonic()
            complaint = self.said("status", "--server", f"{scheme}://{where}", "--request-timeout", "1s", code=1)
            self.assertIn(f"error: cannot reach the API server {where} (context test): ", complaint)
            self.assertIn("no answer within 1000 ms", complaint)
            self.assertLess(time.monotonic() - began, PATIENCE)

    def test_without_one_connecting_still_has(self):
        where = self.silent()
        complaint = self.said("status", "--server", f"https://{where}", "--request-timeout", "0", code=1)
        self.assertIn(f"connect to {where}: no answer within 10.00 s", complaint)

    def test_a_limit_is_a_time(self):
        for bad in ("soon", "-1", "1x"):
            self.assertIn(f"'{bad}' is not allowed: seconds (30), or a duration", self.said("status", f"--request-timeout={bad}", code=2))
        self.assertIn("done-1", self.said("status", "-n", SHOP, "--request-timeout", "1m"))


if __name__ == "__main__":
    unittest.main()
