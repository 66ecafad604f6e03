"""`muster schedule` as a user runs it: slots that are run, killed schedulers, locks, signals.

The system is one small web server, so that a drill takes seconds. A hidden option lets the scheduler's
clock begin just before a slot, so that nothing waits for a minute to come round. How often a drill of
a slot really began is counted by the system itself: its setup adds a line to a file.
"""

import json
import os
import random
import shutil
import signal
import time
import unittest

from muster_under_test import Case, Muster

SYSTEM = """
apiVersion: muster.dev/v1alpha1
kind: LocalSystem
metadata: {name: tiny}
spec:
  drillable: true
  ports: [web]
  setup: {argv: [sh, -c, 'echo run >>{home}/runs']}
  start: {argv: [sh, ./web.sh, start]}
  stop: {argv: [sh, ./web.sh, stop]}
  processes:
  - name: web
    pidFile: "{dir}/web.pid"
    start: {argv: [sh, ./web.sh, start]}
    stop: {argv: [sh, ./web.sh, stop]}
  instances:
  - {name: web, address: "127.0.0.1:{port.web}", process: web}
  services:
  - {name: front, address: "127.0.0.1:{port.web}"}
"""

WEB = r"""
pid_file=$MUSTER_DIR/web.pid
running() {
  pid=$(cat "$pid_file" 2>/dev/null) &&
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q http.server
}
case $1 in
start)
  running && exit 0
  setsid -f sh -c 'echo $$ >"$1"; exec python3 -m http.server "$2" --bind 127.0.0.1 -p HTTP/1.1' \
    sh "$pid_file" "$MUSTER_PORT_WEB" >>"$MUSTER_DIR/web.log" 2>&1 </dev/null
  for i in $(seq 200); do
    python3 -c "import socket; socket.create_connection(('127.0.0.1', $MUSTER_PORT_WEB), 1)" \
      2>/dev/null && exit 0
  done
  exit 1
  ;;
stop)
  running && kill "$pid"
  rm -f "$pid_file"
  ;;
esac
"""

PLAN = """
apiVersion: muster.dev/v1alpha1
kind: RecoveryPlan
metadata: {name: tiny}
spec:
  failureType: ApplicationServerFailure
  objectives: {rtoSeconds: 60}
  target: {local: {system: ./system.yaml}}
  roles: {primary: web, service: front}
  probes:
  - name: pages
    http: {url: "http://{service}/", intervalMillis: 50, deadlineMillis: 500, decides: true}
  timing:
    baselineSeconds: 3
    holdSeconds: 1
    sampleSeconds: 1
    validationSeconds: 3
    recoverySeconds: 30
    deadlineSeconds: 300
  profiles:
    long: {timing: {validationSeconds: 200}}
  fault:
    name: web-dies
    process: {name: web, signal: KILL}
    provenBy: {process: {name: web, state: Gone}}
  recovery:
  - {name: restart, phase: ServiceRestoration, startProcess: {name: web}}
"""

SCHEDULE = """
apiVersion: muster.dev/v1alpha1
kind: DrillSchedule
metadata: {{name: {name}}}
spec:
  schedule: "* * * * *"
  timeZone: Europe/Prague
  {more}
  drill: {{plan: plan.yaml{drill}}}
"""


