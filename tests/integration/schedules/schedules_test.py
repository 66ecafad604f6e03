"""DrillSchedules as people have them: the real operator on a real API server, for each rule of docs/scheduling.md, and slots that
come due while leaders are killed, stand still and hand over."""
import datetime
import json
import random
import signal
import time
import unittest

from served_schedules import API, MERGE, PATIENCE, VERSION, Starts, World, daily, drill_name, minute, stamp

SPACES = ("once", "forbid", "allow", "replace", "history", "late", "suspended", "blackout", "leaders", "paused")
LONG = 86400  # seconds that a slot may be late


def setUpModule():
    Schedules.world = World(SPACES)
    unittest.addModuleCleanup(Schedules.world.close)
    for name in ("a", "b"):
        Schedules.world.begin(name)


class Schedules(unittest.TestCase):
    world = None
    space = ""

    def ask(self, *words, **options):
        return self.world.link.ask(*words, **options)

    def path(self, kind, name=""):
        return f"{API}/namespaces/{self.space}/{kind}" + (f"/{name}" if name else "")

    def until(self, what, look):
        end = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found:
                return found
            logs = "\n".join(one.log()[-2000:] for one in self.world.replicas.values())
            self.assertLess(time.monotonic(), end, f"{what}: {logs}")
            time.sleep(0.1)

    def schedule(self, name, cron, since, **spec):
        """One that has been served since then."""
        spec = {"schedule": cron, "startingDeadlineSeconds": LONG, "drill": {"planRef": {"name": f"of-{self.space}"}}} | spec
        self.ask("POST", self.path("drillschedules"), {"apiVersion": VERSION, "kind": "DrillSchedule",
                                                       "metadata": {"name": name}, "spec": spec})
        self.served_since(name, since)

    def served_since(self, name, since):
        state = {"version": 1, "schedule": name, "since": stamp(since), "recent": []}
        self.ask("PATCH", self.path("drillschedules", f"{name}/status"), {"status": {"state": json.dumps(state)}}, kind=MERGE)

    def change(self, name, **spec):
        self.ask("PATCH", self.path("drillschedules", name), {"spec": spec}, kind=MERGE)

    def drill(self, name, plan=None, **metadata):
        return self.ask("POST", self.path("drills"), {"apiVersion": VERSION, "kind": "Drill", "metadata": {"name": name} | metadata,
                                                      "spec": {"planRef": {"name": plan or f"of-{self.space}"}}})

    def end(self, name, verdict="Met"):
        status = {"phase": "Finished", "verdict": verdict, "completionTime": stamp(minute(0))}
        self.ask("PATCH", self.path("drills", f"{name}/status"), {"status": status}, kind=MERGE)

    def read(self, kind, name):
        return self.ask("GET", self.path(kind, name), missing_ok=True)

    def drills(self):
        return sorted(one["metadata"]["name"] for one in self.ask("GET", self.path("drills"))["items"])

    def status(self, name):
        return self.read("drillschedules", name).get("status", {})

    def outcomes(self, name):
        return [one["outcome"] for one in json.loads(self.status(name).get("state") or "{}").get("recent", [])]

    def decided(self, name, *outcomes):
        self.until(f"{outcomes} of {name}", lambda: self.outcomes(name) == list(outcomes))
        return json.loads(self.status(name)["state"])["recent"]

    def seen(self, *names, back=1):
        """The operator has looked at all of this namespace, and has come to rest: a schedule that was made later is served. `back`:
        minutes of the machine's clock, by its own clock in the past."""
        marker = f"marker-{time.monotonic_ns()}"
        slot = minute(back)
        self.ask("POST", self.path("drillschedules"), {
            "apiVersion": VERSION, "kind": "DrillSchedule", "metadata": {"name": marker},
            "spec": {"schedule": daily(slot), "suspend": True, "startingDeadlineSeconds": LONG, "drill": {"planRef": {"name": "none"}}}})
        self.served_since(marker, slot - datetime.timedelta(seconds=1))
        self.decided(marker, "Suspended")
        return [self.status(name) for name in names]


