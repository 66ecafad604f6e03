"""Pods and what becomes of them, for whoever puts sidecars into pods: the operator's webhook, and where there is one the policy of
the chart, on a real API server that judges what comes of it."""

HTTP = [{"name": "http", "containerPort": 8080}]


def container(name="app", ports=None, **more):
    return {"name": name, "image": "example.com/app:1", "ports": HTTP if ports is None else ports, **more}


# (name, fields of the spec, what the annotation says)
CASES = [
    ("one-port", {"containers": [container()]}, "Injected"),
    ("two-ports", {"containers": [container(ports=[{"name": "admin", "containerPort": 9000}, *HTTP])]}, "Injected"),
    ("second-container", {"containers": [container("log", []), container()]}, "Injected"),
    ("only-port", {"containers": [container(ports=[{"name": "web", "containerPort": 3000}])]}, "Injected"),
    ("long-name", {"containers": [container(ports=[{"name": "fifteen-letters", "containerPort": 3000}])]}, "Injected"),
    ("taken-name", {"containers": [container(ports=[*HTTP, {"name": "http-app", "containerPort": 81}])]}, "Injected"),
    ("udp-beside", {"containers": [container(ports=[*HTTP, {"name": "dns", "containerPort": 53, "protocol": "UDP"}])]}, "Injected"),
    ("init-and-volumes", {"initContainers": [{"name": "migrate", "image": "example.com/m:1"}], "volumes": [{"name": "data", "emptyDir": {}}],
                          "containers": [container(volumeMounts=[{"name": "data", "mountPath": "/data"}])]}, "Injected"),
    ("probes", {"containers": [container(
        livenessProbe={"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 3},
        readinessProbe={"tcpSocket": {"port": "http"}}, startupProbe={"grpc": {"port": 8080}},
        lifecycle={"preStop": {"httpGet": {"path": "/bye", "port": "http"}}, "postStart": {"sleep": {"seconds": 1}}})]}, "Injected"),
    ("root", {"securityContext": {"runAsUser": 0}, "containers": [container()]}, "Injected"),
    ("job", {"restartPolicy": "Never", "containers": [container()]}, "Injected"),
    ("host-network", {"hostNetwork": True, "containers": [container()]}, "Refused: HostNetwork"),
    ("windows", {"os": {"name": "windows"}, "containers": [container()]}, "Refused: Windows"),
    ("windows-node", {"nodeSelector": {"kubernetes.io/os": "windows"}, "containers": [container()]}, "Refused: Windows"),
    ("container-name", {"containers": [container("muster-sidecar")]}, "Refused: NameTaken"),
    ("admin-volume-name", {"volumes": [{"name": "muster-sidecar-admin-tls", "emptyDir": {}}], "containers": [container()]}, "Refused: NameTaken"),
    ("volume-name", {"volumes": [{"name": "muster-sidecar-profile", "emptyDir": {}}], "containers": [container()]}, "Refused: NameTaken"),
    ("port-taken", {"containers": [container(ports=[{"name": "http", "containerPort": 15001}])]}, "Refused: PortTaken"),
    ("admin-port-taken", {"containers": [container(), container("b", [{"containerPort": 15020}])]}, "Refused: PortTaken"),
    ("mesh", {"containers": [container(), container("istio-proxy", [{"name": "http-envoy-prom", "containerPort": 15090}])]}, "Refused: PortTaken"),
    ("native-mesh", {"initContainers": [{"name": "istio-proxy", "image": "example.com/p:1", "restartPolicy": "Always"}],
                     "containers": [container()]}, "Refused: PortTaken"),
    ("no-port", {"containers": [container(ports=[])]}, "Refused: NoPort"),
    ("no-probe-port", {"containers": [container(), container("b", [{"containerPort": 15002}])]}, "Injected"),
    ("only-udp", {"containers": [container(ports=[{"name": "dns", "containerPort": 53, "protocol": "UDP"}])]}, "Refused: NoPort"),
    ("which", {"containers": [container(ports=[{"name": "a", "containerPort": 1}, {"name": "b", "containerPort": 2}])]}, "Refused: SeveralPorts"),
    ("unnamed", {"containers": [container(ports=[{"containerPort": 8080}])]}, "Refused: UnnamedPort"),
    ("host-port", {"containers": [container(ports=[{"name": "http", "containerPort": 80, "hostPort": 88}])]}, "Refused: HostPort"),
    ("named-twice", {"containers": [container(), container("b", [{"name": "http", "containerPort": 81}])]}, "Refused: NamedTwice"),
]

ASKING = {"httpGet": {"path": "/", "port": 8080}}

# The same where the pod asks for a redirect.
CASES_OF_REDIRECT = [
    ("one-port", {"containers": [container()]}, "Injected"),
    ("unnamed", {"containers": [container(ports=[{"containerPort": 8080}])]}, "Injected"),
    ("host-port", {"containers": [container(ports=[{"name": "http", "containerPort": 8080, "hostPort": 88}])]}, "Injected"),
    ("named-twice", {"containers": [container(), container("b", [{"name": "http", "containerPort": 81}])]}, "Injected"),
    ("not-root", {"securityContext": {"runAsNonRoot": True, "runAsUser": 1000}, "containers": [container()]}, "Injected"),
    ("quiet-probes", {"containers": [container(livenessProbe={"exec": {"command": ["true"]}})]}, "Injected"),
    ("probes", {"volumes": [{"name": "data", "emptyDir": {}}], "containers": [
        container(ports=[{"name": "admin", "containerPort": 9000}, *HTTP], livenessProbe=ASKING | {"periodSeconds": 3},
                  readinessProbe={"httpGet": {"path": "/", "port": "http"}}, startupProbe={"grpc": {"port": 8080}},
                  lifecycle={"preStop": {"tcpSocket": {"port": "http"}}, "postStart": {"httpGet": {"path": "/hi", "port": 8080}}}),
        # A name is a container's own: of this one it is another port.
        container("b", [{"name": "http", "containerPort": 81}], livenessProbe=ASKING, readinessProbe={"httpGet": {"path": "/", "port": "http"}},
                  startupProbe={"httpGet": {"path": "/", "port": 8080, "host": "example.com"}}, lifecycle={"postStart": {"sleep": {"seconds": 1}}})],
        "initContainers": [{"name": "migrate", "image": "example.com/m:1"}, {"name": "cache", "image": "example.com/c:1", "restartPolicy": "Always",
                                                                             "readinessProbe": {"tcpSocket": {"port": 8080}}}]}, "Injected"),
    ("host-network", {"hostNetwork": True, "containers": [container()]}, "Refused: HostNetwork"),
    ("windows", {"os": {"name": "windows"}, "containers": [container()]}, "Refused: Windows"),
    ("container-name", {"containers": [container()], "initContainers": [{"name": "muster-redirect", "image": "example.com/r:1"}]},
     "Refused: NameTaken"),
    ("probe-port-taken", {"containers": [container(), container("b", [{"containerPort": 15002}])]}, "Refused: PortTaken"),
    ("no-port", {"containers": [container(ports=[])]}, "Refused: NoPort"),
    ("which", {"containers": [container(ports=[{"containerPort": 1}, {"containerPort": 2}])]}, "Refused: SeveralPorts"),
]

# The same where the namespace asks and the pod does not.
CASES_OF_NAMESPACES = [
    ("only-web", {"containers": [container(ports=[{"name": "web", "containerPort": 3000}])]}, "Injected"),
    ("only-database", {"containers": [container(ports=[{"name": "postgres", "containerPort": 5432}])]}, "Refused: NotHttp"),
    ("only-tls", {"containers": [container(ports=[{"name": "https", "containerPort": 8443}])]}, "Refused: NotHttp"),
]



def limited(name="app", ports=None, **limits):
    return container(name, ports, resources={"limits": limits})


def small(name="app", ports=None, **limits):
    """One that asks for little, so that the whole pod has room for a sidecar."""
    return container(name, ports, resources={"requests": {"memory": "1Mi", "cpu": "1m"}, "limits": limits})


WHOLE = {"requests": {"memory": "100Mi", "cpu": "100m"}}
LOG = {"name": "log", "image": "example.com/l:1", "restartPolicy": "Always"}

# (name, fields of the spec of a pod that shares its process namespace, what its sidecar is told of limits: memory in bytes, CPU in cores)
CASES_OF_LIMITS = [
    ("both", {"containers": [limited(memory="256Mi", cpu="500m")]}, ("268435456", "0.5")),
    ("sum", {"containers": [limited(memory="1e6", cpu="100m"), limited("b", [], memory="24", cpu="200m"), limited("c", [], memory="1Ki", cpu="2")]},
     ("1001048", "2.3")),
    ("one-without", {"containers": [limited(memory="256Mi", cpu="1"), limited("b", [], cpu="250m")]}, (None, "1.25")),
    ("none", {"containers": [container(), container("b", [])]}, (None, None)),
    ("stays", {"initContainers": [{"name": "migrate", "image": "example.com/m:1"}, LOG | {"resources": {"limits": {"memory": "2k", "cpu": "1m"}}}],
               "containers": [limited(memory="1k")]}, ("3000", None)),
    ("stays-without", {"initContainers": [LOG], "containers": [limited(memory="1k")]}, (None, None)),
    ("not-shared", {"shareProcessNamespace": False, "containers": [limited(memory="256Mi", cpu="500m")]}, (None, None)),
    ("whole-pod", {"resources": WHOLE | {"limits": {"memory": "300Mi", "cpu": "1"}}, "containers": [small(memory="200Mi"), small("b", [], memory="200Mi")]},
     ("314572800", "1")),
    ("whole-pod-higher", {"resources": WHOLE | {"limits": {"memory": "300Mi", "cpu": "1"}}, "containers": [small(memory="200Mi", cpu="500m")]},
     ("209715200", "0.5")),
    ("whole-pod-same", {"resources": WHOLE | {"limits": {"memory": "200Mi"}}, "containers": [small(memory="200Mi")]}, ("209715200", None)),
]

# (the annotation sidecar.muster.dev/admin-tls, what the status says)
CASES_OF_ADMIN_TLS = [
    ("shop-admin", "Injected"), ("shop.admin-1/ca.crt", "Injected"), ("a" * 63 + "/_ca", "Injected"), ("", "Injected"),
    ("Shop", "Refused: BadAdminTls"), ("shop/", "Refused: BadAdminTls"), ("/ca.crt", "Refused: BadAdminTls"), ("shop/a/b", "Refused: BadAdminTls"),
    ("shop/..data", "Refused: BadAdminTls"), ("a" * 64, "Refused: BadAdminTls"), (".".join(["a"] * 127), "Injected"),
    (".".join(["a"] * 128), "Refused: BadAdminTls"), ("shop/" + "a" * 254, "Refused: BadAdminTls"), ("shop /ca.crt", "Refused: BadAdminTls"),
]


def pod(name, spec, namespace, labels=None, annotations=None):
    meta = {"name": name, "namespace": namespace, "labels": {"sidecar.muster.dev/inject": "enabled"} if labels is None else labels}
    if annotations:
        meta["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def told_limits(made):
    """(bytes, cores) that the sidecar of a pod is told; None: none."""
    env = {one["name"]: one.get("value") for one in sidecar(made)["env"]}
    return env.get("MUSTER_MEMORY_LIMIT_BYTES"), env.get("MUSTER_CPU_LIMIT_CORES")


def sidecar(made, name="muster-sidecar"):
    return next((one for one in made["spec"].get("initContainers", []) if one["name"] == name), None)


def asked(made):
    """{place: port} of all probes and hooks that ask over the network."""
    out = {}
    for one in (*made["spec"]["containers"], *made["spec"].get("initContainers", [])):
        for name, asking in (*one.items(), *one.get("lifecycle", {}).items()):
            for how in ("httpGet", "tcpSocket", "grpc"):
                if isinstance(asking, dict) and how in asking:
                    out[f"{one['name']} {name}"] = asking[how]["port"]
    return out


def ports(made):
    """{name: number} as a Service that targets a name finds them: containers first, then sidecars."""
    out = {}
    for one in (*made["spec"]["containers"], *made["spec"].get("initContainers", [])):
        for port in one.get("ports", []):
            if port.get("name"):
                out.setdefault(port["name"], port["containerPort"])
    return out
