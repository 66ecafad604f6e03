"""The wall clock of a program that a test starts, which the test steps while the program runs. The machine's
own clock is left alone, and so is the program's steady clock."""
import mmap
import os
import struct
import tempfile
import time

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
LIBRARY = os.environ.get("MUSTER_STEPPED_CLOCK_LIBRARY") or os.path.join(
    SOURCE, "build", "default", "tests", "integration", "stepped_clock", "libmuster_stepped_clock.so")
HOUR, DAY = 3600, 86400


class SteppedClock:
    """One clock; any number of programs may be under it. `close()` when they have ended."""

    def __init__(self, seconds=0):
        if not os.path.exists(LIBRARY):
            raise FileNotFoundError(f"{LIBRARY}: build the target muster_stepped_clock")
        self._file = tempfile.NamedTemporaryFile(prefix="stepped-clock-")  # pylint: disable=consider-using-with
        self._file.write(bytes(8))
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 8)
        self.set(seconds)

    def set(self, seconds):
        """From now on the clock is so far ahead of the machine's; negative: behind it."""
        self.seconds = seconds
        self._map[:] = struct.pack("=q", round(seconds * 1e9))  # one store of eight bytes: no reader sees half of it

    def step(self, seconds):
        """Forward, or back where negative, from wherever it is."""
        self.set(self.seconds + seconds)

    def now(self):
        """What the clock says, in seconds since 1970."""
        return time.time() + self.seconds

    def environment(self):
        """For the environment of a program, beside what else is there."""
        return {"LD_PRELOAD": LIBRARY, "MUSTER_STEPPED_CLOCK": self._file.name}

    def within(self):
        """What is written before the program's own arguments."""
        return ["env", *(f"{name}={value}" for name, value in self.environment().items())]

    def close(self):
        self._map.close()
        self._file.close()