class Rules(Schedules):
    def test_a_slot_makes_its_drill_and_no_second_one(self):
        self.space = "once"
        slot = minute(1)
        starts = Starts(self.world.cluster, self.space)
        self.addCleanup(starts.close)
        self.schedule("s", daily(slot), slot - datetime.timedelta(seconds=1))
        self.decided("s", "Started")
        name = drill_name("s", slot)
        self.until("the drill", lambda: starts.made == [name])
        self.until("its end", lambda: self.drills() == [])
        status = self.status("s")
        self.assertEqual(stamp(slot), status["lastScheduleTime"])
        self.until("the next slot", lambda: self.status("s").get("nextScheduleTime") == stamp(slot + datetime.timedelta(days=1)))
        self.change("s", failedDrillsHistoryLimit=7)  # it is looked at again
        self.seen("s")
        self.assertEqual([name], starts.made)
        self.assertEqual(["Started"], self.outcomes("s"))

    def test_forbid_waits_for_the_end_of_any_drill_of_the_plan(self):
        self.space = "forbid"
        slot = minute(2)
        self.drill("by-hand")
        self.schedule("s", daily(slot), slot - datetime.timedelta(seconds=1))
        self.schedule("short", daily(slot), slot - datetime.timedelta(seconds=1), startingDeadlineSeconds=30)
        record = self.decided("short", "StillRunning")[0]
        self.assertIn("by-hand is still running", record["detail"])
        self.seen("s")
        self.assertEqual([], self.outcomes("s"))
        self.assertEqual(["by-hand"], self.drills())
        self.end("by-hand")
        self.decided("s", "Started")
        self.until("the drill", lambda: self.drills() == ["by-hand", drill_name("s", slot)])
        self.until("it is told", lambda: [one["name"] for one in self.status("s").get("active", [])] == [drill_name("s", slot)])

    def test_allow_starts_beside_it(self):
        self.space = "allow"
        slot = minute(1)
        self.drill("by-hand")
        self.schedule("s", daily(slot), slot - datetime.timedelta(seconds=1), concurrencyPolicy="Allow")
        self.decided("s", "Started")
        self.until("the drill", lambda: self.drills() == ["by-hand", drill_name("s", slot)])
        self.assertFalse(self.read("drills", "by-hand")["spec"].get("abort"))

    def test_replace_aborts_what_runs_and_starts_when_it_has_ended(self):
        self.space = "replace"
        slot = minute(1)
        self.drill("by-hand")
        self.drill("of-another", plan="another")
        # A runner has taken it: it ends when its runner, who is the test, says so.
        self.until("it was seen", lambda: self.read("drills", "by-hand").get("status", {}).get("phase") == "Pending")
        self.ask("PATCH", self.path("drills", "by-hand/status"), {"status": {"phase": "Baseline", "runner": {"uid": "x", "pod": "x"}}}, kind=MERGE)
        self.schedule("s", daily(slot), slot - datetime.timedelta(seconds=1), concurrencyPolicy="Replace")
        self.decided("s", "Replacing")
        self.until("it is asked to end", lambda: self.read("drills", "by-hand")["spec"].get("abort"))
        self.seen("s")
        self.assertEqual(["by-hand", "of-another"], self.drills())
        self.end("by-hand", "Invalid")
        self.decided("s", "Started")
        self.until("the drill", lambda: self.drills() == ["by-hand", "of-another", drill_name("s", slot)])
        self.assertFalse(self.read("drills", "of-another")["spec"].get("abort"))

    def test_history_limits_keep_the_newest_of_each_kind_and_what_is_none_of_its_own(self):
        self.space = "history"
        self.schedule("s", "0 0 1 1 *", minute(1), suspend=True)
        self.schedule("other", "0 0 1 1 *", minute(1), suspend=True)
        self.drill("by-hand")
        self.end("by-hand")

        def past(name, back, verdict, of="s"):
            uid = self.read("drillschedules", of)["metadata"]["uid"]
            owner = {"apiVersion": VERSION, "kind": "DrillSchedule", "name": of, "uid": uid, "controller": True}
            self.drill(name, ownerReferences=[owner], annotations={"muster.dev/slot": stamp(minute(back))})
            if verdict:
                self.end(name, verdict)

        for back in (5, 3, 4):
            past(f"met-{back}", back, "Met")
            past(f"missed-{back}", back, "Missed")
        past("runs", 9, None)
        past("of-other", 9, "Met", "other")
        self.change("s", successfulDrillsHistoryLimit=1, failedDrillsHistoryLimit=2)
        self.until("what is left", lambda: self.drills() == ["by-hand", "met-3", "missed-3", "missed-4", "of-other", "runs"])
        self.seen("s")
        self.assertEqual(["by-hand", "met-3", "missed-3", "missed-4", "of-other", "runs"], self.drills())

    def test_slots_that_were_missed_are_told_and_the_schedule_lives_on(self):
        self.space = "late"
        newest = minute(1)
        hourly = f"{newest.minute} * * * *"
        self.schedule("hours", hourly, newest - datetime.timedelta(hours=3, seconds=1), concurrencyPolicy="Allow")
        missed, started = self.decided("hours", "Missed", "Started")
        self.assertEqual((3, stamp(newest)), (missed["count"], started["slot"]))
        self.until("one drill", lambda: self.drills() == [drill_name("hours", newest)])
        # More than a controller of CronJobs puts up with; every minute, and none of them is in time.
        self.schedule("years", f"{newest.minute} * * * *", newest - datetime.timedelta(days=365), startingDeadlineSeconds=1, concurrencyPolicy="Allow")
        missed, late = self.decided("years", "Missed", "TooLate")
        self.assertEqual(101, missed["count"])
        self.assertIn("startingDeadlineSeconds allows", late["detail"])
        self.until("why it was skipped", lambda: self.status("years").get("lastSkipped", "").startswith("TooLate"))
        self.until("it is ready for the next", lambda: self.status("years").get("nextScheduleTime") == stamp(newest + datetime.timedelta(hours=1)))
        self.assertEqual([drill_name("hours", newest)], self.drills())
        reasons = self.until("the events", lambda: (lambda found: found if {"Missed", "TooLate", "DrillStarted"} <= found else None)(self.events()))
        self.assertNotIn("DrillRefused", reasons)

    def events(self):
        listed = self.ask("GET", f"/apis/events.k8s.io/v1/namespaces/{self.space}/events")["items"]
        return {one["reason"] for one in listed}

    def test_a_suspended_slot_is_not_made_up_for(self):
        self.space = "suspended"
        slot = minute(1)
        self.schedule("s", daily(slot), slot - datetime.timedelta(seconds=1), suspend=True)
        self.decided("s", "Suspended")
        self.change("s", suspend=False)
        self.seen("s")
        self.assertEqual((["Suspended"], []), (self.outcomes("s"), self.drills()))

    def test_a_blackout_skips_or_defers(self):
        self.space = "blackout"
        slot = minute(1)
        before = slot - datetime.timedelta(seconds=1)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        ends = now + datetime.timedelta(seconds=12)

        def window(end):
            return [{"name": "freeze", "from": stamp(slot), "to": stamp(end)}]

        self.schedule("deferred", daily(slot), before, blackoutPolicy="Defer", blackouts=window(ends), concurrencyPolicy="Allow")
        self.schedule("skipped", daily(slot), before, blackouts=window(now + datetime.timedelta(days=1)), concurrencyPolicy="Allow")
        self.assertEqual("blackout freeze", self.decided("skipped", "Blackout")[0]["detail"])
        self.decided("deferred", "Started")
        self.until("the drill", lambda: self.drills() == [drill_name("deferred", slot)])
        self.assertGreaterEqual(self.read("drills", drill_name("deferred", slot))["metadata"]["creationTimestamp"], stamp(ends))


