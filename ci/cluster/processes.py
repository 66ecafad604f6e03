"""The processes of a cluster. Each carries the cluster's folder in its environment, and so does all
that it starts; that mark is how they are found again, also by a later program, so that nothing is
missed that was started and nothing is ended that merely got a number we once wrote down."""
import os
import signal
import subprocess
import time

MARK = "MUSTER_CLUSTER"
PART = "MUSTER_CLUSTER_PART"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(Exception):
    """What was asked for could not be done; the text is for people."""


def run(*argv):
    """The output of a program that has to succeed."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def until(seconds, what, look, pause=0.1):
    """What `look` returns as soon as it is true; a string that begins with '!' says why it is not."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        why = found[1:] if isinstance(found, str) and found.startswith("!") else ""
        if found and not why:
            return found
        if time.monotonic() > end:
            raise Failed(f"no {what} within {seconds} s{': ' + why if why else ''}")
        time.sleep(pause)


def alive(pid):
    """Whether it runs. What nobody has reaped yet does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False


def end_all(pids, number=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class Processes:
    def __init__(self, state):
        self.state = state
        self.started = {}  # by this program; the mark is not to be seen while a process becomes another program

    def log(self, part):
        return os.path.join(self.state, "log", f"{part}.log")

    def start(self, part, argv, enter=(), **environment):
        """`enter` is a command that takes the process to where it belongs, and becomes it."""
        os.makedirs(os.path.dirname(self.log(part)), exist_ok=True)
        with open(self.log(part), "ab") as log:
            self.started[part] = subprocess.Popen(
                [*enter, *argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                env={"PATH": PATH, "HOME": "/root", **environment, MARK: self.state, PART: part}).pid
        return self.started[part]

    def find(self):
        """[(number, part)] of all that run."""
        mark, found = f"{MARK}={self.state}".encode(), []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
            except OSError:
                continue
            if mark in variables and alive(int(name)):
                part = next((one for one in variables if one.startswith(PART.encode() + b"=")), b"=?")
                found.append((int(name), part.partition(b"=")[2].decode()))
        return sorted(found)

    def end(self, wanted, seconds):
        """Asks those whose part is `wanted` to end, and makes them after `seconds`."""
        def running():
            return [pid for pid, part in self.find() if wanted(part)]

        end_all(running(), signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while running() and time.monotonic() < deadline:
            time.sleep(0.05)

        looks = 0

        def gone():
            nonlocal looks
            left = running()
            end_all(left)
            looks = 0 if left else looks + 1
            return looks == 2  # one look may miss a process that becomes another program
        until(20, "end of the cluster's processes", gone, 0.03)

    def last_words(self, part):
        try:
            with open(self.log(part), encoding="utf-8", errors="replace") as file:
                return file.read()[-800:].strip()
        except OSError:
            return "no log"

    def check(self, part):
        if not alive(self.started[part]):
            raise Failed(f"{part} has ended: {self.last_words(part)}")
