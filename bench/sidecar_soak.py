#!/usr/bin/env python3
"""A sidecar of the release build through many busy days (tests/integration/sidecar/busy.py): is its memory flat?

    bench/sidecar_soak.py [--seconds 1800] [--sidecar build/release/sidecar/muster-sidecar]

Says how many requests there were, the resident memory (median) of each third of the time, and what is open at the end and
was at the start. Ends with 1 where a request was answered wrongly, something was left
open, or the last third needs more than 5 % more than the one before it.

Needs `make build PRESET=release` and redis-server.
"""
import argparse
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, "build", "release")
GROWTH_MAX = 0.05


def judge(day):
    """What is wrong, each in a line."""
    middle, last = day.resident(1 / 3, 2 / 3), day.resident(2 / 3, 1)
    print(f"{day.requests:,} requests, {day.bad} answered wrongly, {day.refused} refused that were to be; turns of what befell it: {day.turns}")
    print(f"resident, MiB, medians: first third {day.resident(0, 1 / 3):.2f}, second {middle:.2f}, last {last:.2f}; "
          f"the most {max(one[0] for one in day.seen):.2f}")
    wrong = list(day.failures)
    if day.bad:
        wrong.append(f"{day.bad} requests were answered wrongly")
    if last > middle * (1 + GROWTH_MAX):
        wrong.append(f"memory grew by {100 * (last / middle - 1):.1f} % from the second third to the last")
    if not day.descriptors_at_rest(4):
        wrong.append(f"descriptors: {day.seen[0][1]} at the start, {day.seen[-1][1]} at rest")
    print(f"descriptors: {day.seen[0][1]} at the start, {day.seen[-1][1]} at rest; threads: {day.seen[1][2]}, {day.seen[-1][2]}")
    return wrong


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--seconds", type=int, default=1800)
    flags.add_argument("--sidecar", default=os.path.join(RELEASE, "sidecar", "muster-sidecar"))
    options = flags.parse_args()
    os.environ["MUSTER_SIDECAR"] = os.path.abspath(options.sidecar)
    sys.path.insert(0, os.path.join(ROOT, "tests", "integration", "sidecar"))
    from busy import BusyDay  # pylint: disable=import-outside-toplevel # it takes the program from the environment
    with tempfile.TemporaryDirectory(prefix="muster-soak.") as folder:
        day = BusyDay(folder, os.path.join(RELEASE, "bench", "http_flood"))
        try:
            day.run(options.seconds)
            wrong = judge(day)
        finally:
            code = day.close()
    if code != 0:
        wrong.append(f"it ended with {code}: {''.join(day.sidecar.lines)[-2000:]}")
    print("\n".join(wrong) or "all well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