class Leaders(Schedules):
    """Two replicas. Every drill is deleted as soon as it is seen: a second one for its slot would be seen too."""

    def setUp(self):
        self.starts = None

    def due(self, count, slot, begin=0):
        """So many schedules whose slot is due; they are there already."""
        for i in range(begin, begin + count):
            self.served_since(f"s{i}", slot - datetime.timedelta(seconds=1))

    def prepare(self, space, count):
        self.space = space
        slot = minute(1)
        for i in range(count):
            self.schedule(f"s{i}", daily(slot), slot, concurrencyPolicy="Allow")
        self.seen()
        self.starts = Starts(self.world.cluster, space)
        self.addCleanup(self.starts.close)
        return slot

    def leader(self):
        return self.until("a leader", self.world.leader)

    def test_each_slot_fires_at_most_once_whoever_is_killed(self):
        rounds, each = 5, 6
        slot = self.prepare("leaders", rounds * each)
        for turn in range(rounds):
            leader = self.leader()
            self.due(each // 2, slot, turn * each)
            time.sleep(random.Random(turn).uniform(0, 0.05))  # it dies anywhere in its work
            if turn == rounds - 1:
                leader.send(signal.SIGTERM)  # and the last one hands over
            else:
                leader.kill()
            self.due(each - each // 2, slot, turn * each + each // 2)
            leader.process.wait(PATIENCE)
            self.world.begin(leader.name)
        names = [f"s{i}" for i in range(rounds * each)]
        for name in names:
            self.decided(name, "Started")
        self.until("all drills are gone", lambda: self.drills() == [])
        self.assertEqual(len(set(self.starts.made)), len(self.starts.made), "a slot fired twice")
        # Lost is what was decided when its leader died: one slot at most, since one is decided at a time.
        self.assertGreaterEqual(len(self.starts.made), len(names) - (rounds - 1))

    def test_a_leader_that_stood_still_starts_nothing_when_it_goes_on(self):
        slot = self.prepare("paused", 8)
        leader = self.leader()
        self.due(2, slot)
        self.until("two drills", lambda: len(self.starts.made) == 2)
        leader.send(signal.SIGSTOP)
        self.due(6, slot, 2)
        self.until("the other one leads", lambda: next((one for one in self.world.replicas.values() if one is not leader and one.leads()), None))
        self.until("all drills", lambda: len(self.starts.made) == 8)
        leader.send(signal.SIGCONT)
        self.assertNotEqual(0, leader.process.wait(PATIENCE))
        self.assertIn("the lease is lost", leader.log())
        self.world.begin(leader.name)
        self.seen()
        self.assertEqual(sorted(drill_name(f"s{i}", slot) for i in range(8)), sorted(self.starts.made))


if __name__ == "__main__":
    unittest.main()
