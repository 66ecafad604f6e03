"""A real PostgreSQL for one test: a folder, a port and a postmaster of its own. Run by root it is the user postgres,
because PostgreSQL refuses root."""
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading

from peers import PATIENCE, free_port

PROGRAMS = "/usr/lib/postgresql/15/bin"
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}


class Postgres:
    def __init__(self, *settings, primary=None):
        """`primary`: this one is its standby."""
        self.owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.folder = tempfile.mkdtemp(prefix="muster-pg-")
        if self.owner:
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        self.data = os.path.join(self.folder, "data")
        self.port = free_port()
        self.process = None
        try:
            if primary:
                self.tool("pg_basebackup", "-D", self.data, "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "-X", "stream",
                          "--checkpoint=fast", "-R", "--no-sync")
            else:
                self.tool("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions")
            self.settings = ["fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *settings]
            self.start()
        except BaseException:
            self.remove()
            raise

    def options(self):
        return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []} if self.owner else {}

    def tool(self, name, *flags):
        done = subprocess.run([os.path.join(PROGRAMS, name), *flags], env=ENVIRONMENT, cwd=self.folder, capture_output=True, text=True,
                              timeout=PATIENCE * 3, check=False, **self.options())
        if done.returncode:
            raise AssertionError(f"{name}: {done.stderr}")

    def start(self):
        flags = [word for setting in self.settings for word in ("-c", setting)]
        with open(os.path.join(self.folder, "log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([os.path.join(PROGRAMS, "postgres"), "-D", self.data, "-p", str(self.port), *flags],
                                            env=ENVIRONMENT, cwd=self.folder, stdout=log, stderr=log, **self.options())
        for _ in range(PATIENCE * 10):
            if subprocess.run([os.path.join(PROGRAMS, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0:
                return
            threading.Event().wait(0.1)
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            raise AssertionError(f"postgres does not answer: {log.read()[-2000:]}")

    def ask(self, statement):
        return subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-XAtc", statement], env=ENVIRONMENT,
                              check=True, capture_output=True, text=True, timeout=PATIENCE).stdout.strip()

    def hold(self):
        """A session that does nothing, until it is closed."""
        return subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-XAt"], env=ENVIRONMENT,
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rules(self, *lines):
        """Who may come in, from now on (pg_hba.conf)."""
        with open(os.path.join(self.data, "pg_hba.conf"), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        self.process.send_signal(signal.SIGHUP)

    def lets_in(self, user):
        """Without a password."""
        return subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-wXAtc", "select 1", "postgres"], env=ENVIRONMENT,
                              check=False, capture_output=True, timeout=PATIENCE).returncode == 0

    def family(self):
        """The postmaster and its children."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [self.process.pid, *map(int, file.read().split())]

    def signal_all(self, number):
        for pid in self.family():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)  # it makes no more of them
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)

    def stop(self):
        """At once; sessions are told."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    def remove(self):
        if self.process and self.process.poll() is None:
            self.thaw()
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)
