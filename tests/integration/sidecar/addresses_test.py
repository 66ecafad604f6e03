"""Both families: ":PORT" is every address, a client of IPv4 is the same one through whichever socket, an application is found where
it listens, and a machine without IPv6 lacks nothing else. In a network namespace of its own, whose settings are the tests'."""
import ctypes
import errno
import http.client
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM, Application, Case, Peer, alone, echo, free_port

FOUR, SIX, MAPPED = "127.0.0.1", "::1", "::ffff:127.0.0.1"
EVERY = ("--listen", ":0", "--admin-listen", ":0")
RULE = '{"name": "all", "limits": [{"requests": 4, "seconds": 3600}]}'
# What takes a flag, and then runs a program for which the kernel has no sockets of IPv6.
NO_SOCKETS = "--without-sockets-of-ipv6"


def get(*lines, path="/"):
    return b"".join([f"GET {path} HTTP/1.1\r\nHost: shop\r\n".encode(), *(f"{line}\r\n".encode() for line in lines), b"\r\n"])


def ask(host, port, request=get(), zone=0):
    """One request over a connection of its own."""
    six = ":" in host
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET) as sock:
        sock.settimeout(PATIENCE)
        sock.connect((host, port, 0, zone) if six else (host, port))
        return Peer(sock).send(request).response()


def forwarded_for(response):
    """As the application got it, which answers with the request's head."""
    lines = response.body.decode().split("\r\n")
    return [line.split(": ", 1)[1] for line in lines if line.startswith("X-Forwarded-For: ")]


def status_of(host, port, method, path, body=None, headers=None):
    link = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        link.request(method, path, body, headers or {})
        return link.getresponse().status
    finally:
        link.close()


def set_kernel(name, value):
    with open(f"/proc/sys/net/ipv6/{name}", "w", encoding="ascii") as file:
        file.write(value)


class Addresses(Case):
    def at(self, host, port=0, serve=echo):
        out = Application(serve, host=host, port=port)
        self.addCleanup(self._close_application, out)
        return out


class Ports(Addresses):
    def setUp(self):
        # Else a socket of IPv6 might take IPv4 without being told to.
        set_kernel("bindv6only", "1")
        self.addCleanup(set_kernel, "bindv6only", "0")

    def test_no_host_is_every_address_of_both_families(self):
        for threads in ("1", "2"):
            sidecar = self.sidecar(self.application(), *EVERY, "--threads", threads, "--otlp-listen", ":0", "--rum-listen", ":0")
            for host in (FOUR, SIX):
                with self.subTest(host=host, threads=threads):
                    self.assertEqual([host], forwarded_for(ask(host, sidecar.port)))
                    self.assertEqual(200, status_of(host, sidecar.admin_port, "GET", "/livez"))
                    self.assertEqual(405, status_of(host, int(sidecar.said["otlp_port"]), "GET", "/v1/metrics"))
                    self.assertEqual(200, status_of(host, int(sidecar.said["rum_port"]), "GET", "/muster/rum.js"))

    def test_packets_are_heard_over_both_families(self):
        sidecar = self.sidecar(self.application(), "--statsd-listen", ":0")
        for family, host in ((socket.AF_INET, FOUR), (socket.AF_INET6, SIX)):
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.sendto(b"orders:1|c", (host, int(sidecar.said["statsd_port"])))
        sidecar.until_metric("orders_total", 2)

    def test_a_host_is_that_address_and_brackets_are_right_around_both(self):
        for host, other in ((FOUR, SIX), (SIX, FOUR)):
            sidecar = self.sidecar(self.application(), "--listen", f"[{host}]:0", "--admin-listen", f"[{host}]:0")
            self.assertEqual([host], forwarded_for(ask(host, sidecar.port)))
            self.assertEqual(200, status_of(host, sidecar.admin_port, "GET", "/livez"))
            for port in (sidecar.port, sidecar.admin_port):
                with self.assertRaises(ConnectionRefusedError):
                    ask(other, port)

    def test_a_port_that_is_taken_in_one_family_is_taken(self):
        for host in (FOUR, SIX):
            taken = self.at(host)
            done = subprocess.run([PROGRAM, "--upstream", "localhost:1", "--listen", f":{taken.port}", "--admin-listen", ":0"],
                                  capture_output=True, text=True, check=False, timeout=PATIENCE)
            self.assertEqual(1, done.returncode, done.stderr)
            self.assertIn(f"cannot listen on port {taken.port}", done.stderr)


