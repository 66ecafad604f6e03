"""The log on the standard error: nobody who reads it can hold up the sidecar."""
import fcntl
import os
import tempfile
import threading
import unittest

from faults_test import TOKEN, Faulty
from peers import PATIENCE, Sidecar, echo

DROPPED = "log_lines_dropped_total"


class Unread(Sidecar):
    """Its log is read until it serves, and from then on only when the test says so."""

    def __init__(self, *args):
        self.may_read = threading.Event()
        super().__init__(*args)
        fcntl.fcntl(self.process.stderr.fileno(), fcntl.F_SETPIPE_SZ, 8192)

    def _read(self):
        self.may_read.wait()
        super()._read()

    def close(self):
        self.may_read.set()
        return super().close()


class NobodyReads(Faulty):
    def started_unread(self):
        with tempfile.NamedTemporaryFile("w", delete=False, prefix="muster-token.") as file:
            file.write(TOKEN + "\n")
        self.addCleanup(os.unlink, file.name)
        sidecar = Unread(self.application(echo).port, "--admin-token-file", file.name)
        self.addCleanup(self._close_sidecar, sidecar)
        return sidecar

    def until_lines_are_lost(self, sidecar):
        for _ in range(100):
            self.begin(sidecar, "latency", delayMillis=1)
            self.end(sidecar, "latency")
            if sidecar.figure(DROPPED) > 10:
                return
        self.fail("more lines than the pipe holds, and none was lost")

    def test_the_sidecar_serves_and_ends_in_time(self):
        sidecar = self.started_unread()
        self.until_lines_are_lost(sidecar)
        self.assertEqual(sidecar.admin("/livez"), (200, "ok\n"))
        sidecar.terminate()
        self.assertEqual(sidecar.process.wait(PATIENCE), 0)

    def test_who_reads_again_is_told_how_many_lines_there_were(self):
        sidecar = self.started_unread()
        self.until_lines_are_lost(sidecar)
        lost = sidecar.figure(DROPPED)
        sidecar.may_read.set()
        sidecar.until_said("fault")  # all that was waiting is read, or will be now
        for _ in range(PATIENCE):
            self.begin(sidecar, "latency", delayMillis=1)
            self.end(sidecar, "latency")
            if any("lines of the log were lost" in line for line in list(sidecar.lines)):
                break
        self.assertGreaterEqual(int(sidecar.until_said("lines of the log were lost")[0]["lines"]), lost)


if __name__ == "__main__":
    unittest.main()
