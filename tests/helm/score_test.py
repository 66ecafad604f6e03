"""kube-score over what the chart renders: what reviewers ask of workloads, beyond what schemas can tell. What the chart does
otherwise on purpose is in OTHERWISE with the reason; one that is no longer needed is an error too."""

import json
import os
import subprocess
import unittest

from chart_test import PARTS, merged
from chart_under_test import KUBERNETES, SOURCE, render, run

# All parts but other people's values for the pods, which replace what the chart has for them.
EVERYTHING = merged(*(on for name, (on, _) in PARTS.items() if name != "pods"))
WANTED = 10  # the grade of a check that has nothing to say

# (kinds, check, reason)
OTHERWISE = [
    ({"Deployment", "Job"}, "container-ephemeral-storage-request-and-limit",
     "they write nothing but their log, and a limit would evict the operator for that"),
    ({"Deployment", "Job"}, "container-image-pull-policy", "image.pullPolicy says; a version's image does not change"),
    ({"Job"}, "pod-networkpolicy", "they run for minutes, before the release goes or to look at it, and call nobody but it and the API server"),
]


class Score(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        out = subprocess.run([os.path.join(SOURCE, "ci", "kube_score.sh")], check=True, text=True, stdout=subprocess.PIPE)
        cls.kube_score = out.stdout.strip()

    def judge(self, text):
        """{(kind, check): [what is said of it]} of all that is not as it is wanted."""
        # A limit of processor time would hold up a leader that has to renew its lease.
        done = run(self.kube_score, "score", "-o", "json", "--kubernetes-version", f"v{KUBERNETES}", "--ignore-container-cpu-limit", "-",
                   given=text, check=False)
        found = {}
        for thing in json.loads(done.stdout):
            for one in thing["checks"]:
                if not one["skipped"] and one["grade"] < WANTED:
                    said = [f"{thing['object_name']}: {comment['path']} {comment['summary']}" for comment in one["comments"] or []]
                    found.setdefault((thing["type_meta"]["kind"], one["check"]["id"]), []).extend(said)
        return found

    def test_nothing_is_otherwise_but_on_purpose(self):
        meant = {(kind, check) for kinds, check, _ in OTHERWISE for kind in kinds}
        found = self.judge(render(EVERYTHING).stdout)
        self.assertEqual({}, {key: said for key, said in found.items() if key not in meant})
        self.assertEqual(set(), meant - set(found), "no longer needed in OTHERWISE")

    def test_what_is_missing_is_seen(self):
        text = render(EVERYTHING).stdout
        for line, check in (("readOnlyRootFilesystem: true", "container-security-context-readonlyrootfilesystem"),
                            ("kind: PodDisruptionBudget", "deployment-has-poddisruptionbudget"),
                            ("runAsGroup: 65532", "container-security-context-user-group-id"),
                            ("replicas: 2", "deployment-replicas")):
            with self.subTest(check):
                self.assertIn(line, text)
                changed = text.replace(line, {"replicas: 2": "replicas: 1", "kind: PodDisruptionBudget": "kind: ConfigMap"}.get(line, ""))
                self.assertIn(("Deployment", check), self.judge(changed))


if __name__ == "__main__":
    unittest.main()
