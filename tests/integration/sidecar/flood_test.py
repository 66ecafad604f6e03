"""A flood of clients that nobody saw before, and one client that is another browser each time, alone and over replicas."""
import os
import tempfile
import unittest

import flood
from peers import SOURCE, Sidecar, free_port
from redis_test import KEY, Redis

FLOOD = os.environ.get("HTTP_FLOOD") or os.path.join(SOURCE, "build", "default", "bench", "http_flood")
KEYS, TABLE = 100_000, 4096
BYTES_PER_KEY_MAX = 36  # half of one counter; sanitizers keep what was given back for a while
ROTATED = 3000


class Flood(unittest.TestCase):
    def setUp(self):
        # Sanitizers keep what is freed, a quarter of a gigabyte of it: no more than what is full before memory is looked at.
        before = os.environ.get("ASAN_OPTIONS", "")
        os.environ["ASAN_OPTIONS"] = f"{before}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        self.addCleanup(os.environ.__setitem__, "ASAN_OPTIONS", before)
        self.application = flood.Application(FLOOD)
        self.addCleanup(self.application.close)

    def started(self, *flags):
        out = Sidecar(self.application.port, *flags, limits=None)
        self.addCleanup(self.close, out)
        return out

    def close(self, sidecar):
        self.assertEqual(sidecar.close(), 0, "".join(sidecar.lines)[-4000:])

    def test_strangers_take_no_memory_free_nobody_and_harm_nobody(self):
        sidecar = self.started(*flood.BEHIND, "--limit-keys-max", str(TABLE))
        said = flood.strangers(FLOOD, sidecar, KEYS, KEYS // 2)
        self.assertEqual((said["requests"], said["bad"]), (KEYS, 0), "each of them was served")
        self.assertGreater(sidecar.figure("limit_evictions_total"), KEYS, "the flood was no flood")
        self.assertLess(said["bytes_per_key"], BYTES_PER_KEY_MAX)
        right, asked = said["limited"]
        self.assertEqual(right, asked, "who is over the limit is forgotten")
        self.assertGreater(asked, 10)
        right, asked = said["good"]
        self.assertGreaterEqual(right, 0.99 * asked)
        self.assertGreater(asked, 10)

    def test_other_headers_each_time_are_no_way_around(self):
        said = flood.rotating(FLOOD, [self.started(*flood.ON)], ROTATED)
        self.assertEqual(said["requests"], ROTATED)
        self.assertGreaterEqual(flood.refused_beyond(said, flood.QUOTA), 0.95)
        self.assertLess(said["refused"], ROTATED, "it was over the limit from the start")

    def test_nor_are_they_over_replicas(self):
        redis = Redis(free_port())
        self.addCleanup(redis.kill)
        with tempfile.NamedTemporaryFile("w") as key:
            key.write(KEY)
            key.flush()
            replicas = []
            for _ in range(3):
                replicas.append(flood.replica(self.application, redis.port, key.name))
                self.addCleanup(self.close, replicas[-1])
            for one in replicas:
                flood.until_linked(one)
            said = flood.rotating(FLOOD, replicas, ROTATED)
            self.assertEqual(said["requests"], 3 * ROTATED)
            self.assertGreaterEqual(flood.refused_beyond(said, flood.QUOTA), 0.95)
            # Each has heard of the others by now, and goes on without its own having been used up.
            again = flood.rotating(FLOOD, replicas, 100)
            self.assertEqual(again["refused"], again["requests"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
