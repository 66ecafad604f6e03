"""Clocks that differ and are stepped, under the real operator: each replica lives by a wall clock of its own. No slot fires twice, and
who leads is decided by lengths of time."""
import datetime
import os
import sys
import time
import unittest

from schedules_test import Schedules
from served_schedules import PATIENCE, SOURCE, Starts, World, drill_name, minute

sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "stepped_clock"))
from stepped_clock import HOUR, SteppedClock  # noqa: E402  pylint: disable=wrong-import-position

AHEAD, BEHIND = 420, -420  # seconds
SPACES = ("stepped", "handed-over")
CLOCKS = {}


def setUpModule():
    Schedules.world = World(SPACES)
    for name, seconds in (("a", AHEAD), ("b", BEHIND)):
        CLOCKS[name] = SteppedClock(seconds)
        unittest.addModuleCleanup(CLOCKS[name].close)
        Schedules.world.begin(name, CLOCKS[name])
    unittest.addModuleCleanup(Schedules.world.close)


class Clocks(Schedules):
    def setUp(self):
        for name, seconds in (("a", AHEAD), ("b", BEHIND)):
            CLOCKS[name].set(seconds)
            if self.world.replicas[name].process.poll() is not None:
                self.world.begin(name, CLOCKS[name])
        self.leader = self.until("a leader", self.world.leader)
        self.clock = CLOCKS[self.leader.name]
        self.starts = None

    def watch(self, space):
        self.space = space
        self.starts = Starts(self.world.cluster, space)
        self.addCleanup(self.starts.close)

    def hourly(self, slot):
        self.schedule("s", f"{slot.minute} * * * *", slot - datetime.timedelta(seconds=1), concurrencyPolicy="Allow")

    def looked(self, back):
        """At the schedule, under the clock as it is now."""
        self.change("s", failedDrillsHistoryLimit=2 + time.monotonic_ns() % 90)
        self.seen("s", back=back)

    def test_a_slot_fires_once_however_its_leaders_clock_is_stepped(self):
        self.watch("stepped")
        self.clock.set(0)
        slot = minute(1)
        self.hourly(slot)
        self.decided("s", "Started")
        first, second = drill_name("s", slot), drill_name("s", slot + datetime.timedelta(hours=1))
        self.until("its drill", lambda: self.starts.made == [first])
        for offset, back in ((-HOUR, 62), (0, 1)):  # the slot comes again
            self.clock.set(offset)
            self.looked(back)
            self.assertEqual(([first], ["Started"]), (self.starts.made, self.outcomes("s")))
        self.clock.set(HOUR)
        self.looked(-58)
        self.decided("s", "Started", "Started")
        self.until("the next one", lambda: self.starts.made == [first, second])
        self.clock.set(0)
        self.looked(1)
        self.assertEqual([first, second], self.starts.made)
        self.assertEqual(self.leader, self.world.leader())

    def test_a_slot_that_fired_early_does_not_fire_again_for_who_takes_over(self):
        self.watch("handed-over")
        self.clock.set(AHEAD)
        slot = minute(-3)
        self.hourly(slot)
        self.looked(1)
        self.decided("s", "Started")
        self.until("its drill", lambda: self.starts.made == [drill_name("s", slot)])
        other = next(one for one in self.world.replicas.values() if one is not self.leader)
        CLOCKS[other.name].set(BEHIND)
        self.leader.kill()
        self.until("the other one leads", lambda: self.world.leader() is other)
        self.looked(9)
        CLOCKS[other.name].set(AHEAD)
        self.looked(1)
        self.assertEqual([drill_name("s", slot)], self.starts.made)
        self.assertEqual(["Started"], self.outcomes("s"))

    def renewed(self, times=3):
        for _ in range(times):
            before = self.world.lease().get("renewTime")
            self.until("the lease is renewed", lambda: self.world.lease().get("renewTime") != before)

    def test_who_leads_goes_on_to_whatever_the_clocks_say(self):
        before = self.world.lease()
        other = next(name for name in CLOCKS if name != self.leader.name)
        for mine, theirs in ((0, HOUR), (-HOUR, HOUR), (HOUR, -HOUR), (AHEAD, 30 * HOUR), (30 * HOUR, -HOUR)):
            self.clock.set(mine)
            CLOCKS[other].set(theirs)
            self.renewed()
        after = self.world.lease()
        for same in ("holderIdentity", "leaseTransitions"):
            self.assertEqual(before.get(same), after.get(same))
        # What the dead one wrote last is 31 hours ahead of who takes over, which does not wait for them.
        began = time.monotonic()
        self.leader.kill()
        self.until("the other one leads", lambda: self.world.leader() is self.world.replicas[other])
        self.assertLess(time.monotonic() - began, PATIENCE / 3)
        self.assertEqual(before.get("leaseTransitions", 0) + 1, self.world.lease()["leaseTransitions"])


if __name__ == "__main__":
    unittest.main()
