"""kubeconform over all that the chart renders, with the schemas of the API server that the tests have: strict, so that a
field that no kind knows is an error. It judges what `helm template` prints for people who never ask a server."""

import json
import os
import subprocess
import unittest

from chart_test import all_documents
from chart_under_test import SOURCE, folder, render, run, server

MONITORING = ("ServiceMonitor", "PrometheusRule")  # of the Prometheus Operator, which is not here


def strict(schema):
    """Without fields that are not in it; integers that may be texts ("80", "http") as both."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: strict(value) for name, value in schema.items()}
    if schema.get("format") == "int-or-string":
        out["type"] = ["integer", "string"]
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        out["additionalProperties"] = False
    return out


def write_schemas(place):
    """A file for each kind of the API server, by the name that kubeconform asks for."""
    status, swagger = server().ask("GET", "/openapi/v2")
    assert status == 200, swagger
    os.makedirs(place, exist_ok=True)
    definitions = {name: strict(one) for name, one in swagger["definitions"].items()}
    # A quantity is a text or a number; a definition of a kind has a schema of schemas, which is the server's to judge.
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"type": ["string", "number"]}
    for name in ("JSONSchemaProps", "JSON", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool"):
        definitions[f"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.{name}"] = {}
    with open(os.path.join(place, "all.json"), "w", encoding="utf-8") as file:
        json.dump({"definitions": definitions}, file)
    for name, one in swagger["definitions"].items():
        for kind in one.get("x-kubernetes-group-version-kind", []):
            version = "-".join(filter(None, (kind["group"].split(".")[0], kind["version"])))
            with open(os.path.join(place, f"{kind['kind'].lower()}-{version}.json"), "w", encoding="utf-8") as file:
                json.dump({"$ref": f"all.json#/definitions/{name}"}, file)


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = os.path.join(folder(), "schemas")
        write_schemas(cls.place)
        out = subprocess.run([os.path.join(SOURCE, "ci", "kubeconform.sh")], check=True, text=True, stdout=subprocess.PIPE)
        cls.kubeconform = out.stdout.strip()

    def judge(self, text):
        done = run(self.kubeconform, "-strict", "-output", "json", "-summary", "-skip", ",".join(MONITORING), "-schema-location",
                   os.path.join(self.place, "{{ .ResourceKind }}{{ .KindSuffix }}.json"), given=text, check=False)
        return json.loads(done.stdout)

    def test_all_that_is_rendered_fits(self):
        said = self.judge("\n---\n".join(all_documents()))
        self.assertEqual(([], 0, 0), (said["resources"], said["summary"]["invalid"], said["summary"]["errors"]))
        self.assertGreater(said["summary"]["valid"], 50)

    def test_what_no_kind_knows_is_seen(self):
        text = render({}, "--show-only", "templates/deployment.yaml").stdout
        changes = (("replicas: 2", "replica: 2", "replica"), ("replicas: 2", "replicas: two", "replicas"),
                   ("containerPort: 8080", "containerPorts: 8080", "containerPorts"))
        said = self.judge("\n---\n".join(text.replace(good, bad, 1).replace("name: muster-operator\n", f"name: a{number}\n", 1)
                                         for number, (good, bad, _) in enumerate(changes)))
        self.assertEqual(3, said["summary"]["invalid"], said)
        for number, (_, _, word) in enumerate(changes):
            self.assertIn(word, json.dumps([one for one in said["resources"] if one["name"] == f"a{number}"]))


if __name__ == "__main__":
    unittest.main()
