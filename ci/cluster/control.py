"""The control plane of a cluster: its keys, etcd, API server, controllers, scheduler and names."""
import json
import os
import ssl
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kubernetes"))
from api_server import Keys  # noqa: E402
from network import API_PORT  # noqa: E402

ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local"
# What a cut node needs to be called NotReady; 40 s is what a cluster has that nobody waits for.
GRACE_SECONDS = 8


class Credentials:
    """All keys of a cluster, and the kubeconfigs that hold them."""

    def __init__(self, state, network):
        self.folder = os.path.join(state, "keys")
        self.network = network

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self):
        keys = Keys(self.folder)
        front = Keys(self.path("front"))
        front.certificate("proxy", "/CN=front-proxy-client", "clientAuth")
        names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"]
        addresses = ["127.0.0.1", self.network.api_service, self.network.control]
        keys.certificate("server", "/CN=kube-apiserver", "serverAuth",
                         ",".join([f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses]))
        keys.certificate("to-kubelets", "/O=system:masters/CN=kube-apiserver-kubelet-client", "clientAuth")
        users = {"admin": "/O=system:masters/CN=admin", "controllers": "/CN=system:kube-controller-manager",
                 "scheduler": "/CN=system:kube-scheduler", "proxy": "/CN=system:kube-proxy", "names": "/CN=system:coredns",
                 "policies": "/CN=system:policies"}
        for node in self.network.each_node():
            users[f"node{node}"] = f"/O=system:nodes/CN=system:node:node{node}"
            keys.certificate(f"node{node}-server", f"/O=system:nodes/CN=system:node:node{node}", "serverAuth",
                             f"DNS:node{node},IP:{self.network.node(node)}")
        for name, subject in users.items():
            keys.certificate(name, subject, "clientAuth")
            self.write_kubeconfig(keys, name)

    def write_kubeconfig(self, keys, name):
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "muster",
            "clusters": [{"name": "muster", "cluster": {"server": self.network.server,
                                                        "certificate-authority-data": keys.data("ca.crt")}}],
            "users": [{"name": name, "user": {"client-certificate-data": keys.data(f"{name}.crt"),
                                              "client-key-data": keys.data(f"{name}.key")}}],
            "contexts": [{"name": "muster", "context": {"cluster": "muster", "user": name}}]}
        descriptor = os.open(self.kubeconfig(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(config, file)  # which is YAML too

    def kubeconfig(self, name):
        return self.path(f"{name}.kubeconfig")


class Api:
    """Requests to the API server as its administrator."""

    def __init__(self, credentials):
        self.server = credentials.network.server
        self.context = ssl.create_default_context(cafile=credentials.path("ca.crt"))
        self.context.load_cert_chain(credentials.path("admin.crt"), credentials.path("admin.key"))

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.server + path, json.dumps(body).encode() if body else None,
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=5, context=self.context) as answer:
            return answer.read().decode()

    def get(self, path):
        """None, or a string that begins with '!', if it cannot be had now."""
        try:
            return self.ask("GET", path)
        except (OSError, urllib.error.URLError) as error:
            return f"!{error}"

    def create(self, path, **thing):
        try:
            self.ask("POST", path, thing)
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise

    def ready_nodes(self):
        found = self.get("/api/v1/nodes")
        return [] if found.startswith("!") else [
            node["metadata"]["name"] for node in json.loads(found)["items"]
            if any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"]["conditions"])]


def etcd(state):
    clients, peers = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
    return ["etcd", "--name=muster", f"--data-dir={state}/etcd", f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}", f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=muster={peers}", "--unsafe-no-fsync", "--log-level=warn"]


def api_server(credentials, network):
    path = credentials.path
    return ["kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", f"--secure-port={API_PORT}",
            f"--advertise-address={network.control}", f"--service-cluster-ip-range={network.services}",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
            f"--client-ca-file={path('ca.crt')}", f"--tls-cert-file={path('server.crt')}",
            f"--tls-private-key-file={path('server.key')}", f"--kubelet-client-certificate={path('to-kubelets.crt')}",
            f"--kubelet-client-key={path('to-kubelets.key')}", f"--kubelet-certificate-authority={path('ca.crt')}",
            "--kubelet-preferred-address-types=InternalIP", f"--service-account-issuer={ACCOUNT_ISSUER}",
            f"--service-account-key-file={path('accounts.pub')}",
            f"--service-account-signing-key-file={path('accounts.key')}",
            f"--requestheader-client-ca-file={path('front/ca.crt')}", "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User", f"--proxy-client-cert-file={path('front/proxy.crt')}",
            f"--proxy-client-key-file={path('front/proxy.key')}",
            # Webhooks are called at their pods: no kube-proxy translates Services where this runs.
            "--enable-aggregator-routing=true", "--profiling=false"]


def as_user(credentials, name):
    path = credentials.kubeconfig(name)
    return [f"--kubeconfig={path}", f"--authentication-kubeconfig={path}", f"--authorization-kubeconfig={path}"]


def controllers(credentials):
    path = credentials.path
    return ["kube-controller-manager", *as_user(credentials, "controllers"), "--bind-address=127.0.0.1",
            "--leader-elect=false", "--use-service-account-credentials=true",
            f"--service-account-private-key-file={path('accounts.key')}", f"--root-ca-file={path('ca.crt')}",
            f"--cluster-signing-cert-file={path('ca.crt')}", f"--cluster-signing-key-file={path('ca.key')}",
            f"--node-monitor-grace-period={GRACE_SECONDS}s", "--node-monitor-period=1s", "--profiling=false",
            # Its own limits cost five seconds of every start.
            "--kube-api-qps=500", "--kube-api-burst=1000"]


def scheduler(credentials):
    return ["kube-scheduler", *as_user(credentials, "scheduler"), "--bind-address=127.0.0.1", "--leader-elect=false",
            "--profiling=false"]


def names(state, credentials, network):
    corefile = os.path.join(state, "Corefile")
    # The last zone is all others: no name server is asked, and what is not in the cluster does not exist.
    with open(corefile, "w", encoding="utf-8") as file:
        file.write(f""".:53 {{
  bind {network.control}
  errors
  ready {network.control}:8181
  kubernetes cluster.local in-addr.arpa . {{
    kubeconfig {credentials.kubeconfig('names')}
    pods insecure
    ttl 5
  }}
  cache 5
}}
""")
    return ["coredns", f"-conf={corefile}"]


def add_role(api, user, rules):
    """What a part of the cluster may do, by a user of its own."""
    name, group = f"system:{user}", "rbac.authorization.k8s.io"
    api.create(f"/apis/{group}/v1/clusterroles", metadata={"name": name}, rules=rules)
    api.create(f"/apis/{group}/v1/clusterrolebindings", metadata={"name": name},
               roleRef={"apiGroup": group, "kind": "ClusterRole", "name": name},
               subjects=[{"apiGroup": group, "kind": "User", "name": name}])


def add_policies_role(api):
    add_role(api, "policies", [
        {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list", "watch"]}])


def add_names_service(api, network):
    """CoreDNS runs beside the API server; to pods it is the Service it is everywhere."""
    add_role(api, "coredns", [
        {"apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}])
    ports = [{"name": "dns", "protocol": "UDP", "port": 53}, {"name": "dns-tcp", "protocol": "TCP", "port": 53}]
    api.create("/api/v1/namespaces/kube-system/services", metadata={"name": "kube-dns"},
               spec={"clusterIP": network.dns_service, "ports": ports})
    api.create("/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices", addressType="IPv4",
               metadata={"name": "kube-dns", "labels": {"kubernetes.io/service-name": "kube-dns"}},
               endpoints=[{"addresses": [network.control], "conditions": {"ready": True}}], ports=ports)