class Clients(Addresses):
    def test_one_of_ipv4_is_the_same_through_every_socket(self):
        sidecar = self.sidecar(self.application(), *EVERY, "--limits", "on", "--limit-rule", RULE)
        seen = [ask(host, sidecar.port).status for host in (FOUR, MAPPED, FOUR, MAPPED, FOUR, MAPPED)]
        self.assertEqual([200] * 4 + [429] * 2, seen)
        self.assertEqual(200, ask(SIX, sidecar.port).status)

    def test_what_a_trusted_proxy_says_is_the_same_in_every_form(self):
        sidecar = self.sidecar(self.application(), *EVERY, "--limits", "on", "--limit-rule", RULE,
                               "--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", SIX)
        for forms in (("192.0.2.1", "::ffff:192.0.2.1", "[::ffff:c000:201]:443", "192.0.2.1:80"),
                      ("2001:db8::1", "[2001:db8:0:0::2]", "2001:DB8::3", "[2001:db8::1]:8080")):
            for at, form in enumerate((*forms, forms[0])):
                host = (FOUR, SIX)[at % 2]
                with self.subTest(form=form, host=host):
                    self.assertEqual(200 if at < 4 else 429, ask(host, sidecar.port, get(f"X-Forwarded-For: {form}")).status)

    def test_lists_know_them(self):
        for flag, value in (("--deny", FOUR), ("--deny", MAPPED), ("--deny", "127.0.0.0/8"), ("--deny", "::ffff:127.0.0.0/104")):
            sidecar = self.sidecar(self.application(), *EVERY, "--limits", "on", flag, value)
            self.assertEqual([403, 403, 200], [ask(host, sidecar.port).status for host in (FOUR, MAPPED, SIX)], value)
        sidecar = self.sidecar(self.application(), *EVERY, "--limits", "on", "--deny", "::/0")  # speaks of IPv6 alone
        self.assertEqual([200, 403], [ask(host, sidecar.port).status for host in (FOUR, SIX)])

    def test_faults_for_a_peer_know_them(self):
        with tempfile.NamedTemporaryFile("w", delete=False, prefix="muster-token.") as file:
            file.write("a-token-of-a-test\n")
        self.addCleanup(os.unlink, file.name)
        sidecar = self.sidecar(self.application(), *EVERY, "--admin-token-file", file.name)
        fault = {"id": "f", "owner": "test", "kind": "abort", "leaseSeconds": 10, "status": 503, "peer": "127.0.0.0/8"}
        said = status_of(SIX, sidecar.admin_port, "POST", "/api/faults", json.dumps(fault), {"Authorization": "Bearer a-token-of-a-test"})
        self.assertEqual(201, said)
        self.assertEqual([503, 503, 200], [ask(host, sidecar.port).status for host in (FOUR, MAPPED, SIX)])

    def test_applications_are_told_plain_addresses(self):
        sidecar = self.sidecar(self.application(), *EVERY)
        for host, client in ((FOUR, FOUR), (MAPPED, FOUR), (SIX, f'"[{SIX}]"')):
            answer = ask(host, sidecar.port, get("Forwarded: for=192.0.2.7"))
            self.assertEqual([client.strip('"[]')], forwarded_for(answer))
            self.assertIn(f"Forwarded: for=192.0.2.7, for={client};proto=http\r\n", answer.body.decode())

    def test_a_zone_of_this_machine_is_told_nobody(self):
        for argv in ("link add here type veth peer name there", "address add fe80::7/64 dev here nodad", "link set here up", "link set there up"):
            subprocess.run(["ip", *argv.split()], check=True, timeout=PATIENCE)
        self.addCleanup(subprocess.run, ["ip", "link", "delete", "here"], check=True, timeout=PATIENCE)
        sidecar = self.sidecar(self.application(), *EVERY)
        self.assertEqual(["fe80::7"], forwarded_for(ask("fe80::7", sidecar.port, zone=socket.if_nametoindex("here"))))


