#!/usr/bin/env python3
"""A real Kubernetes API server on loopback: etcd and kube-apiserver with keys of their own.

    api_server.py FOLDER [--controllers] [--cluster-proxy=SOCKET]

FOLDER takes everything: data, keys, logs, kubeconfig. Ports are chosen. Says `ready KUBECONFIG` when
the server is, then takes commands on standard input, one a line, and answers each with `done` or
`failed WHY`: `stop`, `start`, `kill`, `pause` or `resume` with `etcd`, `apiserver` or `controllers`, `compact`
(etcd forgets all but the newest revision, and the server is started again, so that older versions
are gone). Ends, with everything that it started, at the end of input or by SIGTERM.
What it asks in the cluster (webhooks of Services) goes to an HTTP proxy on a Unix socket, since nobody else could lead it there.
The binaries are those of ci/kubernetes.sh.
"""
import base64
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 90  # seconds, on a busy machine


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until_stopped(pid):
    """A thread that runs stops when it meets the kernel next."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        states = set()
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as file:
                states.add(file.read().rsplit(")", 1)[1].split()[0])
        if states == {"T"}:
            return
        time.sleep(0.002)
    raise RuntimeError(f"process {pid} does not stop")


class Keys:
    """Certificates in a folder, made with the openssl program an hour ago: of machines whose clocks differ, some would not
    take what begins just now."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, mode=0o700)
        self.key("ca")
        self.openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=test-ca", "-days", "30", "-out", "ca.crt",
                     "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,digitalSignature")
        self.openssl("genrsa", "-out", "accounts.key", "2048")
        self.openssl("rsa", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")

    def openssl(self, *arguments):
        subprocess.run(["faketime", "-f", "-1h", "openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def key(self, name):
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")

    def certificate(self, name, subject, usage, names=""):
        self.key(name)
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        extensions = f"basicConstraints=CA:FALSE\nextendedKeyUsage={usage}\n"
        with open(os.path.join(self.folder, f"{name}.ext"), "w", encoding="utf-8") as file:
            file.write(extensions + (f"subjectAltName={names}\n" if names else ""))
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.crt")

    def path(self, name):
        return os.path.join(self.folder, name)

    def data(self, name):
        with open(self.path(name), "rb") as file:
            return base64.b64encode(file.read()).decode()


class Server:
    def __init__(self, folder, controllers, cluster_proxy):
        self.cluster_proxy = cluster_proxy
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.binaries = subprocess.run([os.path.join(HERE, "..", "kubernetes.sh")], check=True, text=True,
                                       stdout=subprocess.PIPE).stdout.strip()
        self.keys = Keys(os.path.join(self.folder, "keys"))
        self.keys.certificate("server", "/CN=kube-apiserver", "serverAuth", "DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1")
        self.keys.certificate("admin", "/O=system:masters/CN=admin", "clientAuth")
        self.keys.certificate("controllers", "/CN=system:kube-controller-manager", "clientAuth")
        self.etcd_port, self.peer_port, self.api_port = free_ports(3)
        self.kubeconfig = self.write_kubeconfig("admin")
        self.running = {}
        self.parts = ["etcd", "apiserver"] + (["controllers"] if controllers else [])

    def write_kubeconfig(self, name):
        path = os.path.join(self.folder, f"{name}.kubeconfig")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster: {{server: "https://127.0.0.1:{self.api_port}", certificate-authority-data: {self.keys.data("ca.crt")}}}
users:
- name: {name}
  user: {{client-certificate-data: {self.keys.data(name + ".crt")}, client-key-data: {self.keys.data(name + ".key")}}}
contexts:
- name: test
  context: {{cluster: test, user: {name}}}
""")
        return path

    def write_egress(self):
        path = os.path.join(self.folder, "egress.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection: {{proxyProtocol: HTTPConnect, transport: {{uds: {{udsName: "{self.cluster_proxy}"}}}}}}
""")
        return path

    def command(self, part):
        etcd, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.peer_port}"
        path = self.keys.path
        if part == "etcd":
            return ["etcd", "--name", "test", "--data-dir", os.path.join(self.folder, "etcd"), "--listen-client-urls", etcd,
                    "--advertise-client-urls", etcd, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", f"test={peer}", "--unsafe-no-fsync", "--log-level", "warn"]
        if part == "controllers":
            return ["kube-controller-manager", f"--kubeconfig={self.write_kubeconfig('controllers')}", "--leader-elect=false",
                    "--use-service-account-credentials=true", f"--service-account-private-key-file={path('accounts.key')}",
                    f"--root-ca-file={path('ca.crt')}", "--kube-api-qps=500", "--kube-api-burst=1000", "--secure-port=0"]
        egress = [f"--egress-selector-config-file={self.write_egress()}"] if self.cluster_proxy else []
        return ["kube-apiserver", *egress, f"--etcd-servers={etcd}", "--bind-address=127.0.0.1", f"--secure-port={self.api_port}",
                "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=RBAC",
                f"--client-ca-file={path('ca.crt')}", f"--tls-cert-file={path('server.crt')}",
                f"--tls-private-key-file={path('server.key')}", "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={path('accounts.pub')}", f"--service-account-signing-key-file={path('accounts.key')}",
                "--profiling=false", "--allow-privileged=true"]

    def start(self, part):
        argv = self.command(part)
        with open(os.path.join(self.folder, f"{part}.log"), "ab") as log:
            self.running[part] = subprocess.Popen([os.path.join(self.binaries, argv[0]), *argv[1:]], stdin=subprocess.DEVNULL,
                                                  stdout=log, stderr=log, start_new_session=True)
        if part == "apiserver":
            self.wait_ready()

    def stop(self, part, number=signal.SIGTERM):
        process = self.running.pop(part, None)
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_ready(self):
        context = ssl.create_default_context(cafile=self.keys.path("ca.crt"))
        context.load_cert_chain(self.keys.path("admin.crt"), self.keys.path("admin.key"))
        end, why = time.monotonic() + PATIENCE, ""
        while time.monotonic() < end:
            if self.running["apiserver"].poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"https://127.0.0.1:{self.api_port}/readyz", timeout=5, context=context):
                    return
            except (OSError, urllib.error.URLError) as error:
                why = str(error)
            time.sleep(0.1)
        with open(os.path.join(self.folder, "apiserver.log"), "r", encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"the API server is not ready: {why}; {log.read()[-600:]}")

    def compact(self):
        base = f"http://127.0.0.1:{self.etcd_port}/v3/kv"

        def ask(what, body):
            request = urllib.request.Request(f"{base}/{what}", body.encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read().decode()

        found = ask("range", '{"key": "AA=="}')
        revision = found.split('"revision":"', 1)[1].split('"', 1)[0]
        ask("compaction", f'{{"revision": "{revision}", "physical": true}}')
        self.stop("apiserver")
        self.start("apiserver")

    def obey(self, line):
        words = line.split()
        if words == ["compact"]:
            return self.compact()
        verb, part = words if len(words) == 2 else ("", "")
        if verb == "start" and part in self.parts and part not in self.running:
            return self.start(part)
        signals = {"stop": signal.SIGTERM, "kill": signal.SIGKILL, "pause": signal.SIGSTOP, "resume": signal.SIGCONT}
        if verb not in signals or part not in self.running:
            raise RuntimeError(f"'{line}' is no command for what runs now")
        if verb in ("stop", "kill"):
            return self.stop(part, signals[verb])
        self.running[part].send_signal(signals[verb])
        if verb == "pause":
            wait_until_stopped(self.running[part].pid)
        return None

    def serve(self):
        for part in self.parts:
            self.start(part)
        print(f"ready {self.kubeconfig}", flush=True)
        for line in sys.stdin:
            try:
                self.obey(line.strip())
                print("done", flush=True)
            except (OSError, RuntimeError, IndexError) as error:
                print(f"failed {error}", flush=True)

    def run(self):
        try:
            try:
                self.serve()
            finally:  # whoever closes our input may send a signal too: it must not end what stops the parts
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        finally:
            for process in self.running.values():  # all at once, so that none waits for another
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
            for part in reversed(self.parts):
                self.stop(part)


def main():
    proxy = next((one.partition("=")[2] for one in sys.argv[1:] if one.startswith("--cluster-proxy=")), "")
    arguments = [one for one in sys.argv[1:] if one != "--controllers" and not one.startswith("--cluster-proxy=")]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    Server(arguments[0], "--controllers" in sys.argv, proxy).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
