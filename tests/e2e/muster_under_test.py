"""What the end-to-end tests share: a `muster` of one build with a state directory of its own.

Every test program runs the built program as a user would: commands, exit codes, signals, files. A
state directory lives under /tmp, because PostgreSQL's processes (another user, when the tests run as
root) must be able to enter it and because socket paths are short. Whatever happens in a test, the
end is the same: what still runs below the directory is killed by process id, the directory goes,
and a test that left something running is told so.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import yaml

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLANS = os.path.join(SOURCE, "dr-drills")
PROGRAM = os.environ.get("MUSTER", os.path.join(SOURCE, "build", "default", "cli", "muster"))

# As short as the rules of plans allow; machines of CI are slow, so nothing here is judged by time.
QUICK = (
    "spec.timing.baselineSeconds=8",
    "spec.timing.holdSeconds=3",
    "spec.timing.sampleSeconds=3",
    "spec.timing.validationSeconds=5",
)


def plan(name):
    return os.path.join(PLANS, name + ".yaml")


def copy_for_anybody(folder):
    """The program and the plans, where another user may run them: a checkout may be locked."""
    shutil.copy(PROGRAM, folder)
    shutil.copytree(PLANS, os.path.join(folder, "dr-drills"))


def processes_below(directory):
    """Living processes that work in `directory`, or name it on their command line."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                if stat.read().rpartition(") ")[2][:1] in "ZX":
                    continue
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            where = os.readlink(f"/proc/{entry}/cwd")
        except OSError:
            continue
        if directory in command or (where + "/").startswith(directory + "/"):
            found[int(entry)] = command
    return found


