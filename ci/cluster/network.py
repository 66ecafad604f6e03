"""The network of a cluster: a bridge in a namespace of its own, and on it the control plane, the nodes
and this machine, each with an address. Nothing leads further.

The bridge is apart because a namespace that both bridges and translates addresses sees every flow
twice, and drops it. A cluster has a number, so that the networks of two never meet.
"""
import json
import os
import subprocess
from dataclasses import dataclass

from processes import run

CLUSTERS_MAX = 8
API_PORT = 6443


@dataclass(frozen=True)
class Network:
    number: int
    nodes: int

    @property
    def lan(self):
        return f"10.213.{self.number}"

    host = property(lambda self: f"{self.lan}.1")
    control = property(lambda self: f"{self.lan}.10")
    pods = property(lambda self: f"10.{214 + self.number}.0.0/16")
    services = property(lambda self: f"10.{230 + self.number}.0.0/16")
    api_service = property(lambda self: f"10.{230 + self.number}.0.1")
    dns_service = property(lambda self: f"10.{230 + self.number}.0.10")
    host_link = property(lambda self: f"muster{self.number}")
    server = property(lambda self: f"https://{self.control}:{API_PORT}")

    def node(self, node):
        return f"{self.lan}.{10 + node}"

    def pods_of(self, node):
        return f"10.{214 + self.number}.{node}.0/24"

    def namespace(self, of):
        return f"muster{self.number}-{of}"

    def members(self):
        return ["control"] + [f"node{node}" for node in self.each_node()]

    def each_node(self):
        return range(1, self.nodes + 1)

    def enter(self, of):
        """The command that takes a process into a namespace. `ip netns exec` would hide the cgroups."""
        return ["nsenter", f"--net=/run/netns/{self.namespace(of)}", "--"]

    def set_up(self):
        lan = self.namespace("lan")
        run("ip", "netns", "add", lan)
        run("ip", "-n", lan, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", lan, "link", "set", "bridge", "up")
        self.sysctl("lan", **{"net/bridge/bridge-nf-call-iptables": 0, "net/ipv6/conf/all/disable_ipv6": 1})
        run("ip", "link", "add", self.host_link, "type", "veth", "peer", "name", "host", "netns", lan)
        self.plug("host")
        run("ip", "address", "add", f"{self.host}/24", "dev", self.host_link)
        run("ip", "link", "set", self.host_link, "up")
        for member in self.members():
            self.add_member(member)
        # From this machine: pods directly, Services through the first node, which translates them.
        for node in self.each_node():
            run("ip", "route", "add", self.pods_of(node), "via", self.node(node))
        run("ip", "route", "add", self.services, "via", self.node(1))

    def plug(self, port):
        lan = self.namespace("lan")
        run("ip", "-n", lan, "link", "set", port, "master", "bridge")
        run("ip", "-n", lan, "link", "set", port, "up")

    def add_member(self, member):
        name = self.namespace(member)
        run("ip", "netns", "add", name)
        self.sysctl(member, **{"net/ipv4/ip_forward": 1, "net/bridge/bridge-nf-call-iptables": 1,
                               "net/ipv6/conf/all/disable_ipv6": 1, "net/ipv6/conf/default/disable_ipv6": 1})
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "add", "lan", "type", "veth", "peer", "name", member, "netns", self.namespace("lan"))
        self.plug(member)
        address = self.control if member == "control" else self.node(int(member.removeprefix("node")))
        run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "lan")
        run("ip", "-n", name, "link", "set", "lan", "up")
        # Kubernetes looks for a default route; this one ends on a bridge where nobody takes it further.
        run("ip", "-n", name, "route", "add", "default", "dev", "lan")
        for node in self.each_node():
            if member != f"node{node}":
                run("ip", "-n", name, "route", "add", self.pods_of(node), "via", self.node(node))

    def sysctl(self, member, **values):
        writes = "".join(f"[ ! -e /proc/sys/{key} ] || echo {value} >/proc/sys/{key};" for key, value in values.items())
        run(*self.enter(member), "sh", "-e", "-c", writes)

    def cut(self, node, state):
        """`down` parts a node from all others, `up` joins it again."""
        run("ip", "-n", self.namespace("lan"), "link", "set", f"node{node}", state)

    def is_cut(self, node):
        link = json.loads(run("ip", "-j", "-n", self.namespace("lan"), "link", "show", f"node{node}"))[0]
        return "UP" not in link["flags"]

    def tear_down(self):
        subprocess.run(["ip", "link", "delete", self.host_link], capture_output=True, check=False)
        for member in [*self.members(), "lan"]:
            if os.path.exists(f"/run/netns/{self.namespace(member)}"):
                run("ip", "netns", "delete", self.namespace(member))

    def taken(self):
        """Whether something on this machine has the names or addresses of a cluster with this number."""
        mine = [f"{self.lan}.", self.pods.removesuffix("0.0/16"), self.services.removesuffix("0.0/16")]
        routes = [route.get("dst", "") for route in json.loads(run("ip", "-j", "route"))]
        return (any(route.startswith(tuple(mine)) for route in routes) or
                any(os.path.exists(f"/run/netns/{self.namespace(one)}") for one in [*self.members(), "lan"]))