class Upstreams(Addresses):
    def localhost(self, port, *flags, **options):
        return self.sidecar(port, *EVERY, "--upstream", f"localhost:{port}", *flags, **options)

    def until_ready(self, sidecar, status, text):
        """What /readyz says of the application."""
        for _ in range(PATIENCE * 50):
            seen = sidecar.admin("/readyz")
            if (seen[0], seen[1].lower().split("application")[-1]) == (status, text):
                return
            threading.Event().wait(0.02)
        raise AssertionError(f"not {status}: {seen}")

    def test_localhost_is_found_in_the_family_in_which_it_listens(self):
        for host in (FOUR, SIX):
            sidecar = self.localhost(self.at(host).port, "--upstream-idle-max", "0")
            for _ in range(3):
                self.assertEqual(200, ask(FOUR, sidecar.port).status)
            self.until_ready(sidecar, 200, "\n")
            self.assertEqual(0, sidecar.figure('upstream_errors_total{kind="refused"}'))

    def test_localhost_in_mode_tcp(self):
        def serve(peer, _):
            peer.send(b"hello")
        for host in (FOUR, SIX):
            sidecar = self.localhost(self.at(host, serve=serve).port, "--mode", "tcp")
            self.assertEqual(b"hello", self.connect(sidecar).rest())

    def test_one_that_moves_to_the_other_family_is_followed(self):
        port = free_port()
        sidecar = self.localhost(port, "--upstream-idle-max", "0")
        self.assertEqual("upstream_refused", ask(FOUR, sidecar.port).error()["reason"])
        self.until_ready(sidecar, 503, ": connection refused\n")
        for host in (SIX, FOUR, SIX):
            application = self.at(host, port)
            self.assertEqual(200, ask(FOUR, sidecar.port).status)
            self.until_ready(sidecar, 200, "\n")
            application.close()
            self.assertEqual(503, ask(FOUR, sidecar.port).status)

    def test_a_number_is_that_address_and_no_other(self):
        six = self.at(SIX)
        sidecar = self.sidecar(six.port)
        self.assertEqual(503, sidecar.ask(get()).status)
        sidecar = self.sidecar(six.port, "--upstream", f"[{SIX}]:{six.port}")
        self.assertEqual(200, sidecar.ask(get()).status)
        # Who says no host is told the one that was configured.
        self.assertIn(f"Host: [{SIX}]:{six.port}\r\n", sidecar.ask(b"GET / HTTP/1.0\r\n\r\n").body.decode())


class WithoutIPv6(Addresses):
    def serves(self, **options):
        application = self.application()
        sidecar = self.sidecar(application, *EVERY, "--upstream", f"localhost:{application.port}", "--statsd-listen", ":0",
                               "--upstream-idle-max", "0", **options)
        for _ in range(2):
            self.assertEqual([FOUR], forwarded_for(ask(FOUR, sidecar.port)))
        self.assertEqual(200, status_of(FOUR, sidecar.admin_port, "GET", "/livez"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"orders:1|c", (FOUR, int(sidecar.said["statsd_port"])))
        sidecar.until_metric("orders_total", 1)
        # Its other place cannot even be tried.
        application.close()
        answer = ask(FOUR, sidecar.port)
        self.assertEqual((503, "upstream_refused"), (answer.status, answer.error()["reason"]))

    def test_a_machine_on_which_it_is_switched_off(self):
        for scope in ("all", "default", "lo"):
            set_kernel(f"conf/{scope}/disable_ipv6", "1")
            self.addCleanup(set_kernel, f"conf/{scope}/disable_ipv6", "0")
        with self.assertRaises(OSError):
            ask(SIX, 1)
        self.serves()

    def test_a_kernel_that_does_not_have_it(self):
        within = [sys.executable, os.path.abspath(__file__), NO_SOCKETS]
        tried = subprocess.run([*within, sys.executable, "-c", "import socket; socket.socket(socket.AF_INET6)"],
                               capture_output=True, text=True, check=False, timeout=PATIENCE)
        self.assertIn("Address family not supported", tried.stderr)
        self.serves(within=within)


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32)]


class Instructions(ctypes.Structure):
    _fields_ = [("count", ctypes.c_uint16), ("first", ctypes.POINTER(Instruction))]


def without_sockets_of_ipv6():
    """From now on socket(AF_INET6, …) fails as where the kernel does not have it, for this process and its children: seccomp(2)."""
    number = {"x86_64": 41, "aarch64": 198}[platform.machine()]
    load, equals, answer = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
    program = (Instruction * 6)(
        (load, 0, 0, 0), (equals, 0, 3, number),                # the number of the call
        (load, 0, 0, 16), (equals, 0, 1, socket.AF_INET6),      # its first argument
        (answer, 0, 0, 0x0005_0000 | errno.EAFNOSUPPORT), (answer, 0, 0, 0x7FFF_0000))
    filters = Instructions(len(program), program)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    no_new_privileges, seccomp, mode_filter = 38, 22, 2
    if prctl(no_new_privileges, 1, 0, 0, 0) or prctl(seccomp, mode_filter, ctypes.addressof(filters), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    if sys.argv[1:2] == [NO_SOCKETS]:
        without_sockets_of_ipv6()
        os.execvp(sys.argv[2], sys.argv[2:])
    alone()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=PATIENCE)
    unittest.main()
