#!/usr/bin/env python3
"""The files of an image, out of this machine's Debian packages: programs with the libraries they need
and no more.

    rootfs.py ARCHIVE.tar [--package NAME]... [--file PATH[=PLACE]]... [--libraries FOLDER] [--folder PATH:UID:MODE]... [--user NAME:UID]

A package gives all its files but documentation, a file those it is linked to; libraries of FOLDER take the place of the
system's. PATH may be a folder. The same files give the same archive, byte for byte.
"""
import argparse
import io
import os
import re
import stat
import subprocess
import tarfile

UNNEEDED = re.compile(r"^/usr/(share/(doc|man|locale|lintian|bug|menu|applications|pixmaps|doc-base|binfmts)|lib/valgrind)/"
                      r"|/__pycache__/|/(test|tests|idlelib|lib2to3|ensurepip)/")
MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
EMPTY = {"tmp": 0o1777, "var/tmp": 0o1777, "run": 0o755, "proc": 0o755, "sys": 0o755, "dev": 0o755, "root": 0o700}


class Rootfs:
    def __init__(self):
        self.files = {}  # place without leading slash: path on this machine
        self.programs = []

    def add(self, path, place=None):
        """A file, a link with what it leads to, or a folder with all that is in it."""
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        place = (place or path).lstrip("/")
        if os.path.islink(path):
            if self.files.setdefault(place, path) == path:
                target = os.path.join(os.path.dirname(path), os.readlink(path))
                if os.path.exists(target) and not os.path.isdir(target):
                    self.add(target)
        elif os.path.isdir(path):
            for name in os.listdir(path):
                inner = os.path.join(path, name)
                if not UNNEEDED.search(inner + "/"):
                    self.add(inner, os.path.join(place, name))
        elif place not in self.files:
            self.files[place] = path
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    self.programs.append(path)

    def add_package(self, name):
        listed = subprocess.run(["dpkg", "-L", name], check=True, capture_output=True, text=True).stdout.splitlines()
        for path in listed:
            if not UNNEEDED.search(path) and not os.path.isdir(path) and os.path.lexists(path):
                self.add(path)

    def add_libraries(self, preferred):
        environment = os.environ | ({"LD_LIBRARY_PATH": preferred} if preferred else {})
        while self.programs:
            programs, self.programs = self.programs, []
            told = subprocess.run(["ldd", *programs], check=False, capture_output=True, text=True, env=environment).stdout
            if missing := re.findall(r"^\s*(\S+) => not found", told, re.M):
                raise SystemExit(f"error: libraries are not installed: {' '.join(sorted(set(missing)))}")
            for library in sorted(set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", told, re.M))):
                own = preferred and os.path.dirname(library) == preferred
                self.add(library, f"usr/lib/{os.path.basename(library)}" if own else None)

    def write(self, archive, user, folders):
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
            for link, target in MERGED.items():
                add_entry(tar, target, tarfile.DIRTYPE, 0o755)
                add_entry(tar, link, tarfile.SYMTYPE, 0o777, linkname=target)
            for folder, mode in EMPTY.items():
                add_entry(tar, folder, tarfile.DIRTYPE, mode)
            for folder in folders:
                path, uid, mode = folder.split(":")
                add_entry(tar, path.lstrip("/"), tarfile.DIRTYPE, int(mode, 8), uid=int(uid))
            name, uid = user.split(":")
            entries = {"root": "0"} | {name: uid}
            add_text(tar, "etc/passwd", "".join(f"{one}:x:{number}:{number}::/:/bin/sh\n" for one, number in entries.items()))
            add_text(tar, "etc/group", "".join(f"{one}:x:{number}:\n" for one, number in entries.items()))
            add_text(tar, "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
            for place, path in sorted(self.files.items()):
                if os.path.islink(path):
                    add_entry(tar, place, tarfile.SYMTYPE, 0o777, linkname=os.readlink(path))
                    continue
                with open(path, "rb") as file:
                    mode = 0o755 if os.stat(path).st_mode & stat.S_IXUSR else 0o644
                    add_entry(tar, place, tarfile.REGTYPE, mode, file)


def add_entry(tar, name, kind, mode, file=None, linkname="", uid=0):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname, entry.uid, entry.gid = kind, mode, linkname, uid, uid
    if file is not None:
        entry.size = file.seek(0, io.SEEK_END)
        file.seek(0)
    tar.addfile(entry, file)


def add_text(tar, name, text):
    add_entry(tar, name, tarfile.REGTYPE, 0o644, io.BytesIO(text.encode()))


def main():
    parser = argparse.ArgumentParser(description="The files of an image, out of Debian packages.")
    parser.add_argument("archive")
    for name in ("package", "file", "folder"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--libraries", default="", metavar="FOLDER")
    parser.add_argument("--user", default="nobody:65534", metavar="NAME:UID")
    given = parser.parse_args()
    rootfs = Rootfs()
    for package in given.package:
        rootfs.add_package(package)
    for file in given.file:
        path, _, place = file.partition("=")
        if not os.path.lexists(path):
            raise SystemExit(f"error: no file {path}")
        rootfs.add(path, place)
    rootfs.add_libraries(given.libraries)
    rootfs.write(given.archive, given.user, given.folder)


if __name__ == "__main__":
    main()
