#!/usr/bin/env python3
"""A real Kubernetes cluster on this machine: a control plane and one to three nodes with real pods, in
network namespaces, without Docker and without a registry. Needs root, and leaves nothing behind.

    cluster.py up [--nodes N] [--image ARCHIVE]...   until all nodes are Ready; says where the kubeconfig is
    cluster.py down                                  ends it, whatever state it is in; may be repeated
    cluster.py status                                what runs; exit 1 if that is not all
    cluster.py load ARCHIVE...                       gives images to all nodes
    cluster.py partition NODE | heal NODE            parts a node from all others; joins it again
    cluster.py enforce                               from now on the nodes hold to NetworkPolicies
    cluster.py ctr NODE ARGUMENT...                  asks a node's containerd

--state FOLDER holds all that a cluster has (default: ${XDG_STATE_HOME:-~/.local/state}/muster/cluster); clusters
of different folders do not meet. What to run comes from ci/cluster/programs.sh, the packages from ci/deps.sh.

Not a real cluster in this: no NetworkPolicy is enforced until `enforce`, no LoadBalancer and no volume is
made, and CoreDNS runs beside the API server.
"""
import argparse
import concurrent.futures
import os
import shutil
import signal
import subprocess
import sys
import time

import control
import machine
from network import Network
from node import OWN_FOLDERS, Node
from processes import Failed, Processes, until

HERE = os.path.dirname(os.path.abspath(__file__))
NODES_MAX = 3
PATIENCE = 120  # seconds, on a busy machine


