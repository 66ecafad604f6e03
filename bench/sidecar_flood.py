#!/usr/bin/env python3
"""A sidecar of the release build in a flood (tests/integration/sidecar/flood.py): does it take memory, free whom it limits, or harm
others?

    bench/sidecar_flood.py [--keys 1000000] [--rotated 50000]

    strangers   so many clients that were never seen, one request each; beside them one who is over the limit and 50 who are not
    rotate      one address, each of whose requests has other headers; alone, and over three replicas that share a redis-server

Prints a table, and ends with 1 where a stranger takes a byte or more, who is over the limit is let in once, fewer than 99 of 100 requests
of the others are served, or fewer than 95 of 100 are refused beyond what the rotating client may.

Needs `make build PRESET=release` (the targets muster-sidecar and bench_http_flood will do) and redis-server.
"""
import argparse
import contextlib
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, "build", "release")
PROGRAM = os.path.join(RELEASE, "bench", "http_flood")
os.environ["MUSTER_SIDECAR"] = os.path.join(RELEASE, "sidecar", "muster-sidecar")
sys.path.insert(0, os.path.join(ROOT, "tests", "integration", "sidecar"))
# pylint: disable=wrong-import-position # they take the program from the environment
import flood
from peers import Sidecar, free_port
from redis_test import KEY, Redis

QUIET = ("--audit-log", "off")  # else it is between the lines of the table
BEFORE = 200_000  # strangers that fill the table and what else is as large as it will be


def strangers(application, keys):
    with contextlib.closing(Sidecar(application.port, *flood.BEHIND, *QUIET, limits=None)) as sidecar:
        said = flood.strangers(PROGRAM, sidecar, keys, BEFORE)
    shares = {name: right / asked for name, (right, asked) in ((name, said[name]) for name in ("limited", "good"))}
    print(f"| {said['requests']:,.0f} strangers, {said['requests'] / said['seconds']:,.0f}/s: resident, bytes for each | {said['bytes_per_key']:.3f} |")
    print(f"| the same: refused of {said['limited'][1]:,} requests of a client over the limit | {100 * shares['limited']:.2f} % |")
    print(f"| the same: served of {said['good'][1]:,} requests of {flood.GOOD} good clients | {100 * shares['good']:.2f} % |")
    print(f"| the same: strangers that were not served | {said['bad']:.0f} |", flush=True)
    return said["bad"] == 0 and said["bytes_per_key"] < 1 and shares["limited"] == 1 and shares["good"] >= 0.99


def rotate(application, rotated, replicas):
    with contextlib.ExitStack() as stack:
        redis = Redis(free_port())
        stack.callback(redis.kill)
        key = stack.enter_context(tempfile.NamedTemporaryFile("w"))
        key.write(KEY)
        key.flush()
        if replicas == 1:
            all_of_them = [stack.enter_context(contextlib.closing(Sidecar(application.port, *flood.ON, *QUIET, limits=None)))]
        else:
            all_of_them = [stack.enter_context(contextlib.closing(flood.replica(application, redis.port, key.name, *QUIET))) for _ in range(replicas)]
            for one in all_of_them:
                flood.until_linked(one)
        said = flood.rotating(PROGRAM, all_of_them, rotated)
    share = flood.refused_beyond(said, flood.QUOTA)
    where = "alone" if replicas == 1 else f"over {replicas} replicas"
    print(f"| {said['requests']:,.0f} requests with other headers each, {where}: let in, of {flood.QUOTA} that may | {said['requests'] - said['refused']:,.0f} |")
    print(f"| the same: refused of what is beyond | {100 * share:.2f} % |", flush=True)
    return share >= 0.95


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--keys", type=int, default=1_000_000)
    flags.add_argument("--rotated", type=int, default=50_000)
    options = flags.parse_args()
    print("| figure | measured |\n| --- | --- |", flush=True)
    with contextlib.closing(flood.Application(PROGRAM)) as application:
        good = [strangers(application, options.keys), *(rotate(application, options.rotated, replicas) for replicas in (1, 3))]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
