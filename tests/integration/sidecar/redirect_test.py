"""A redirect in a network namespace of its own, as that of a pod: what comes in for the application's port gets to the sidecar, over
IPv4 and IPv6; what asks for the port of probes, or from within, gets to the application. The rules are read with nft."""
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import unittest

from peers import PATIENCE, PROGRAM, Sidecar, alone

REDIRECT = os.environ.get("MUSTER_REDIRECT") or os.path.join(os.path.dirname(PROGRAM), "muster-redirect")
PORT, TO, PROBES = 8080, 15001, 15002
POD4, POD6 = "192.0.2.2", "2001:db8::2"
ELSEWHERE = "198.51.100.1"  # behind the pod, as seen from here
RULES = [f"fib daddr type local tcp dport {PORT} redirect to :{TO}", f"fib daddr type local tcp dport {PROBES} redirect to :{PORT}"]
APPLICATION = f"""
import http.server, socket, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = (self.headers.get("X-Forwarded-For") or "direct").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
server = Server(("::", {PORT}), Answer)
print("serving", flush=True)
server.serve_forever()
"""


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE * 3)
    if done.returncode:
        raise AssertionError(f"{argv}: {done.stdout}{done.stderr}")
    return done.stdout


class Pod:
    """A network namespace with one way in, which is gone with the process that has it."""

    def __init__(self):
        # What ends when its input does, so that nothing is left of a test that is killed.
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo there; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "there\n":
            raise AssertionError("no network namespace")
        self.enter = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]
        run("ip", "link", "add", "here", "type", "veth", "peer", "name", "eth0", "netns", str(self.holder.pid))
        for inside, link, four, six in (([], "here", "192.0.2.1", "2001:db8::1"), (self.enter, "eth0", POD4, POD6)):
            run(*inside, "ip", "address", "add", f"{four}/24", "dev", link)
            run(*inside, "ip", "address", "add", f"{six}/64", "dev", link, "nodad")
            run(*inside, "ip", "link", "set", "lo", "up")
            run(*inside, "ip", "link", "set", link, "up")

    def run(self, *argv):
        return run(*self.enter, *argv)

    def redirect(self, *flags, within=()):
        return subprocess.run([*self.enter, *within, REDIRECT, *flags], capture_output=True, text=True, check=False, timeout=PATIENCE * 3)

    def start(self, *argv):
        return subprocess.Popen([*self.enter, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def rules(self):
        """Of all tables, as nft prints them."""
        return re.findall(r"^\t\t(.* redirect to .*)$", self.run("nft", "list", "ruleset"), re.M)

    def end(self):
        self.holder.stdin.close()
        self.holder.wait(PATIENCE)
        self.holder.stdout.close()
        # The namespace, and the link with it, goes a moment after its last process.
        subprocess.run(["ip", "link", "delete", "here"], capture_output=True, check=False)


class RedirectCase(unittest.TestCase):
    def setUp(self):
        self.pod = Pod()
        self.addCleanup(self.pod.end)

    def put(self, *flags):
        done = self.pod.redirect(*(flags or (f"--port={PORT}", f"--to={TO}", f"--probes={PROBES}")))
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout


class Rules(RedirectCase):
    def test_twice_is_once_and_another_port_takes_the_place_of_the_old(self):
        for _ in range(3):
            self.assertEqual(f"TCP for port {PORT} goes to {TO}\nTCP for port {PROBES} goes to {PORT}\n", self.put())
            self.assertEqual(RULES, self.pod.rules())
        self.put("--port=9000", "--to=15001")
        self.assertEqual(["fib daddr type local tcp dport 9000 redirect to :15001"], self.pod.rules())
        self.assertIn("type nat hook prerouting priority dstnat; policy accept;", self.pod.run("nft", "list", "ruleset"))

    def test_what_others_have_is_left_alone(self):
        others = "table inet other { chain c { type filter hook input priority 0; tcp dport 1 accept; }; }"
        self.pod.run("nft", others)
        before = self.pod.run("nft", "list", "table", "inet", "other")
        self.put()
        self.assertEqual(before, self.pod.run("nft", "list", "table", "inet", "other"))
        # In a table of this name they would not stay.
        self.pod.run("nft", "add", "rule", "inet", "muster_sidecar", "prerouting", "tcp", "dport", "7", "redirect", "to", ":8")
        self.put()
        self.assertEqual(RULES, self.pod.rules())

    def test_without_the_capability_it_says_so_and_changes_nothing(self):
        done = self.pod.redirect(f"--port={PORT}", f"--to={TO}", within=["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"])
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertRegex(done.stderr, "^error: nftables, the (table|transaction): Operation not permitted: it needs the capability NET_ADMIN\n$")
        self.assertEqual("", done.stdout)
        self.assertEqual("", self.pod.run("nft", "list", "ruleset"))

    def test_no_other_capability_is_needed(self):
        done = self.pod.redirect(f"--port={PORT}", f"--to={TO}", within=["setpriv", "--no-new-privs", "--bounding-set=-all,+net_admin", "--inh-caps=-all"])
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual(RULES[:1], self.pod.rules())

    def test_a_command_line_that_cannot_be_used_changes_nothing(self):
        self.assertEqual(2, self.pod.redirect("--port=0", "--to=15001").returncode)
        self.assertEqual("", self.pod.run("nft", "list", "ruleset"))


class PodSidecar(Sidecar):
    """The program in a pod, where its ports are the ones of a pod."""

    def __init__(self, pod):  # pylint: disable=super-init-not-called
        self.process = pod.start(PROGRAM, f"--upstream=127.0.0.1:{PORT}", f"--listen=:{TO}", f"--admin-listen=[{POD4}]:15020",
                                 "--limits=off", "--watch=none")
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if json.loads(line)["msg"] == "serving":
                break
        else:
            raise AssertionError(f"did not start: {self.lines}")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()


class Traffic(RedirectCase):
    def setUp(self):
        super().setUp()
        self.application = self.pod.start(sys.executable, "-c", APPLICATION)
        self.addCleanup(self.end, self.application)
        self.assertEqual("serving\n", self.application.stdout.readline())
        self.sidecar = PodSidecar(self.pod)
        self.addCleanup(self.end, self.sidecar.process)

    @staticmethod
    def end(process):
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()

    def ask(self, host, port):
        """(whether a sidecar answered, what the application saw)."""
        asking = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        try:
            asking.request("GET", "/")
            answer = asking.getresponse()
            return answer.getheader("X-Request-ID") is not None, answer.read().decode()
        finally:
            asking.close()

    def test_what_comes_in_gets_to_the_sidecar_and_probes_to_the_application(self):
        for host in (POD4, POD6):
            self.assertEqual((False, "direct"), self.ask(host, PORT))
        self.put()
        for host, client in ((POD4, "192.0.2.1"), (POD6, "2001:db8::1")):
            with self.subTest(host):
                self.assertEqual((True, client), self.ask(host, PORT))
                self.assertEqual((False, "direct"), self.ask(host, PROBES))
                self.assertEqual((True, client), self.ask(host, TO))

    def test_from_within_the_application_is_where_it_was(self):
        self.put()
        for host in ("127.0.0.1", POD4, "[::1]", f"[{POD6}]"):
            said = self.pod.run(sys.executable, "-c",
                                f"import urllib.request as u; print(u.urlopen('http://{host}:{PORT}/', timeout={PATIENCE}).read().decode())")
            self.assertEqual("direct\n", said)

    def test_what_is_passed_on_to_others_is_left_alone(self):
        self.put()
        run("ip", "route", "add", f"{ELSEWHERE}/32", "via", POD4)
        self.pod.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.pod.run("ip", "route", "add", "unreachable", f"{ELSEWHERE}/32")
        with self.assertRaises(OSError):
            self.ask(ELSEWHERE, PORT)
        self.pod.run("ip", "route", "delete", "unreachable", f"{ELSEWHERE}/32")
        self.pod.run("ip", "address", "add", f"{ELSEWHERE}/32", "dev", "lo")  # and with that address of its own:
        self.assertTrue(self.ask(ELSEWHERE, PORT)[0])


if __name__ == "__main__":
    alone()
    unittest.main()