class Ended:
    """One command that has ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Running:
    """A `muster` that runs, with its output going to files that can be read meanwhile."""

    def __init__(self, argv, env, directory, **options):
        self.paths = [tempfile.mktemp(dir=directory, prefix=kind) for kind in ("out-", "err-")]
        with open(self.paths[0], "wb") as out, open(self.paths[1], "wb") as err:
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, **options)

    def text(self, which):
        with open(self.paths[which], encoding="utf-8", errors="replace") as file:
            return file.read()

    def until(self, pattern, seconds=90):
        """Waits until stderr holds `pattern`; the match."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            ended = self.process.poll() is not None
            match = re.search(pattern, self.text(1))
            if match:
                return match
            if ended:
                break
            time.sleep(0.02)
        raise AssertionError(
            f"'{pattern}' did not come\n--- stdout\n{self.text(0)}\n--- stderr\n{self.text(1)}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=180):
        self.process.wait(timeout=seconds)
        return Ended(self.process.returncode, self.text(0), self.text(1))


class Muster:
    """The built program with a state directory of its own."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="muster-e2e.", dir="/tmp")
        os.chmod(self.top, 0o755)
        self.state = os.path.join(self.top, "state")
        self.env = dict(os.environ, MUSTER_STATE_DIR=self.state, NO_COLOR="1")

    def start(self, *arguments, env=None, prefix=(), **options):
        """`prefix` is a program that becomes `muster` at its end."""
        return Running([*prefix, PROGRAM, *arguments], dict(self.env, **(env or {})), self.top,
                       **options)

    def run(self, *arguments, seconds=180, **options):
        return self.start(*arguments, **options).wait(seconds)

    def drill(self, name, *sets, options=(), start=False, **more):
        arguments = ["drill", "run", plan(name), *options]
        for change in (*QUICK, *sets):
            arguments += ["--set", change]
        return self.start(*arguments, **more) if start else self.run(*arguments, **more)

    def guardian_of(self, drill=None):
        """The process id of a drill's guardian; None if it has none."""
        try:
            with open(os.path.join(drill or self.drills()[-1], "guardian.pid"),
                      encoding="utf-8") as file:
                return int(file.read())
        except OSError:
            return None

    def kill(self, drill):
        """The drill dies and its guardian with it, so that nobody undoes anything."""
        guardian = self.guardian_of()
        drill.signal(signal.SIGKILL)
        if guardian is not None:
            os.kill(guardian, signal.SIGKILL)
        return drill.wait(10)

    def drills(self):
        """The folders of the drills, oldest first."""
        folder = os.path.join(self.state, "drills")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        paths = [os.path.join(folder, name) for name in names]
        return sorted(paths, key=lambda path: os.stat(path).st_ctime_ns)

    def report(self, drill=None):
        with open(os.path.join(drill or self.drills()[-1], "report.json"), encoding="utf-8") as file:
            return json.load(file)

    def system_ports(self, name="postgres-pair"):
        path = os.path.join(self.state, "systems", name, "state.json")
        with open(path, encoding="utf-8") as file:
            return json.load(file)["ports"]

    def script(self, system, name, *arguments):
        """A script of a system, by hand, with the environment that `muster` gives it."""
        home = os.path.join(PLANS, "systems", system)
        folder = os.path.join(self.state, "systems", system)
        with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
            state = json.load(file)
        env = dict(os.environ, MUSTER_DIR=folder, MUSTER_HOME=home)
        for kind in ("port", "parameter"):
            for key, value in state[kind + "s"].items():
                word = "PORT" if kind == "port" else "PARAM"
                env[f"MUSTER_{word}_{re.sub('[^A-Z0-9]', '_', key.upper())}"] = str(value)
        subprocess.run([os.path.join(home, name), *arguments], env=env, cwd=home, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def sql(self, instance, statement, system="postgres-pair"):
        """One value from an instance, as a client of the address sees it; None if it is down."""
        done = subprocess.run(
            ["psql", "-XqAt", "-h", "127.0.0.1", "-p", str(self.system_ports(system)[instance]),
             "-U", "muster", "-d", "app", "-c", statement],
            env=dict(os.environ, PGCONNECT_TIMEOUT="3"), capture_output=True, text=True,
            check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def superuser(self, node, statement):
        """A statement on a node of the pair, over its private socket."""
        folder = os.path.join(self.state, "systems", "postgres-pair")
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, "psql", "-XqAt", "-h", os.path.join(folder, "run", node),
                        "-p", str(self.system_ports()[node]), "-U", "postgres", "-c", statement],
                       cwd=folder, check=True, capture_output=True)

    @contextlib.contextmanager
    def writer(self, node):
        """A user who writes an order 50 times a second, for as long as the block lasts."""
        argv = ["psql", "-XqAt", "-h", "127.0.0.1", "-p", str(self.system_ports()[node]),
                "-U", "muster", "-d", "app"]
        order = "insert into orders (customer_id, item, quantity, price_cents) values (1, 'x', 1, 1)"
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, text=True)
        process.stdin.write(order + "\n\\watch 0.02\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def changed_plan(self, name, spec):
        """A shipped plan with other parts in its spec; the path of the file without .yaml."""
        with open(plan(name), encoding="utf-8") as file:
            document = yaml.safe_load(file)
        document["spec"].update(spec)
        local = document["spec"]["target"]["local"]
        local["system"] = os.path.join(PLANS, "systems", local["system"])
        path = tempfile.mktemp(dir=self.top, prefix="plan-")
        with open(path + ".yaml", "w", encoding="utf-8") as file:
            json.dump(document, file)
        return path

    def roles(self, system="postgres-pair"):
        """What each instance is now: 'primary', 'standby' or 'down'."""
        words = {"f": "primary", "t": "standby", None: "down"}
        return {node: words[self.sql(node, "select pg_is_in_recovery()", system)]
                for node in ("a", "b")}

    def close(self):
        """Ends everything below the state directory and removes it; what had to be killed."""
        left = processes_below(self.top)
        for pid in left:
            for number in (signal.SIGKILL, signal.SIGCONT):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
        limit = time.monotonic() + 10
        while processes_below(self.top) and time.monotonic() < limit:
            time.sleep(0.05)
        shutil.rmtree(self.top, ignore_errors=True)
        return left


class Case(unittest.TestCase):
    """A test with helpers; the class may share one Muster."""

    muster = None

    def assert_exit(self, ended, *codes):
        self.assertIn(ended.code, codes, str(ended))

    def assert_nothing_runs(self):
        """Neither servers nor relays nor commands of this state directory are left."""
        limit = time.monotonic() + 5
        while processes_below(self.muster.top) and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertEqual(processes_below(self.muster.top), {})

    def assert_pair(self, primary):
        """The pair is whole: this one takes writes and the other one streams from it."""
        standby = "b" if primary == "a" else "a"
        self.assertEqual(self.muster.roles(), {primary: "primary", standby: "standby"})
        streams = self.muster.sql(
            primary, "select count(*) from pg_stat_replication where state = 'streaming'")
        self.assertEqual(streams, "1")

    def assert_no_ledger_left(self, primary):
        found = self.muster.sql(
            primary, "select count(*) from pg_namespace where nspname like 'muster_drill%'")
        self.assertEqual(found, "0")


class SystemCase(Case):
    """One system for all tests of a class, which run in order; nothing of it is left at the end."""

    plan = None
    system = None  # its name

    def is_checked(self):
        """The system's own check finds it whole."""
        try:
            self.muster.script(self.system, "check.sh")
        except subprocess.CalledProcessError:
            return False
        return True

    def end(self, drill):
        """Of a drill that a failed test left behind."""
        if drill.process.poll() is None:
            self.muster.kill(drill)
            self.muster.run("drill", "recover")

    @classmethod
    def prepare(cls):
        """May choose the plan, when there is a Muster."""

    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)
        cls.prepare()
        started = cls.muster.run("system", "start", plan(cls.plan))
        if started.code != 0:
            raise AssertionError(str(started))

    @classmethod
    def tearDownClass(cls):
        stopped = cls.muster.run("system", "stop", plan(cls.plan))
        left = processes_below(cls.muster.top)
        if stopped.code != 0 or left:
            raise AssertionError(f"{stopped}\nstill running: {left}")