class Schedules(Case):
    def setUp(self):
        self.muster = Muster()
        self.addCleanup(self.muster.close)
        for name, text in (("system.yaml", SYSTEM), ("web.sh", WEB), ("plan.yaml", PLAN)):
            self.write(name, text)

    def path(self, name):
        return os.path.join(self.muster.top, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def schedule(self, name="every-minute", more="suspend: false", drill=""):
        return self.write(name + ".yaml", SCHEDULE.format(name=name, more=more, drill=drill))

    def serve(self, file, clock):
        return self.muster.start("schedule", "run", file, "--clock-from", clock)

    def runs(self):
        """How often the system was set up: once for each drill that began."""
        if not os.path.exists(self.path("runs")):
            return 0
        with open(self.path("runs"), encoding="utf-8") as file:
            return len(file.readlines())

    def listed(self):
        ended = self.muster.run("schedule", "list", "-o", "json")
        self.assert_exit(ended, 0)
        return json.loads(ended.out)["schedules"]

    def origins(self):
        out = []
        for drill in self.muster.drills():
            with open(os.path.join(drill, "origin.json"), encoding="utf-8") as file:
                out.append(json.load(file)["slot"])
        return out

    def wait_until(self, condition, seconds=60):
        limit = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), limit, "it did not come")
            time.sleep(0.02)

    def test_a_slot_runs_its_drill_and_history_is_limited(self):
        file = self.schedule(more="successfulDrillsHistoryLimit: 1\n  failedDrillsHistoryLimit: 1")
        for minute in (1, 2, 3):  # of three drills two went alike, whatever the machine does
            served = self.serve(file, f"2027-01-01T10:0{minute - 1}:58Z")
            slot = f"2027-01-01T10:0{minute}:00Z"
            served.until(rf"slot {slot} \(2027-01-01T11:0{minute}:00\+01:00\): started")
            served.until(rf"slot {slot}: drill tiny-.*: (objectives|something|inconclusive)")
            served.until(rf"next slot 2027-01-01T10:0{minute + 1}:00Z")
            served.signal(signal.SIGTERM)
            ended = served.wait()
            self.assert_exit(ended, 0)
        self.assertRegex(ended.err, r"drill tiny-.* is beyond the history limit: removed")
        self.assertEqual(self.runs(), 3)
        self.assertIn(len(self.origins()), (1, 2))
        self.assertIn("2027-01-01T10:03:00Z", self.origins(), "the newest is kept")
        self.assertEqual(self.muster.report()["versions"]["schedule"],
                         "every-minute, slot 2027-01-01T10:03:00Z")
        listed = self.listed()[0]
        self.assertEqual((listed["state"], listed["lastOutcome"]), ("not served", "Started"))
        self.assertIn(listed["lastDetail"], ("Met", "Missed", "Inconclusive", "Invalid"))
        self.assert_nothing_runs()

    @staticmethod
    def clock(minute):
        return f"{10 + minute // 60}:{minute % 60:02}"

    def end_drills(self):
        """Also the one whose scheduler was killed before it had a folder."""
        def running():
            drills = json.loads(self.muster.run("drill", "list", "-o", "json").out)
            return [drill for drill in drills if drill["state"] == "Running"]
        self.muster.run("stop")
        self.wait_until(lambda: not running())

    def test_killed_at_random_moments_around_a_slot_it_runs_at_most_once(self):
        file = self.schedule()
        rounds = int(os.environ.get("MUSTER_KILLS", "12"))
        seed = random.randrange(1 << 30)
        dice = random.Random(seed)
        started = 0
        for minute in range(1, rounds + 1):
            first = self.serve(file, f"2027-01-01T{self.clock(minute - 1)}:59Z")
            first.until(r"next slot")
            # Half of them right where it writes and starts.
            wide = minute % 2 == 0
            time.sleep(1 + (dice.uniform(-0.2, 0.5) if wide else dice.uniform(-0.03, 0.05)))
            first.signal(signal.SIGKILL)
            first.wait()
            again = self.serve(file, f"2027-01-01T{self.clock(minute)}:01Z")
            again.until(rf"next slot 2027-01-01T{self.clock(minute + 1)}:00Z")
            again.signal(signal.SIGTERM)
            again.wait()
            self.end_drills()
            self.assertLessEqual(self.runs() - started, 1, f"seed {seed}, round {minute}")
            started = self.runs()
        self.assertEqual(len(self.origins()), len(set(self.origins())))
        self.assertGreater(started, 0, "no round started a drill")
        self.assert_nothing_runs()

    def test_a_second_scheduler_is_refused(self):
        file = self.schedule()
        first = self.serve(file, "2027-01-01T10:00:05Z")
        first.until(r"next slot")
        ended = self.muster.run("schedule", "run", file, seconds=30)
        self.assert_exit(ended, 1)
        self.assertIn("schedule every-minute is served already", ended.err)
        self.assertEqual(self.listed()[0]["state"], "served")
        first.signal(signal.SIGINT)
        self.assert_exit(first.wait(), 0)

    def test_interrupted_it_undoes_the_running_drill_first(self):
        served = self.serve(self.schedule(drill=", profile: long"), "2027-01-01T10:00:58Z")
        served.until(r": started")
        self.wait_until(self.fault_applied)
        served.signal(signal.SIGINT)
        ended = served.wait()
        self.assert_exit(ended, 130)
        self.assertIn("undoes everything first", ended.err)
        self.assertRegex(ended.err, r"drill tiny-.*: interrupted, everything was undone")
        self.assert_nothing_runs()

    def test_replace_ends_the_drill_that_a_killed_scheduler_left(self):
        file = self.schedule(more="concurrencyPolicy: Replace", drill=", profile: long")
        first = self.serve(file, "2027-01-01T10:00:58Z")
        first.until(r": started")
        self.wait_until(self.fault_applied)
        first.signal(signal.SIGKILL)
        first.wait()
        second = self.serve(file, "2027-01-01T10:01:58Z")
        second.until(r"slot 2027-01-01T10:02:00Z: replaces tiny-")
        second.until(r"slot 2027-01-01T10:02:00Z .*: started")
        self.wait_until(lambda: self.runs() == 2)
        second.signal(signal.SIGTERM)
        self.assert_exit(second.wait(), 130)
        self.assertEqual(self.muster.report(self.muster.drills()[0])["ending"], "Aborted")
        self.assert_nothing_runs()

    def test_forbid_waits_and_a_change_of_the_file_is_served(self):
        file = self.schedule(drill=", profile: long")
        first = self.serve(file, "2027-01-01T10:00:58Z")
        first.until(r": started")
        self.wait_until(self.fault_applied)
        first.signal(signal.SIGKILL)
        first.wait()
        second = self.serve(file, "2027-01-01T10:01:58Z")
        second.until(r"slot 2027-01-01T10:02:00Z waits: tiny-.* is still running")
        self.schedule(more="suspend: maybe", drill=", profile: long")
        second.until(r"the file was changed and is wrong.*\n.*spec\.suspend")
        self.schedule(more="suspend: true", drill=", profile: long")
        second.until(r"slot 2027-01-01T10:02:00Z: skipped, Suspended")
        second.signal(signal.SIGTERM)
        self.assert_exit(second.wait(), 0)
        self.assert_exit(self.muster.run("stop"), 0)
        self.assertEqual(self.runs(), 1)
        self.assert_nothing_runs()

    def test_a_damaged_state_is_refused(self):
        file = self.schedule()
        first = self.serve(file, "2027-01-01T10:00:05Z")
        first.until(r"next slot")
        first.signal(signal.SIGTERM)
        first.wait()
        state = os.path.join(self.muster.state, "schedules", "every-minute", "state.json")
        with open(state, "r+", encoding="utf-8") as text:
            text.truncate(20)
        ended = self.muster.run("schedule", "run", file, seconds=30)
        self.assert_exit(ended, 1)
        self.assertRegex(ended.err, r"state\.json: not the state of a schedule.*removing it")

    def test_nothing_is_started_that_cannot_be_written_down(self):
        served = self.serve(self.schedule(), "2027-01-01T10:00:58Z")
        served.until(r"next slot")
        state = os.path.join(self.muster.state, "schedules", "every-minute", "state.json")
        os.rename(state, state + ".away")
        os.makedirs(os.path.join(state, "in-the-way"))
        served.until(r"nothing is started, since it cannot be written down: .*state\.json")
        self.assertEqual(self.muster.drills(), [])
        shutil.rmtree(state)
        served.until(r"slot 2027-01-01T10:01:00Z .*: started")
        served.signal(signal.SIGTERM)
        self.assert_exit(served.wait(), 130)
        self.assert_nothing_runs()

    def fault_applied(self):
        for drill in self.muster.drills():
            journal = os.path.join(drill, "undo.journal")
            if os.path.exists(journal):
                with open(journal, encoding="utf-8") as file:
                    if '"Applied"' in file.read():
                        return True
        return False

    def test_next_tells_slots_zones_and_reasons(self):
        file = self.write("next.yaml", SCHEDULE.format(
            name="next", drill="", more="blackouts: [{name: freeze, from: 2026-03-30, "
            "to: 2026-03-31}]").replace("* * * * *", "30 2 * * *"))
        ended = self.muster.run("schedule", "next", file, "-n", "3", "--from", "2026-03-28T12:00",
                                "-o", "json")
        self.assert_exit(ended, 0)
        slots = json.loads(ended.out)["slots"]
        self.assertEqual([slot["local"] for slot in slots],
                         ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
                          "2026-03-31T02:30:00+02:00"])
        self.assertEqual([slot["starts"] for slot in slots], [True, False, True])
        self.assertIn("right after the gap", slots[0]["reason"])
        self.assertEqual(slots[1]["reason"], "skipped: blackout freeze")
        table = self.muster.run("schedule", "next", file, "-n", "1", "--from", "2026-03-28T12:00")
        self.assertRegex(table.out, r"SLOT +ZONE +UTC.*\n2026-03-29T03:00:00\+02:00 +CEST +")
        wrong = self.muster.run("schedule", "next", file, "--from", "tomorrow")
        self.assert_exit(wrong, 2)
        self.assertIn('--from: "tomorrow" is no time', wrong.err)

    def test_validate_tells_all_that_is_wrong(self):
        file = self.schedule(more="timeZone: Europe/Praha", drill="")
        ended = self.muster.run("validate", file)
        self.assert_exit(ended, 2)
        good = self.schedule()
        self.assertIn("DrillSchedule every-minute of plan tiny is valid",
                      self.muster.run("validate", good).out)
        with open(good, encoding="utf-8") as text:
            broken = text.read().replace("* * * * *", "61 * * * 9").replace("Prague", "Praha")
        ended = self.muster.run("validate", self.write("broken.yaml", broken))
        self.assert_exit(ended, 2)
        self.assertRegex(ended.err, r"broken\.yaml:6:13: spec\.schedule: .*minute \"61\".*"
                                    r"day of week \"9\"")
        self.assertRegex(ended.err, r"broken\.yaml:7:13: spec\.timeZone: \"Europe/Praha\"")
        ended = self.muster.run("validate", self.schedule(drill=", profile: slow"))
        self.assert_exit(ended, 2)
        self.assertRegex(ended.err, r"spec\.drill: the plan .*plan\.yaml cannot be run.*\n.*slow")


if __name__ == "__main__":
    unittest.main(verbosity=2)
