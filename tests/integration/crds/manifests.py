"""Objects that are good, and how each of them can be spoilt."""
import copy
import os

import yaml

from kubectl import SOURCE

VERSION = "muster.dev/v1alpha1"


def documents(path):
    with open(os.path.join(SOURCE, "dr-drills", path), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def in_cluster(kind):
    """What ships for a cluster, of one kind; without its namespace, which a test has no need of."""
    folder = os.path.join(SOURCE, "dr-drills", "kubernetes")
    out = [one for name in sorted(os.listdir(folder)) for one in documents(os.path.join("kubernetes", name)) if one["kind"] == kind]
    for one in out:
        one["metadata"].pop("namespace", None)
    return out


def plan(name="database-failover"):
    return next(one for one in in_cluster("RecoveryPlan") if one["metadata"]["name"] == name)


def schedule():
    out = documents("schedules/weekly-database-failover.yaml")[0]
    out["spec"]["drill"] = {"planRef": {"name": "database-failover"}, "profile": "quick"}
    for window in out["spec"]["blackouts"]:  # a YAML 1.1 reader takes an unquoted date for one
        for field in ("from", "to"):
            if field in window:
                window[field] = str(window[field])
    return out


def drill(name, **spec):
    return {"apiVersion": VERSION, "kind": "Drill", "metadata": {"name": name},
            "spec": {"planRef": {"name": "database-failover"}} | spec}


def profile(name="web", **spec):
    return {"apiVersion": VERSION, "kind": "SidecarProfile", "metadata": {"name": name}, "spec": spec}


def changed(document, path, value):
    """A copy in which `path` (keys and indices) has another value; None: it is gone."""
    out = copy.deepcopy(document)
    at = out
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return out
