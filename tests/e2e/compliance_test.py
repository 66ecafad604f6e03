"""Real drills that tell others, and what they prove together.

The plan is the shipped failover with an RTO of one second, which a promotion cannot meet: the miss is
told while the drill runs. The webhook fails twice before it takes a message; the command of the
second notification hangs, and one of the third fails for good.
"""

import http.server
import json
import os
import threading
import time
import unittest

import yaml

from muster_under_test import PLANS, QUICK, Case, Muster, plan


class Receiver(http.server.ThreadingHTTPServer):
    """Answers 503 to the first two tries of every moment."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.tries, self.told, self.at = threading.Lock(), {}, [], {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, message):
        with self.lock:
            key = (message["moment"], message["missed"])
            self.tries[key] = self.tries.get(key, 0) + 1
            if self.tries[key] <= 2:
                return 503
            self.told.append(message)
            self.at[key] = time.time()
            return 204


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        length = int(self.headers["Content-Length"])
        self.send_response(self.server.take(json.loads(self.rfile.read(length))))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Compliance(Case):
    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.server_close)
        cls.addClassCleanup(cls.receiver.shutdown)
        with open(plan("database-failover"), encoding="utf-8") as file:
            document = yaml.safe_load(file)
        spec = document["spec"]
        spec["target"]["local"]["system"] = os.path.join(PLANS, "systems", "postgres-pair",
                                                         "system.yaml")
        spec["objectives"].update(rtoSeconds=1, maxAgeDays=45)
        # Long enough that the miss is known while users are still without service.
        assess = next(step for step in spec["recovery"] if step["name"] == "assess")
        assess["waitFor"]["probe"]["forSeconds"] = 3
        spec["timing"]["recoverySeconds"] = 60
        every = ["Start", "Miss", "End"]
        port = cls.receiver.server_port
        spec["notifications"] = [
            {"name": "hook", "on": every, "webhook": {"url": f"http://127.0.0.1:{port}/drills",
                                                      "headers": {"X-Team": "databases"}}},
            {"name": "log", "on": every, "command": {"argv": ["sh", "-c", "cat >> told"]}},
            {"name": "hangs", "on": ["Start"], "command": {"argv": ["sleep", "600"],
                                                           "timeoutSeconds": 1}},
            {"name": "broken", "on": ["End"], "command": {"argv": ["false"]}},
        ]
        cls.file = os.path.join(cls.muster.top, "failover.yaml")
        with open(cls.file, "w", encoding="utf-8") as file:
            yaml.safe_dump(document, file)
        arguments = ["drill", "run", cls.file]
        for change in QUICK:
            arguments += ["--set", change]
        cls.ended = cls.muster.run(*arguments, seconds=240)
        if cls.ended.code not in (3, 4):
            raise AssertionError(str(cls.ended))
        cls.report = cls.muster.report()
        cls.name = cls.report["plan"]

    def test_1_a_webhook_is_told_at_start_miss_and_end(self):
        told = self.receiver.told
        moments = [(message["moment"], message["missed"]) for message in told]
        self.assertEqual(moments[0], ("Start", None))
        self.assertEqual(moments[1], ("Miss", "RTO"), str(self.ended))
        self.assertIn(("End", None), moments)
        self.assertTrue(all(count == 3 for count in self.receiver.tries.values()))
        self.assertTrue(all(message["drillId"] == self.report["drillId"] for message in told))
        miss, end = told[1], told[moments.index(("End", None))]
        self.assertGreater(miss["rto"]["lowerSeconds"], 1)
        self.assertIsNone(miss["verdict"])
        self.assertIsNone(miss["rto"]["upperSeconds"])
        # It was told in the outage or soon after, long before the validation was over.
        self.assertGreater(self.receiver.at[("End", None)] - self.receiver.at[("Miss", "RTO")], 4)
        self.assertLessEqual(miss["rto"]["lowerSeconds"],
                             self.report["rto"]["userVisible"]["lowerSeconds"] + 1e-6)
        self.assertEqual(end["verdict"], self.report["verdict"])
        self.assertEqual(end["rto"]["upperSeconds"], self.report["rto"]["service"]["upperSeconds"])
        self.assertTrue(os.path.exists(end["reportPath"]))

    def test_2_a_command_is_told_in_the_folder_of_the_plan(self):
        with open(os.path.join(self.muster.top, "told"), encoding="utf-8") as file:
            moments = [json.loads(line)["moment"] for line in file]
        self.assertEqual(moments[0], "Start")
        self.assertEqual(moments[-1], "End")

    def test_3_what_is_not_delivered_is_a_warning(self):
        warnings = [event["text"] for event in self.report["timeline"]
                    if event["kind"] == "Warning" and event["subject"] == "notification"]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertRegex(warnings[0], "notification hangs of Start was not delivered in 3 tries")
        self.assertRegex(self.ended.err, "warning: notification hangs of Start")
        self.assertRegex(self.ended.err, "warning: notification broken of End .* exit code 1")

    def test_4_compliance_speaks_of_the_drill(self):
        ended = self.muster.run("compliance", "-o", "json")
        self.assert_exit(ended, 3)
        answer = json.loads(ended.out)
        self.assertEqual([row["plan"] for row in answer["plans"]], [self.name])
        row = answer["plans"][0]
        self.assertEqual((row["rto"]["met"], row["rto"]["missed"], row["rto"]["of"]), (0, 1, 1))
        history = self.report["history"]
        for which in ("rto", "rpo"):
            self.assertEqual(row[which]["ratio"], history[which]["ratio"])
            self.assertEqual(row[which]["lowerBound"], history[which]["lowerBound"])
        self.assertEqual(row["maxAgeDays"], 45)
        self.assertTrue(row["missed"])
        self.assertEqual([(v["what"], v["severity"]) for v in row["violations"]],
                         [(v["what"], v["severity"])
                          for v in self.report["compliance"]["violations"]])
        self.assertIn("RTO of 1.00 s was missed", self.muster.run("compliance", self.file).out)

    def test_5_the_page_and_the_yaml(self):
        page = os.path.join(self.muster.top, "compliance.html")
        ended = self.muster.run("compliance", "-o", "html", "--to", page)
        self.assert_exit(ended, 3)
        self.assertIn("written", ended.err)
        with open(page, encoding="utf-8") as file:
            self.assertIn("</html>", file.read())
        answer = yaml.safe_load(self.muster.run("compliance", "-o", "yaml").out)
        self.assertFalse(answer["compliant"])

    def test_6_bad_input(self):
        for code, pattern, arguments in (
                (1, "no drill of a plan 'database-failovr'.*Did you mean", ["database-failovr"]),
                (3, "no drill of .* with profile full", [self.name, "--profile", "full"]),
                (3, "no drill with profile nothing", ["--profile", "nothing"]),
                (2, "'yesterday' is no time", ["--since", "yesterday"]),
                (1, "/nowhere.yaml", ["/nowhere.yaml"]),
                (2, "'pdf' is not allowed", ["-o", "pdf"]),
                (1, "/nowhere", ["--to", "/nowhere/x.html"])):
            ended = self.muster.run("compliance", *arguments)
            self.assert_exit(ended, code)
            self.assertRegex(ended.err, pattern)

    def test_7_a_damaged_history_costs_a_warning(self):
        before = json.loads(self.muster.run("compliance", "-o", "json").out)["plans"]
        with open(os.path.join(self.muster.state, "history.db"), "r+b") as file:
            file.write(b"\0" * 64)
        ended = self.muster.run("compliance", "-o", "json")
        self.assertRegex(ended.err, "warning: .*the reports are read instead")
        after = json.loads(ended.out)["plans"]
        for rows in (before, after):
            rows[0].pop("ageSeconds")
        self.assertEqual(after, before)

    def test_8_nothing_is_left(self):
        self.assert_nothing_runs()

    def test_0_without_a_drill_nothing_is_proven(self):
        other = os.path.join(self.muster.top, "empty")
        ended = self.muster.run("--state-dir", other, "compliance")
        self.assert_exit(ended, 3)
        self.assertIn("no drills", ended.out)
        self.assertFalse(os.path.exists(other), "nothing is made by looking")


if __name__ == "__main__":
    unittest.main()
