#!/usr/bin/env python3
"""Random orders of install, upgrade, rollback, drill, kill and uninstall on a real API server, with real Helm 3 and 4 by
turns and the real operator, runner and guardian: nothing may be stuck and nothing left (tests/release/orders.py).

    bench/install_orders.py [--count N] [--seed S] [--length L] [--binary muster-operator]

Each order can be run again by its seed. Ends with 1 if one of them left something; the server is then made anew.
"""
import argparse
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "release"))

from orders import Order  # pylint: disable=wrong-import-position
from release_under_test import World  # pylint: disable=wrong-import-position


def say(text):
    print(text, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first order; the others follow")
    parser.add_argument("--length", type=int, default=6, help="steps of an order, besides install and uninstall")
    parser.add_argument("--binary", help="default: that of build/default")
    arguments = parser.parse_args()
    if arguments.binary:
        os.environ["MUSTER_OPERATOR"] = os.path.abspath(arguments.binary)
    world, bad, began, steps = World(), [], time.monotonic(), 0
    try:
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            order = Order(world, seed, say)
            since = time.monotonic()
            say(f"order {seed}")
            try:
                order.run(arguments.length)
            except Exception:  # pylint: disable=broad-exception-caught
                bad.append(seed)
                say(f"FAILED order {seed}: {', '.join(order.steps)}\n{traceback.format_exc()}")
                for component in ("uninstall", "operator", "runner", "guardian"):
                    for name, text in world.node.logs(component).items():
                        say(f"  {name}: {text[-800:]}")
                world.close()
                world = World()
            steps += len(order.steps)
            say(f"  {time.monotonic() - since:.1f} s: {', '.join(order.steps)}")
    finally:
        world.close()
    say(f"{arguments.count} orders of {steps} steps, {len(bad)} that left something or were stuck{': ' + str(bad) if bad else ''}, "
        f"in {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
