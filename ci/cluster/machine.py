"""What a cluster takes of the machine, and gives back: a number, settings of the kernel that kubelets
change for all, cgroups. Lies in /run, so that programs that know nothing of one another share it."""
import contextlib
import fcntl
import json
import os

from network import CLUSTERS_MAX, Network
from processes import Failed, end_all, run, until

CLAIMS = "/run/muster-clusters"
SETTINGS = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
            "kernel/keys/root_maxbytes"]


@contextlib.contextmanager
def locked(folder):
    """One program at a time; the lock ends with its holder, however it ends."""
    os.makedirs(folder, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Failed(f"{folder} is in use by another program that starts or ends a cluster") from error
    finally:
        os.close(lock)


@contextlib.contextmanager
def shared():
    """The claims, for a moment. Whoever made them empty takes the folder away."""
    while True:
        os.makedirs(CLAIMS, exist_ok=True)
        lock = os.open(CLAIMS, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(CLAIMS) and os.path.samestat(os.fstat(lock), os.stat(CLAIMS)):
            break
        os.close(lock)
    try:
        yield
    finally:
        os.close(lock)


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def write_json(path, value):
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".part", path)


def claimed():
    """{number: folder of the cluster}"""
    return {int(name): read_json(os.path.join(CLAIMS, name)) for name in os.listdir(CLAIMS) if name.isdigit()}


def claim(state, nodes):
    """A number that no other cluster of this machine has."""
    with shared():
        before = os.path.join(CLAIMS, "before")
        if not os.path.exists(before):
            values = {key: open_setting(key) for key in SETTINGS if os.path.exists(f"/proc/sys/{key}")}
            write_json(before, {"settings": values, "netns": os.path.ismount("/run/netns")})
        claims = claimed()
        for number in range(CLUSTERS_MAX):
            if number not in claims and not Network(number, nodes).taken():
                write_json(os.path.join(CLAIMS, str(number)), state)
                return number
        raise Failed(f"{CLUSTERS_MAX} clusters are up, or their addresses are taken: {sorted(claims.values())}")


def release(state):
    """Gives the number back; with the last one, the machine is as it was before the first."""
    with shared():
        for number, owner in claimed().items():
            if owner == state:
                os.unlink(os.path.join(CLAIMS, str(number)))
        if claimed():
            return
        before = read_json(os.path.join(CLAIMS, "before")) or {"settings": {}, "netns": True}
        for key, value in before["settings"].items():
            if open_setting(key) != value:
                with open(f"/proc/sys/{key}", "w", encoding="utf-8") as file:
                    file.write(value)
        if not before["netns"] and os.path.ismount("/run/netns") and not os.listdir("/run/netns"):
            run("umount", "/run/netns")
            os.rmdir("/run/netns")
        for name in os.listdir(CLAIMS):
            os.unlink(os.path.join(CLAIMS, name))
        os.rmdir(CLAIMS)


def open_setting(key):
    with open(f"/proc/sys/{key}", encoding="utf-8") as file:
        return file.read().strip()


def hierarchies(kind):
    """Where cgroups of a kind are mounted: `cgroup` has a folder per controller, `cgroup2` one for all."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        return [line.split()[1] for line in file if line.split()[2] == kind]


def is_old():
    """Whether the controllers are in the old kind; an empty hierarchy of the new one may be beside it."""
    return bool(hierarchies("cgroup"))


def make_cgroup(name):
    for hierarchy in hierarchies("cgroup" if is_old() else "cgroup2"):
        folder = os.path.join(hierarchy, name)
        os.makedirs(folder, exist_ok=True)
        # A new cpuset is empty: nothing could run in it.
        for file in ("cpuset.cpus", "cpuset.mems") if is_old() else ():
            if os.path.exists(os.path.join(folder, file)):
                with open(os.path.join(hierarchy, file), encoding="utf-8") as above, \
                        open(os.path.join(folder, file), "w", encoding="utf-8") as own:
                    own.write(above.read())
        # A node's processors are its own: its pods do not share theirs, as equals, with whatever else the machine does.
        weight = ("cpu.shares", "16384") if is_old() else ("cpu.weight", "1000")
        if os.path.exists(os.path.join(folder, weight[0])):
            with open(os.path.join(folder, weight[0]), "w", encoding="utf-8") as own:
                own.write(weight[1])


def folders_of(name):
    for hierarchy in hierarchies("cgroup") + hierarchies("cgroup2"):
        yield from (folder for folder, _, _ in os.walk(os.path.join(hierarchy, name), topdown=False))


def pids_in(name):
    found = set()
    for folder in folders_of(name):
        with contextlib.suppress(OSError):
            with open(os.path.join(folder, "cgroup.procs"), encoding="utf-8") as file:
                found.update(int(line) for line in file)
    return found


def remove_cgroup(name):
    """Ends all that is in it: containers outlive whoever started them."""
    def removed():
        end_all(pids_in(name))
        for folder in list(folders_of(name)):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        return not list(folders_of(name))
    until(20, f"end of the containers in cgroup {name}", removed, 0.05)
