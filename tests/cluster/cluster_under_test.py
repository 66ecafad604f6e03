"""A cluster of ci/cluster for the tests of a class, what they ask of it, and what it leaves on the machine."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CLUSTER = os.path.join(ROOT, "ci", "cluster", "cluster.py")
SETTINGS = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"]
PATIENCE = 180  # seconds, on a busy machine


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def figure(text, seconds):
    print(f"{text}: {seconds:.1f} s", file=sys.stderr, flush=True)


def until(what, look, seconds=PATIENCE):
    """Waits for what `look` returns to be true, and returns it with the seconds that it took."""
    began = time.monotonic()
    while not (found := look()):
        if time.monotonic() - began > seconds:
            raise AssertionError(f"no {what} within {seconds} s")
        time.sleep(0.1)
    return found, time.monotonic() - began


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Cluster:
    def __init__(self, folder):
        self.state = os.path.join(folder, "cluster")
        self.kubeconfig = os.path.join(self.state, "kubeconfig")

    def argv(self, *arguments):
        return [sys.executable, CLUSTER, "--state", self.state, *arguments]

    def call(self, *arguments):
        done = subprocess.run(self.argv(*arguments), capture_output=True, text=True, check=False, timeout=600)
        if done.returncode != 0:
            raise AssertionError(f"cluster.py {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def number(self):
        with open(os.path.join(self.state, "cluster.json"), encoding="utf-8") as file:
            return json.load(file)["number"]


def traces(number, state):
    """What a cluster has on the machine outside its folder, by kind."""
    prefix, found = f"muster{number}", {}
    found["namespaces"] = [name for name in output("ip", "netns").split() if name.startswith(prefix + "-")]
    found["links"] = [link["ifname"] for link in json.loads(output("ip", "-j", "link")) if link["ifname"] == prefix]
    found["routes"] = [route["dst"] for route in json.loads(output("ip", "-j", "route")) if route.get("dev") == prefix]
    with open("/proc/mounts", encoding="utf-8") as file:
        found["mounts"] = [line for line in file if f"/{prefix}-" in line or state in line]
    found["cgroups"] = [folder for base, folders, _ in os.walk("/sys/fs/cgroup") for folder in folders
                        if folder.startswith(prefix + "-")]
    found["claims"] = [path for path in [f"/run/muster-clusters/{number}"] if os.path.exists(path)]
    found["processes"] = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            ours = state.encode() in read(f"/proc/{pid}/environ") + read(f"/proc/{pid}/cmdline")
            ours |= f"/{prefix}-".encode() in read(f"/proc/{pid}/cgroup")
            if ours and int(pid) != os.getpid():
                found["processes"].append(pid)
        except OSError:
            pass
    return found


def machine():
    """What a cluster must not change for others."""
    settings = {key: read(f"/proc/sys/{key}") for key in SETTINGS}
    return {"settings": settings, "tables": output("nft", "list", "tables"), "forwarding": read("/proc/sys/net/ipv4/ip_forward")}


def unfit():
    """Why no node can be made on this machine; None: one can."""
    if os.geteuid() != 0:
        return "a cluster needs root"
    for what, argv in {"network namespaces": ["unshare", "--net", "true"],
                       "mounts": ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]}.items():
        if subprocess.run(argv, capture_output=True, check=False).returncode != 0:
            return f"this machine allows no {what}"
    probe = next((path for path in ("/sys/fs/cgroup/cpu/muster-probe", "/sys/fs/cgroup/muster-probe")
                  if os.path.isdir(os.path.dirname(path))), "")
    try:
        os.mkdir(probe)
        os.rmdir(probe)
    except OSError as error:
        return f"this machine allows no cgroup: {error}"
    return None


class ClusterCase(unittest.TestCase):
    """Starts its nodes once; its tests are in namespaces of their own. The end of the class is a test too."""

    images = ("pause", "app", "postgres")
    nodes = 2

    @classmethod
    def setUpClass(cls):
        if why := unfit():
            raise unittest.SkipTest(why)
        cls.before = machine()
        folder = tempfile.TemporaryDirectory(dir="/var/tmp", prefix="muster-")
        cls.addClassCleanup(folder.cleanup)
        cls.cluster = Cluster(folder.name)
        binaries = os.environ.get("BINARIES", os.path.join(ROOT, "build", "default"))
        archives = output(os.path.join(ROOT, "ci", "cluster", "images.sh"), "--binaries", binaries, *cls.images).split()
        cls.kubectl_program = os.path.join(output(os.path.join(ROOT, "ci", "kubernetes.sh")).strip(), "kubectl")
        cls.addClassCleanup(cls.cluster.call, "down")
        print(cls.cluster.call("up", f"--nodes={cls.nodes}", *(f"--image={archive}" for archive in archives)), file=sys.stderr)
        cls.number = cls.cluster.number

    def kubectl(self, *arguments, given=None, check=True, timeout=60):
        done = subprocess.run([self.kubectl_program, f"--kubeconfig={self.cluster.kubeconfig}", *arguments], input=given,
                              capture_output=True, text=True, check=False, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done

    def get(self, *arguments):
        """An API server on a busy machine may not answer in time: asked again, which for a question is harmless."""
        for _ in range(10):
            done = self.kubectl("get", *arguments, "-o", "json", check=False)
            if "Unable to connect to the server" not in done.stderr:
                break
            time.sleep(1)
        if done.returncode != 0:
            raise AssertionError(f"kubectl get {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout)

    def is_ready(self, node):
        return any(one["type"] == "Ready" and one["status"] == "True" for one in self.get("node", node)["status"]["conditions"])

    def ready_pods(self, namespace, selector):
        """{name: its object} of those that are Ready and are not being deleted."""
        return {pod["metadata"]["name"]: pod for pod in self.get("-n", namespace, "pods", "-l", selector)["items"]
                if "deletionTimestamp" not in pod["metadata"] and
                any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))}

    def namespace(self, name):
        self.kubectl("create", "namespace", name)
        self.addCleanup(self.kubectl, "delete", "namespace", name, "--wait=false")
        return name

    def apply(self, *things):
        self.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(things)}))
