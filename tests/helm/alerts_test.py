"""The alerts and the dashboard: Prometheus understands them, they fire when they should and not
otherwise, and every series they ask for is one that the program has."""

import glob
import json
import os
import re
import shutil
import unittest

import yaml

from chart_under_test import CHART, SOURCE, folder, render_objects, run

OF_THE_LABELS = re.compile(r"\{[^{}]*\}")
FAMILY = re.compile(r"\b((?:muster|controller_runtime|workqueue|leader_election|rest_client)_\w+)\b")


def rules(values=None):
    rendered = render_objects({"prometheusRule": {"enabled": True, **(values or {})}}, "--show-only", "templates/prometheus_rule.yaml")
    return rendered[0]["spec"]


def written(name, document):
    path = os.path.join(folder(), name)
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file)
    return path


def families():
    """Every metric that libs/metrics and the sidecar make."""
    out = set()
    for path in glob.glob(os.path.join(SOURCE, "libs", "metrics", "*.cpp")) + glob.glob(os.path.join(SOURCE, "sidecar", "*.cpp")):
        with open(path, encoding="utf-8") as file:
            out |= set(re.findall(r'"((?:muster|controller_runtime|workqueue|leader_election|rest_client)_[a-z_]+)"', file.read()))
    return out


def unknown(expressions):
    found = {name for text in expressions for name in FAMILY.findall(OF_THE_LABELS.sub("", text))}
    return sorted(name for name in found if re.sub(r"_(bucket|sum|count)$", "", name) not in families() and name not in families())


class Alerts(unittest.TestCase):
    def test_fire_when_they_should_and_not_otherwise(self):
        path = written("rules.yaml", rules())
        run("promtool", "check", "rules", path)
        for name in ("alerts.yaml", "alerts_of_days.yaml"):
            shutil.copy(os.path.join(SOURCE, "tests", "helm", name), folder())
            run("promtool", "test", "rules", os.path.join(folder(), name))

    def test_thresholds_are_values(self):
        limits = {"complianceRatio": 0.111, "evidenceMaxAgeDays": 222, "reconcileErrorsPerSecond": 0.333, "queueDepth": 444,
                  "reconcileSeconds": 555, "noLeaderSeconds": 666, "certificateDays": 77.5}
        made = rules({"thresholds": limits, "selector": 'cluster="c"', "alertLabels": {"team": "dr"}})
        run("promtool", "check", "rules", written("other.yaml", made))
        every = [rule for group in made["groups"] for rule in group["rules"]]
        text = json.dumps([(rule["expr"], rule.get("for")) for rule in every])
        for limit in limits.values():
            self.assertIn(str(limit), text)
        self.assertTrue(all(rule["labels"]["team"] == "dr" for rule in every))
        self.assertTrue(all('cluster=\\"c\\"' in json.dumps(rule["expr"]) for rule in made["groups"][1]["rules"]))

    def test_ask_for_series_that_the_program_has(self):
        self.assertEqual([], unknown(rule["expr"] for group in rules()["groups"] for rule in group["rules"]))


class Dashboard(unittest.TestCase):
    def setUp(self):
        made = render_objects({"dashboards": {"enabled": True}}, "--show-only", "templates/dashboards.yaml")[0]
        self.assertEqual("1", made["metadata"]["labels"]["grafana_dashboard"])
        self.dashboard = json.loads(made["data"]["muster-recovery.json"])
        self.expressions = [target["expr"] for panel in self.dashboard["panels"] for target in panel.get("targets", [])]

    def test_prometheus_understands_every_panel(self):
        self.assertGreater(len(self.expressions), 15)
        recorded = [{"record": f"panel:{i}", "expr": text.replace("$__rate_interval", "5m")} for i, text in enumerate(self.expressions)]
        run("promtool", "check", "rules", written("panels.yaml", {"groups": [{"name": "panels", "rules": recorded}]}))

    def test_asks_for_series_that_the_program_has(self):
        self.assertEqual([], unknown(self.expressions))

    def test_panels_do_not_overlap_and_their_variables_exist(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells
        variables = {one["name"] for one in self.dashboard["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(self.dashboard["panels"]))) - {"__rate_interval"}
        self.assertEqual(variables, used)


if __name__ == "__main__":
    unittest.main()
