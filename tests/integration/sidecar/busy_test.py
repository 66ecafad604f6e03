"""A busy day in ten seconds: no request is answered wrongly, nothing is left open, and no sanitizer has anything to say."""
import os
import shutil
import tempfile
import unittest

from busy import BusyDay
from peers import SOURCE

FLOOD = os.environ.get("HTTP_FLOOD") or os.path.join(SOURCE, "build", "default", "bench", "http_flood")


class Busy(unittest.TestCase):
    def test_a_busy_day(self):
        folder = tempfile.mkdtemp(prefix="muster-busy.")
        self.addCleanup(shutil.rmtree, folder)
        day = BusyDay(folder, FLOOD)
        try:
            day.run(10)
            self.assertEqual((day.failures, day.bad), ([], 0))
            self.assertGreater(day.requests, 1000)
            # Each of what befell it did so, and was felt.
            self.assertEqual({name for name, turns in day.turns.items() if turns < 2}, set())
            self.assertGreater(day.refused, 0)
            for figure in ('config_reloads_total{result="success"}', 'config_reloads_total{result="failure"}'):
                self.assertGreater(day.sidecar.figure(figure), 0, figure)
            for kind in ("latency", "abort"):
                self.assertGreater(day.sidecar.figure(f'fault_requests_total{{kind="{kind}"}}'), 0, kind)
            self.assertTrue(day.descriptors_at_rest(4), day.seen)
            self.assertEqual({threads for _, _, threads in day.seen[1:]}, {day.seen[-1][2]})  # the first look may be at one that still begins
        finally:
            code = day.close()
        self.assertEqual(code, 0, "".join(day.sidecar.lines)[-6000:])


if __name__ == "__main__":
    unittest.main()
