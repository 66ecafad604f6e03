#!/usr/bin/env python3
"""clang-tidy over libs/ and cli/, in parallel, and only over what changed.

A clean result is remembered under the hash of everything of ours that went in: the file, the
headers of this repository it reaches, its flags, .clang-tidy and the program's version. The cache
lives in ${XDG_CACHE_HOME:-~/.cache}/muster/clang-tidy and can be deleted at any time.

    ci/clang_tidy.py BUILD_FOLDER [FILE...]
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time

PROGRAM = "clang-tidy-19"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "muster", "clang-tidy")
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.M)
CACHE_DAYS = 30
# What ships. Tests are run under sanitizers, which is the better check for them.
CHECKED = ("libs/", "cli/", "operator/", "sidecar/")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def reach(path, seen):
    """The file and every header of this repository it includes, directly or not."""
    if path in seen:
        return
    seen[path] = read(path)
    for name in INCLUDE.findall(seen[path]):
        name = name.decode()
        for folder in (os.path.join(ROOT, "libs"), ROOT, os.path.dirname(path)):
            found = os.path.normpath(os.path.join(folder, name))
            if os.path.isfile(found):
                reach(found, seen)
                break


def key_of(entry, shared):
    seen = {}
    reach(entry["file"], seen)
    digest = hashlib.sha256(shared)
    flags = [w for w in shlex.split(entry["command"]) if not w.endswith((".o", ".cpp"))]
    digest.update(" ".join(flags).replace(ROOT, "").encode())
    for path in sorted(seen):
        digest.update(os.path.relpath(path, ROOT).encode() + b"\0" + seen[path] + b"\0")
    return digest.hexdigest()


def run(entry, build, shared):
    """Returns (output, seconds) or None when the cache knows that the file is clean."""
    mark = os.path.join(CACHE, key_of(entry, shared))
    if os.path.exists(mark):
        os.utime(mark)
        return None
    start = time.monotonic()
    # The sanitizers' instrumentation is nothing clang-tidy looks at.
    done = subprocess.run([PROGRAM, "-p", build, "--quiet", "--extra-arg=-fno-sanitize=all",
                           "--extra-arg=-Wno-unused-command-line-argument", entry["file"]],
                          check=False, capture_output=True, text=True)
    if done.returncode == 0:
        with open(mark, "w", encoding="utf-8"):
            pass
        return "", time.monotonic() - start
    return done.stdout or done.stderr, time.monotonic() - start


def forget_old():
    limit = time.time() - CACHE_DAYS * 86400
    for name in os.listdir(CACHE):
        path = os.path.join(CACHE, name)
        if os.path.getmtime(path) < limit:
            os.unlink(path)


def main():
    build = sys.argv[1]
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = {e["file"]: e for e in json.load(file)
                   if e["file"].startswith(ROOT)}
    if len(sys.argv) > 2:
        wanted = {os.path.abspath(p) for p in sys.argv[2:]}
        entries = {path: e for path, e in entries.items() if path in wanted}
    else:
        entries = {path: e for path, e in entries.items()
                   if os.path.relpath(path, ROOT).startswith(CHECKED)}
    os.makedirs(CACHE, exist_ok=True)
    forget_old()
    version = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True).stdout
    shared = version + read(os.path.join(ROOT, ".clang-tidy"))
    jobs = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = []
        for result in pool.map(lambda e: run(e, build, shared), entries.values()):
            results.append(result)
            if result is not None and result[0]:
                print(result[0].rstrip(), flush=True)
    fresh = [r for r in results if r is not None]
    bad = [r for r in fresh if r[0]]
    slowest = max((r[1] for r in fresh), default=0.0)
    print(f"clang-tidy: {len(entries)} files, {len(entries) - len(fresh)} of them unchanged, "
          f"slowest {slowest:.1f} s, {len(bad)} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
