"""Evidence of a real drill: signed, recomputed by `muster verify` and by an outsider's program, and
worth nothing once a byte of it was changed. The audit log beside it."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from muster_under_test import PROGRAM, SOURCE, Case, Muster

EXAMPLES = os.path.join(SOURCE, "docs", "examples")
OUTSIDER = os.path.join(EXAMPLES, "verify_bundle.py")


def record_of(data, byte):
    """The index and name of the record that holds this byte, by docs/evidence-format.md."""
    at = 48
    while True:
        index = int.from_bytes(data[at:at + 4], "little")
        name_size = int.from_bytes(data[at + 4:at + 6], "little")
        stored = int.from_bytes(data[at + 8:at + 16], "little")
        name = data[at + 24:at + 24 + name_size].decode()
        at += 24 + name_size + stored + 32
        if byte < at:
            return index, name


class Evidence(Case):
    """One drill, looked at from all sides."""

    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)
        cls.ended = cls.muster.drill("database-failover", seconds=200)
        if cls.ended.code not in (0, 3, 4) or len(cls.muster.drills()) != 1:
            raise AssertionError(str(cls.ended))
        cls.bundle = os.path.join(cls.muster.drills()[0], "bundle.muster")
        with open(cls.bundle, "rb") as file:
            cls.data = file.read()

    def verify(self, path, *options):
        ended = self.muster.run("verify", path, "-o", "json", *options)
        return ended, json.loads(ended.out) if ended.out else None

    def changed(self, byte, name="changed.muster"):
        data = bytearray(self.data)
        data[byte] ^= 0x40
        path = os.path.join(self.muster.top, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def test_the_first_run_made_a_key_and_said_so(self):
        self.assertIn("made the key that signs evidence", self.ended.err)
        key = os.path.join(self.muster.state, "keys", "evidence.key")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)

    def test_every_figure_follows_from_the_records(self):
        ended, told = self.verify(self.bundle)
        self.assert_exit(ended, 0)
        self.assertEqual((told["result"], told["differences"]), ("Verified", []))
        self.assertGreater(told["compared"], 500)
        report = self.muster.report()
        self.assertEqual(told["rpoRecords"], report["ledger"]["lost"])
        self.assertAlmostEqual(told["rto"]["service"]["upperSeconds"],
                               report["rto"]["service"]["upperSeconds"], 8)
        self.assert_exit(self.muster.run("verify", "last"), 0)

    def test_it_is_small(self):
        _, told = self.verify(self.bundle)
        self.assertLessEqual(told["bytes"] / told["operations"], 16, "of a drill of seconds")

    def test_an_outsiders_program_agrees(self):
        shown = self.muster.run("keys", "show").out.split()
        done = subprocess.run([sys.executable, OUTSIDER, self.bundle, shown[1]],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("the report agrees"), 2, done.stdout)
        done = subprocess.run([sys.executable, OUTSIDER, self.changed(len(self.data) // 2)],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("was changed", done.stderr)

    def test_a_changed_byte_is_found_and_its_record_named(self):
        for part in (0.1, 0.5, 0.9):
            byte = 48 + int((len(self.data) - 48) * part)
            index, name = record_of(self.data, byte)
            ended, told = self.verify(self.changed(byte))
            self.assert_exit(ended, 3)
            shown = told["record"]["name"]
            self.assertEqual((told["record"]["index"], len(shown)), (index, len(name)))
            # The byte may be one of the name.
            self.assertLessEqual(sum(one != other for one, other in zip(name, shown)), 1, (name, shown))

    def test_errors_are_told_apart(self):
        nobody = os.path.join(self.muster.top, "nobody")
        with open(nobody, "w", encoding="utf-8") as file:
            file.write("# nobody\n")
        ended, told = self.verify(self.bundle, "--trust", nobody)
        self.assert_exit(ended, 4)
        self.assertEqual(told["result"], "UnknownKey")
        short = os.path.join(self.muster.top, "short.muster")
        with open(short, "wb") as file:
            file.write(self.data[:-100])
        self.assertEqual(self.verify(short)[1]["result"], "CutShort")
        ended, told = self.verify(PROGRAM)
        self.assert_exit(ended, 1)
        self.assertEqual(told["result"], "NoBundle")
        self.assert_exit(self.muster.run("verify", os.path.join(self.muster.top, "none")), 1)
        with open(nobody, "w", encoding="utf-8") as file:
            file.write("rsa 00\n")
        self.assert_exit(self.muster.run("verify", self.bundle, "--trust", nobody), 2)

    def test_it_verifies_on_a_machine_that_knows_nothing(self):
        trust = os.path.join(self.muster.top, "trust")
        with open(trust, "w", encoding="utf-8") as file:
            file.write(self.muster.run("keys", "show").out)
        nowhere = os.path.join(self.muster.top, "nowhere")
        ended = self.muster.run("--state-dir", nowhere, "verify", self.bundle, "--trust", trust)
        self.assert_exit(ended, 0)
        self.assertFalse(os.path.exists(nowhere), "looking makes nothing")

    def test_the_log_says_who_asked_and_what_was_done(self):
        shown = json.loads(self.muster.run("audit", "show", "-o", "json").out)
        events = [entry["event"] for entry in shown]
        for event in ("DrillRequested", "FaultBegun", "FaultProven", "StepDone", "DrillEnded"):
            self.assertIn(event, events)
        asked = shown[events.index("DrillRequested")]
        self.assertEqual(asked["uid"], os.getuid())
        self.assertRegex(asked["command"], r"drill run .*database-failover\.yaml")
        self.assertEqual(self.muster.run("audit", "show", "--since", "2199-01-01").out, "")
        self.assert_exit(self.muster.run("audit", "show", "--since", "soon"), 2)
        drill = os.path.basename(self.muster.drills()[0])
        only = json.loads(self.muster.run("audit", "show", "--drill", drill, "-o", "json").out)
        self.assertEqual(len(only), len(shown))
        last = json.loads(self.muster.run("audit", "show", "--drill", "last", "-o", "json").out)
        self.assertEqual(last, only)
        nobody = self.muster.run("audit", "show", "--drill", "nope")
        self.assert_exit(nobody, 1)
        self.assertIn("no entry of a drill 'nope'", nobody.err)
        self.assert_exit(self.muster.run("audit", "verify"), 0)

    def test_a_bundle_that_was_taken_away_is_missed(self):
        told = json.loads(self.muster.run("audit", "verify", "-o", "json").out)
        self.assertEqual(told["drillsWithoutBundle"], [])
        away = self.bundle + ".away"
        os.rename(self.bundle, away)
        try:
            told = json.loads(self.muster.run("audit", "verify", "-o", "json").out)
            drill = os.path.basename(self.muster.drills()[0])
            self.assertEqual(told["drillsWithoutBundle"], [drill])
            self.assertIn("no bundle  of " + drill, self.muster.run("audit", "verify").out)
        finally:
            os.rename(away, self.bundle)

    def test_a_damaged_bundle_does_not_hide_a_changed_log(self):
        drill = os.path.basename(self.muster.drills()[0])
        os.rename(self.bundle, self.bundle + ".away")
        try:
            shutil.copy(self.changed(len(self.data) // 2), self.bundle)
            ended = self.muster.run("audit", "verify")
            self.assert_exit(ended, 3)
            self.assertIn(f"the bundle of {drill} is damaged", ended.out)
        finally:
            os.rename(self.bundle + ".away", self.bundle)

    def test_of_nothing_nothing_is_verified(self):
        ended = self.muster.run("--state-dir", os.path.join(self.muster.top, "nowhere"), "audit", "verify")
        self.assert_exit(ended, 1)
        self.assertRegex(ended.err, "nowhere.*No such file")

    def test_a_report_that_is_not_the_bundles_is_found(self):
        self.assert_exit(self.muster.run("verify", self.bundle), 0)
        path = os.path.join(self.muster.drills()[0], "report.json")
        with open(path, encoding="utf-8") as file:
            kept = file.read()
        told = json.loads(kept)
        told["rto"]["service"]["lowerSeconds"] = 0.001
        try:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(told, file)
            ended = self.muster.run("verify", self.bundle)
            self.assert_exit(ended, 3)
            self.assertRegex(ended.err, "report.json.*is not the report of the bundle")
        finally:
            with open(path, "w", encoding="utf-8") as file:
                file.write(kept)

    def test_a_changed_or_shortened_log_is_found(self):
        log = os.path.join(self.muster.state, "audit.log")
        kept = log + ".kept"
        shutil.copy2(log, kept)
        try:
            with open(kept, encoding="utf-8") as file:
                lines = file.readlines()
            with open(log, "w", encoding="utf-8") as file:
                file.writelines(lines[:-1])
            ended = self.muster.run("audit", "verify")
            self.assert_exit(ended, 3)
            self.assertRegex(ended.out, "the bundle of .* knows another entry")
            with open(log, "w", encoding="utf-8") as file:
                file.writelines(line.replace("primary-dies", "nothing-dies") for line in lines)
            ended = self.muster.run("audit", "verify")
            self.assert_exit(ended, 3)
            self.assertTrue(re.search(r"line \d+, entry \d+, was changed", ended.err), str(ended))
        finally:
            os.replace(kept, log)

    def test_a_key_that_others_may_read_ends_the_drill_before_it_begins(self):
        key = os.path.join(self.muster.state, "keys", "evidence.key")
        before = len(self.muster.drills())
        os.chmod(key, 0o644)
        try:
            ended = self.muster.drill("database-failover")
        finally:
            os.chmod(key, 0o600)
        self.assert_exit(ended, 1)
        self.assertIn("evidence.key", ended.err)
        self.assertEqual(len(self.muster.drills()), before)


class Kept(Case):
    """Bundles that were made long ago, by a build of that day: the format is versioned."""

    def setUp(self):
        self.muster = Muster()
        self.addCleanup(self.muster.close)

    def test_a_bundle_of_an_earlier_build_still_verifies(self):
        bundles = glob.glob(os.path.join(EXAMPLES, "*", "bundle.muster"))
        self.assertNotEqual(bundles, [])
        keys = os.path.join(EXAMPLES, "keys.txt")
        for bundle in bundles:
            with self.subTest(bundle=os.path.relpath(bundle, SOURCE)):
                self.assert_exit(self.muster.run("verify", bundle, "--trust", keys), 0)
                self.assert_exit(self.muster.run("verify", bundle), 4)
                done = subprocess.run([sys.executable, OUTSIDER, bundle], capture_output=True,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
