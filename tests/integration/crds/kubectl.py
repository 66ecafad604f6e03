"""A real API server and the kubectl of the same version, for the tests of this folder."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def ask(link, method, path, body=None, kind="application/json", missing_ok=False):
    """One request over a kept http.client connection: a kubectl for each would take seconds. None: it is not there, which is
    an error where that is not ok."""
    link.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
    reply = link.getresponse()
    data = reply.read()
    if missing_ok and reply.status == 404:
        return None
    if reply.status >= 300:
        raise AssertionError(f"{method} {path}: {reply.status} {data.decode()[:600]}")
    return json.loads(data)


class Cluster:
    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="muster-crds-")
        self.server = subprocess.Popen(
            [sys.executable, os.path.join(SOURCE, "ci", "kubernetes", "api_server.py"), os.path.join(self.folder, "server"), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.server.stdout.readline().split(maxsplit=1)
        if len(ready) != 2 or ready[0] != "ready":
            self.close()
            raise RuntimeError("the API server did not start")
        binaries = subprocess.run([os.path.join(SOURCE, "ci", "kubernetes.sh")], check=True, text=True, stdout=subprocess.PIPE)
        self.kubectl = os.path.join(binaries.stdout.strip(), "kubectl")
        self.environment = dict(os.environ, KUBECONFIG=ready[1].strip(), HOME=self.folder)

    def close(self):
        self.server.stdin.close()
        self.server.wait(60)
        self.server.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments, given=None):
        """The exit code, what was printed, what was complained of. `given`: objects for its input."""
        # What begins with a brace is read as JSON alone by kubectl 1.32, also what follows it.
        text = None if given is None else "".join(f"---\n{json.dumps(one)}\n" for one in given)
        done = subprocess.run([self.kubectl, *arguments], input=text, text=True, capture_output=True, env=self.environment,
                              timeout=300, check=False)
        return done.returncode, done.stdout, done.stderr

    def must(self, *arguments):
        code, out, complaint = self.run(*arguments)
        until = time.monotonic() + 60
        # `wait` ends at once where an object has no conditions yet, as a kind that was made a moment ago.
        while code != 0 and arguments[0] == "wait" and "conditions accessor error" in complaint and time.monotonic() < until:
            time.sleep(0.1)
            code, out, complaint = self.run(*arguments)
        if code != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {complaint}")
        return out

    def explain(self, field, seconds=60):
        """What an API server publishes of a kind comes a while after the kind is established."""
        until = time.monotonic() + seconds
        while True:
            code, out, complaint = self.run("explain", field)
            if code == 0:
                return out
            if time.monotonic() > until or "couldn't find resource" not in complaint:
                raise AssertionError(f"kubectl explain {field}: {complaint}")
            time.sleep(0.5)

    def serves_policies(self):
        """Whether there are MutatingAdmissionPolicies, as from Kubernetes 1.36 on."""
        return "mutatingadmissionpolicies." in self.must("api-resources", "--api-group=admissionregistration.k8s.io", "-o", "name")

    def apply(self, *documents):
        """Several go in one call, because a call takes seconds on a busy machine; each is judged by itself."""
        return self.run("apply", "--validate=strict", "-f", "-", given=documents)

    def kubeconfig_of(self, account, namespace):
        """A file with which a program acts as this service account."""
        with open(self.environment["KUBECONFIG"], encoding="utf-8") as file:
            config = yaml.safe_load(file)
        token = self.must("create", "token", account, "-n", namespace).strip()
        config["users"] = [{"name": one["name"], "user": {"token": token}} for one in config["users"]]
        path = os.path.join(self.folder, f"{account}.kubeconfig")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        return path

    def get(self, kind, name):
        return json.loads(self.must("get", kind, name, "-o", "json"))
