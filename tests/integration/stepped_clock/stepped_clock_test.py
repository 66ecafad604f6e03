"""A program under a stepped clock sees its wall clock step, by every call that tells it, and its steady clock go on."""
import subprocess
import sys
import time
import unittest

from stepped_clock import DAY, HOUR, SteppedClock

ASKED = """
import ctypes, sys, time
libc = ctypes.CDLL(None)
class Pair(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("part", ctypes.c_long)]
pair = Pair()
for _ in sys.stdin:
    libc.gettimeofday(ctypes.byref(pair), None)
    day = pair.seconds
    libc.timespec_get(ctypes.byref(pair), 1)
    coarse = time.clock_gettime(5)  # CLOCK_REALTIME_COARSE
    print(time.time(), day, pair.seconds, libc.time(None), coarse, time.monotonic(), flush=True)
"""


class Steps(unittest.TestCase):
    def setUp(self):
        self.clock = SteppedClock()
        self.addCleanup(self.clock.close)
        self.program = subprocess.Popen([*self.clock.within(), sys.executable, "-c", ASKED], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.program.communicate)

    def ask(self):
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        *walls, steady = (float(word) for word in self.program.stdout.readline().split())
        return walls, steady

    def test_the_wall_clock_alone_is_stepped(self):
        for offset in (0, HOUR, HOUR - DAY, HOUR, 0.25):
            with self.subTest(offset=offset):
                self.clock.set(offset)
                walls, steady = self.ask()
                for wall in walls:
                    self.assertAlmostEqual(wall, self.clock.now(), delta=5)
                self.assertAlmostEqual(steady, time.monotonic(), delta=5)

    def test_a_step_begins_where_the_clock_is(self):
        self.clock.step(HOUR)
        self.clock.step(-DAY)
        self.assertAlmostEqual(self.ask()[0][0], time.time() + HOUR - DAY, delta=5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
