"""--check-config beside the start: what one refuses the other does not begin with, and says the same."""
import json
import os
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM

KEY = "0123456789abcdef0123456789abcdef"
FLAGS = ("--upstream", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--audit-log", "off")


def surroundings(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    return kept | more


def checked(*flags, **environment):
    done = subprocess.run([PROGRAM, *FLAGS, *flags, "--check-config"], capture_output=True, text=True, env=surroundings(**environment),
                          timeout=PATIENCE, check=False)
    return done.returncode, done.stdout + done.stderr


def started(*flags, **environment):
    """Its exit code and what it said; code 0: it served, until it was asked to end."""
    with subprocess.Popen([PROGRAM, *FLAGS, *flags], stderr=subprocess.PIPE, text=True, env=surroundings(**environment)) as process:
        said = []
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        for line in process.stderr:
            said.append(line)
            if line.startswith("{") and json.loads(line)["msg"] == "serving":
                process.terminate()
        late.cancel()
        return process.wait(PATIENCE), "".join(said)


def gone():
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


class CheckConfig(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.missing = os.path.join(folder.name, "missing")
        self.short, self.key, self.empty, self.text = (os.path.join(folder.name, name) for name in ("short", "key", "empty", "text"))
        for path, text in ((self.short, "short"), (self.key, KEY), (self.empty, ""), (self.text, "no certificate")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def refused(self, said, *flags, code=1, **environment):
        with self.subTest(flags=flags, environment=environment):
            found, why = checked(*flags, **environment)
            self.assertEqual(found, 2, why)
            self.assertIn(said, why)
            found, why = started(*flags, **environment)
            self.assertEqual(found, code, why)
            self.assertIn(said, why)

    def taken(self, *flags, **environment):
        with self.subTest(flags=flags, environment=environment):
            self.assertEqual(checked(*flags, **environment), (0, ""))
            found, why = started(*flags, **environment)
            self.assertEqual(found, 0, why)

    def test_keys(self):
        self.refused(self.missing, "--fingerprint-key-file", self.missing)
        for file in (self.short, self.empty):
            self.refused("can be guessed", "--fingerprint-key-file", file)
        self.refused("a fingerprint key of 5 bytes", MUSTER_FINGERPRINT_KEY="short")
        self.refused("a fingerprint key of 5 bytes", "--limits", "off", "--users", "on", "--user-header", "X-User", MUSTER_FINGERPRINT_KEY="short")
        self.refused(self.missing, "--drill-key-file", self.missing)
        self.refused("a key of drills of 5 bytes", MUSTER_DRILL_KEY="short")
        self.taken("--fingerprint-key-file", self.key, "--drill-key-file", self.key)
        self.taken("--limits", "off", "--fingerprint-key-file", self.short)  # which nobody asks for it

    def test_redis(self):
        redis = ("--redis", "127.0.0.1:1")
        shared = (*redis, "--fingerprint-key-file", self.key)
        self.refused("replicas know a client by a key", *redis)
        self.refused("replicas know a client by a key", *redis, "--limits", "off")
        self.refused("a fingerprint key of 5 bytes", *redis, "--limits", "off", MUSTER_FINGERPRINT_KEY="short")
        self.refused(self.missing, *shared, "--redis-password-file", self.missing)
        self.refused(self.missing, *shared, "--redis-tls", "--redis-ca-file", self.missing)
        self.refused(self.text, *shared, "--redis-tls", "--redis-ca-file", self.text)
        self.refused(self.missing, *shared, "--cache-bytes-max", "100000", "--cache-redis", "--redis-password-file", self.missing)
        self.taken(*shared, "--redis-password-file", self.key, "--cache-bytes-max", "100000", "--cache-redis",
                   "--limits-without-redis", "closed", "--limits-closed-after-seconds", "0")
        self.taken("--redis-ca-file", self.missing, "--redis-password-file", self.missing)  # of no Redis

    def test_where_figures_go(self):
        otlp = ("--export-otlp", "https://127.0.0.1:1/v1/metrics")
        self.refused(self.missing, *otlp, "--export-ca-file", self.missing)
        self.refused(self.text, *otlp, "--export-ca-file", self.text)
        self.taken(*otlp, "--export-header-file", f"api-key={self.key}")

    def test_what_is_watched(self):
        pid = gone()
        self.refused("no such process", "--watch", f"pid:{pid}")
        self.refused(str(pid), "--watch", f"cgroup:{pid}")
        self.refused("pod, none", "--watch", "nonsense")
        self.taken("--watch", f"pid:{os.getpid()}")

    def test_a_database(self):
        database = ("--database", "postgresql://shop@127.0.0.1:1/orders")
        self.refused(self.missing, *database, "--database-password-file", self.missing)
        self.taken(*database, "--database-password-file", self.key)

    def test_certificates(self):
        for flag in ("--tls", "--admin-tls"):
            self.refused(self.missing, f"{flag}-cert-file", self.missing, f"{flag}-key-file", self.key)
            self.refused(self.text, f"{flag}-cert-file", self.text, f"{flag}-key-file", self.key)

    def test_an_audit_log(self):
        self.refused(self.missing, "--audit-log", os.path.join(self.missing, "audit.log"))

    def test_what_mode_tcp_has_not(self):
        tcp = ("--mode", "tcp")
        profile = os.path.join(os.path.dirname(self.key), "profile.yaml")
        for flags, text, said in (
                (["--deny", "10.0.0.0/8"], "deny: [10.0.0.0/8]", "--deny '10.0.0.0/8' (deny"), (["--allow", "::1"], "allow: ['::1']", "--allow '::1'"),
                (["--concurrency-max", "3"], "concurrencyMax: 3", "--concurrency-max '3' (concurrencyMax"),
                (["--cache-bytes-max", "100000"], "cacheBytesMax: 100000", "--cache-bytes-max '100000'"),
                (["--body-bytes-max", "9"], "bodyBytesMax: 9", "--body-bytes-max '9'"),
                (["--content-security-policy", "default-src 'self'"], "contentSecurityPolicy: default-src 'self'", "--content-security-policy"),
                (["--users", "on"], "users: 'on'", "--users: mode tcp has no requests"), (["--rum-path", "/rum"], "rumPath: /rum", "--rum-path")):
            self.refused(said, *tcp, *flags, code=2)
            with open(profile, "w", encoding="utf-8") as file:
                file.write(f"mode: tcp\n{text}\n")
            self.refused(said, "--config", profile, code=2)
        self.taken(*tcp, "--limits", "dry-run", "--body-bytes-max", "0", "--connections-max", "9", "--tunnel-idle-seconds", "9")
        self.taken(*tcp, "--config", self.missing, "--config-optional")

    def test_what_is_read_when_it_is_needed_is_missed_before(self):
        """The sidecar serves without it, and answers 503 or warns where it is needed: that is said before."""
        for flags in (("--admin-read-token-file", self.missing), ("--admin-read-token-file", self.empty), ("--admin-token-file", self.missing),
                      ("--export-otlp", "http://127.0.0.1:1/v1/metrics", "--export-header-file", f"api-key={self.missing}")):
            with self.subTest(flags):
                code, why = checked(*flags)
                self.assertEqual(code, 2)
                self.assertIn(flags[-1].removeprefix("api-key="), why)
                code, why = started(*flags)
                self.assertEqual(code, 0, why)


if __name__ == "__main__":
    unittest.main(verbosity=2)
