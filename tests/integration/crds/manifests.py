"""Objects that are good, and how each of them can be spoilt."""
import copy
import os

import yaml

from kubectl import SOURCE

VERSION = "muster.dev/v1alpha1"


def shipped(path):
    with open(os.path.join(SOURCE, "dr-drills", path), encoding="utf-8") as file:
        return yaml.safe_load(file)


def in_cluster(plan, target):
    """The plan as a cluster has it: everything stays but the target."""
    out = copy.deepcopy(plan)
    out["spec"]["target"] = {"kubernetes": target}
    return out


def schedule():
    out = shipped("schedules/weekly-database-failover.yaml")
    out["spec"]["drill"] = {"planRef": {"name": "database-failover"}, "profile": "quick"}
    for window in out["spec"]["blackouts"]:  # a YAML 1.1 reader takes an unquoted date for one
        for field in ("from", "to"):
            if field in window:
                window[field] = str(window[field])
    return out


def drill(name, **spec):
    return {"apiVersion": VERSION, "kind": "Drill", "metadata": {"name": name},
            "spec": {"planRef": {"name": "database-failover"}} | spec}


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