class Cluster:
    def __init__(self, state):
        self.state = os.path.realpath(state)
        if any((self.state + "/").startswith(folder + "/") for folder in OWN_FOLDERS):
            raise Failed(f"--state is {self.state}: nodes have a {', '.join(OWN_FOLDERS)} of their own")
        self.processes = Processes(self.state)
        self.folders, self.began = [], time.monotonic()
        self.network = self.credentials = self.api = None
        self.enforces = False
        if written := machine.read_json(self.record):
            self.enforces = written.get("enforces", False)
            self.set_network(Network(written["number"], written["nodes"]))

    @property
    def record(self):
        return os.path.join(self.state, "cluster.json")

    @property
    def kubeconfig(self):
        return os.path.join(self.state, "kubeconfig")

    def set_network(self, network):
        self.network = network
        self.credentials = control.Credentials(self.state, network)
        self.nodes = [Node(self, number) for number in network.each_node()]

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def find_programs(self):
        done = subprocess.run([os.path.join(HERE, "programs.sh")], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed("the programs of a cluster cannot be built")
        self.folders = done.stdout.split()

    def program(self, name):
        if not self.folders:
            self.find_programs()
        for folder in self.folders:
            if os.access(os.path.join(folder, name), os.X_OK):
                return os.path.join(folder, name)
        raise Failed(f"no program {name} in {' '.join(self.folders)}")

    def parts(self):
        parts = ["etcd", "api-server", "controllers", "scheduler", "names"]
        for node in self.nodes:
            parts += [f"{node.name}-{part}" for part in ("room", "containerd", "kubelet", "kube-proxy")]
            parts += [f"{node.name}-policies"] if self.enforces else []
        return parts

    def missing(self):
        """What should run and does not."""
        running = {part for _, part in self.processes.find()}
        return [part for part in self.parts() if part not in running]

    def up(self, nodes, images):
        self.program("etcd")  # building is no part of the time it takes
        self.began = time.monotonic()
        with machine.locked(self.state):
            if self.network is not None and self.network.nodes == nodes and not self.missing():
                self.say("is up already")
                self.load(images)
                return
            if self.network is not None or self.processes.find():
                self.take_down()
            try:
                self.bring_up(nodes, images)
            except BaseException:
                self.keep_logs()
                self.take_down()
                os.rmdir(self.state)
                raise

    def write_record(self, number, nodes):
        machine.write_json(self.record, {"number": number, "nodes": nodes, "enforces": self.enforces})

    def bring_up(self, nodes, images):
        self.enforces = False
        # The record is there before what it records: a number that is claimed is given back.
        number = machine.claim(self.state, nodes)
        self.write_record(number, nodes)
        self.set_network(Network(number, nodes))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            keys = pool.submit(self.credentials.make)
            self.network.set_up()
            self.start("etcd", control.etcd(self.state))
            runtimes = [pool.submit(self.start_runtime, node, images) for node in self.nodes]
            keys.result()
            shutil.copy(self.credentials.kubeconfig("admin"), self.kubeconfig)
            self.start("api-server", control.api_server(self.credentials, self.network))
            self.api = control.Api(self.credentials)
            until(PATIENCE, "API server", self.api_answers)
            self.say("the API server is ready")
            self.start("controllers", control.controllers(self.credentials))
            self.start("scheduler", control.scheduler(self.credentials))
            control.add_names_service(self.api, self.network)
            self.start("names", control.names(self.state, self.credentials, self.network))
            for runtime in runtimes:
                runtime.result()
            self.say(f"{nodes} containerd, with {len(images)} images")
            for node in self.nodes:
                node.start_kubelet()
                node.start_proxy()
        until(PATIENCE, "nodes that are Ready", self.nodes_ready)
        self.say(f"{nodes} nodes are Ready")
        until(PATIENCE, "account of pods", lambda: self.api.get("/api/v1/namespaces/default/serviceaccounts/default"))
        self.say(f"KUBECONFIG={self.kubeconfig}")

    def start(self, part, argv):
        self.processes.start(part, [self.program(argv[0]), *argv[1:]], self.network.enter("control"))

    def start_runtime(self, node, images):
        node.make_room()
        node.start_containerd()
        for image in images:
            node.load(image)

    def api_answers(self):
        self.processes.check("api-server")
        return self.api.get("/readyz")

    def nodes_ready(self):
        for node in self.nodes:
            self.processes.check(f"{node.name}-kubelet")
        return len(self.api.ready_nodes()) == len(self.nodes)

    def keep_logs(self):
        """What failed is told by logs that would be gone with the rest."""
        kept = self.state.rstrip("/") + ".failed"
        shutil.rmtree(kept, ignore_errors=True)
        if os.path.isdir(os.path.join(self.state, "log")):
            shutil.copytree(os.path.join(self.state, "log"), kept)
            print(f"logs: {kept}", file=sys.stderr)

    def down(self):
        if not os.path.isdir(self.state):
            machine.release(self.state)
            return
        with machine.locked(self.state):
            self.take_down()
            os.rmdir(self.state)
        self.say("nothing is left")

    def take_down(self):
        # Kubelets first: they start again what ends.
        self.processes.end(lambda part: part.endswith(("-kubelet", "-kube-proxy")), 3)
        if self.network is not None:
            for node in self.nodes:
                machine.remove_cgroup(node.cgroup)
        self.processes.end(lambda part: part not in ("etcd", "api-server") and not part.endswith("-room"), 3)
        # An API server that is asked drains its clients for longer than anybody wants to wait.
        self.processes.end(lambda part: part == "api-server", 0.5)
        self.processes.end(lambda part: True, 0.5)
        if self.network is not None:
            self.network.tear_down()
        for entry in os.scandir(self.state):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        machine.release(self.state)
        self.network = None

    def enforce(self):
        self.need()
        with machine.locked(self.state):
            if self.enforces and not self.missing():
                self.say("nodes hold to NetworkPolicies already")
                return
            self.enforces = True
            self.write_record(self.network.number, self.network.nodes)
            control.add_policies_role(control.Api(self.credentials))
            self.processes.end(lambda part: part.endswith("-policies"), 3)  # of a call that did not come to its end
            for node in self.nodes:
                node.start_policies()
            for node in self.nodes:
                until(PATIENCE, f"{node.name} that holds to NetworkPolicies", node.holds_to_policies)
            self.say("nodes hold to NetworkPolicies")

    def need(self):
        if self.network is None:
            raise Failed(f"no cluster in {self.state}")

    def status(self):
        self.need()
        missing, running = self.missing(), self.processes.find()
        for part in self.parts():
            print(f"{part:18} {'missing' if part in missing else 'runs'}")
        ready = [] if "api-server" in missing else control.Api(self.credentials).ready_nodes()
        for node in self.nodes:
            cut = ", cut off" if self.network.is_cut(node.number) else ""
            print(f"{node.name:18} {'Ready' if node.name in ready else 'not Ready'}{cut}")
        print(f"{len(running)} processes, KUBECONFIG={self.kubeconfig}")
        return 1 if missing or len(ready) < len(self.nodes) else 0

    def node(self, name):
        self.need()
        for node in self.nodes:
            if node.name == name:
                return node
        raise Failed(f"no node '{name}': {', '.join(node.name for node in self.nodes)}")

    def load(self, archives):
        self.need()
        for archive in archives:
            for node in self.nodes:
                node.load(os.path.abspath(archive))

    def ctr(self, name, arguments):
        argv = [self.program("ctr"), "-a", self.node(name).socket, "-n", "k8s.io", *arguments]
        os.execv(argv[0], argv)


def arguments():
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    parser = argparse.ArgumentParser(description="A real Kubernetes cluster on this machine.")
    parser.add_argument("--state", default=os.path.join(base, "muster", "cluster"), metavar="FOLDER")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up")
    up.add_argument("--nodes", type=int, default=2, choices=range(1, NODES_MAX + 1))
    up.add_argument("--image", action="append", default=[], metavar="ARCHIVE")
    verbs.add_parser("down")
    verbs.add_parser("status")
    verbs.add_parser("load").add_argument("archives", nargs="+", metavar="ARCHIVE")
    verbs.add_parser("partition").add_argument("node")
    verbs.add_parser("heal").add_argument("node")
    verbs.add_parser("enforce")
    ctr = verbs.add_parser("ctr")
    ctr.add_argument("node")
    ctr.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main():
    given = arguments()
    if os.geteuid() != 0:
        raise Failed("a cluster takes network namespaces, mounts and cgroups: it needs root")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    cluster = Cluster(given.state)
    if given.verb == "up":
        cluster.up(given.nodes, [os.path.abspath(image) for image in given.image])
    elif given.verb == "down":
        cluster.down()
    elif given.verb == "status":
        return cluster.status()
    elif given.verb == "load":
        cluster.load(given.archives)
    elif given.verb == "enforce":
        cluster.enforce()
    elif given.verb == "ctr":
        cluster.ctr(given.node, given.arguments)
    else:
        node = cluster.node(given.node)
        cluster.network.cut(node.number, "down" if given.verb == "partition" else "up")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        sys.exit(1)
