"""A node of a cluster: containerd, kubelet, kube-proxy, and what enforces NetworkPolicies where that is asked for.

It has a network of its own, mounts of its own, a /run, /var/lib and /var/log of its own (in the cluster's
folder), and a cgroup of its own: what pods and their volumes leave behind goes with the node.
"""
import json
import os
import subprocess

import machine
from control import GRACE_SECONDS
from processes import Failed, run, until

PAUSE = "docker.io/library/pause:dev"
# A connection that a partition has cut is given up and made again soon after it healed.
IMPATIENT = {"HTTP2_READ_IDLE_TIMEOUT_SECONDS": "4", "HTTP2_PING_TIMEOUT_SECONDS": "2"}
OWN_FOLDERS = ["/run", "/var/lib", "/var/log"]


class Node:
    def __init__(self, cluster, number):
        self.cluster, self.network, self.processes = cluster, cluster.network, cluster.processes
        self.number = number
        self.name = f"node{number}"
        self.folder = os.path.join(cluster.state, self.name)
        self.cgroup = self.network.namespace(self.name)
        self.socket = os.path.join(self.folder, "containerd.sock")
        self.keeper = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return self.path(name)

    def make_room(self):
        """Starts the process that keeps the node's mounts, and waits until they are as they shall be."""
        machine.make_cgroup(self.cgroup)
        binds = ""
        for inside in OWN_FOLDERS:
            own = self.path("disk" + inside)
            os.makedirs(own)
            binds += f"mount --bind '{own}' {inside}; "
        # Images are unpacked into memory: half a gigabyte of small files is slow to write and slower to delete.
        images, ready = self.path("containerd"), self.path("room-ready")
        os.makedirs(images)
        script = (f"mount --make-rshared /; {binds}mount -t tmpfs -o mode=0700 images '{images}'; "
                  f"touch '{ready}'; exec sleep infinity")
        self.keeper = self.processes.start(f"{self.name}-room", ["unshare", "--mount", "--propagation=private", "sh", "-ec", script],
                                           self.network.enter(self.name))
        until(10, f"room for {self.name}", lambda: os.path.exists(ready), 0.02)

    def start(self, part, argv, **environment):
        if self.keeper is None:  # of an earlier program
            self.keeper = next((pid for pid, of in self.processes.find() if of == f"{self.name}-room"), None)
        if self.keeper is None:
            raise Failed(f"{self.name} has ended")
        enter = ["nsenter", f"--target={self.keeper}", "--net", "--mount", "--"]
        return self.processes.start(f"{self.name}-{part}", argv, enter, **environment)

    def start_containerd(self):
        program = self.cluster.program
        config = self.write("containerd.toml", containerd_config(
            self.folder, self.socket, program("containerd-shim-runc-v2"), self.write_cni()))
        self.start("containerd", [program("containerd"), "--config", config])

        def answers():
            self.processes.check(f"{self.name}-containerd")
            return subprocess.run([program("ctr"), "-a", self.socket, "version"], capture_output=True, check=False).returncode == 0
        until(60, f"containerd of {self.name}", answers)

    def write_cni(self):
        ranges = [[{"subnet": self.network.pods_of(self.number)}]]
        addresses = {"type": "host-local", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}], "dataDir": self.path("addresses")}
        bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "ipMasq": False, "hairpinMode": True, "ipam": addresses}
        self.write("cni/10-pods.conflist", {"cniVersion": "1.0.0", "name": "pods", "plugins": [
            bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]})
        return self.path("cni")

    def load(self, archive):
        try:
            run(self.cluster.program("ctr"), "-a", self.socket, "-n", "k8s.io", "images", "import", archive)
        except Failed as error:
            raise Failed(f"{self.name} does not take {archive}: {error}") from error

    def start_kubelet(self):
        keys, old = self.cluster.credentials, machine.is_old()
        self.write("resolv.conf", "")
        config = self.write("kubelet.json", {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "failCgroupV1": not old, "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{self.cgroup}",
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": keys.path("ca.crt")}},
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": keys.path(f"{self.name}-server.crt"), "tlsPrivateKeyFile": keys.path(f"{self.name}-server.key"),
            "address": self.network.node(self.number), "healthzBindAddress": "127.0.0.1",
            "clusterDNS": [self.network.dns_service], "clusterDomain": "cluster.local", "resolvConf": self.path("resolv.conf"),
            "failSwapOn": False, "volumePluginDir": self.path("plugins"),
            # The disk is the machine's; how full it is says nothing about this node.
            "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
            "evictionHard": {"memory.available": "50Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%",
                             "imagefs.available": "0%", "imagefs.inodesFree": "0%"},
            "nodeStatusUpdateFrequency": "4s", "nodeLeaseDurationSeconds": GRACE_SECONDS, "syncFrequency": "10s"})
        self.start("kubelet", [
            self.cluster.program("kubelet"), f"--config={config}", f"--kubeconfig={keys.kubeconfig(self.name)}",
            f"--hostname-override={self.name}", f"--node-ip={self.network.node(self.number)}",
            f"--root-dir={self.path('kubelet')}", f"--cert-dir={self.path('kubelet-keys')}",
            f"--node-labels=topology.kubernetes.io/zone=zone{self.number}"], **IMPATIENT)

    def start_proxy(self):
        config = self.write("proxy.json", {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables",
            "clientConnection": {"kubeconfig": self.cluster.credentials.kubeconfig("proxy")},
            "clusterCIDR": self.network.pods, "hostnameOverride": self.name, "bindAddress": "127.0.0.1",
            "healthzBindAddress": "127.0.0.1:10256", "metricsBindAddress": "127.0.0.1:10249",
            # Those limits are the whole machine's.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}})
        self.start("kube-proxy", [self.cluster.program("kube-proxy"), f"--config={config}"], **IMPATIENT)

    def start_policies(self):
        self.start("policies", [self.cluster.program("policies"), f"--kubeconfig={self.cluster.credentials.kubeconfig('policies')}",
                                f"--node={self.name}", f"--services={self.network.services}"])

    def holds_to_policies(self):
        """Its chain is there when it has heard of all policies; what comes later it follows at once."""
        self.processes.check(f"{self.name}-policies")
        return "KUBE-ROUTER-FORWARD" in run(*self.network.enter(self.name), "iptables", "-S", "FORWARD")


def containerd_config(folder, socket, shim, networks):
    unused = ["snapshotter.v1.btrfs", "snapshotter.v1.zfs", "snapshotter.v1.devmapper", "snapshotter.v1.blockfile",
              "snapshotter.v1.erofs", "nri.v1.nri"]
    disabled = json.dumps([f"io.containerd.{one}" for one in unused])
    runtime = "plugins.'io.containerd.cri.v1.runtime'"
    return f"""version = 3
root = "{folder}/containerd"
state = "{folder}/containerd-state"
disabled_plugins = {disabled}

[grpc]
address = "{socket}"

[ttrpc]
address = "{folder}/containerd.ttrpc.sock"

[plugins.'io.containerd.cri.v1.images']
snapshotter = "overlayfs"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{PAUSE}"

[{runtime}]
netns_mounts_under_state_dir = true
# A root without CAP_SYS_RESOURCE starts no pod otherwise.
restrict_oom_score_adj = true

[{runtime}.containerd]
default_runtime_name = "runc"

[{runtime}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = "{shim}"

[{runtime}.containerd.runtimes.runc.options]
BinaryName = "/usr/sbin/runc"
SystemdCgroup = false

[{runtime}.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{networks}"
"""
