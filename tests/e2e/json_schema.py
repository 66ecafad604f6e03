"""As much of JSON Schema (draft 07) as docs/schemas uses. An unknown keyword is an error, so that a
schema which grows is never checked in part only."""

import re

_TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "number": (int, float), "integer": int,
}
_NOTES = {"$schema", "$id", "title", "description", "definitions", "default", "examples"}


def _is(value, name):
    if name in ("number", "integer") and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[name])


def problems(value, schema, root=None, path="$"):
    """Everything in which `value` differs from `schema`, each with its path."""
    root = root or schema
    out = []

    def check(keyword, rule):
        if keyword == "$ref":
            target = root
            for part in rule.removeprefix("#/").split("/"):
                target = target[part]
            out.extend(problems(value, target, root, path))
        elif keyword == "type":
            names = rule if isinstance(rule, list) else [rule]
            if not any(_is(value, name) for name in names):
                out.append(f"{path}: {type(value).__name__} instead of {rule}")
        elif keyword == "const":
            if value != rule:
                out.append(f"{path}: {value!r} instead of {rule!r}")
        elif keyword == "enum":
            if value not in rule:
                out.append(f"{path}: {value!r} is none of {rule}")
        elif keyword == "pattern":
            if isinstance(value, str) and not re.search(rule, value):
                out.append(f"{path}: {value!r} does not match {rule}")
        elif keyword in ("minimum", "maximum"):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                if value < rule if keyword == "minimum" else value > rule:
                    out.append(f"{path}: {value} breaks {keyword} {rule}")
        elif keyword == "required":
            if isinstance(value, dict):
                out.extend(f"{path}: no {name}" for name in rule if name not in value)
        elif keyword == "properties":
            if isinstance(value, dict):
                for name in rule.keys() & value.keys():
                    out.extend(problems(value[name], rule[name], root, f"{path}.{name}"))
        elif keyword == "additionalProperties":
            if isinstance(value, dict):
                for name in value.keys() - schema.get("properties", {}).keys():
                    if rule is False:
                        out.append(f"{path}: unknown field {name}")
                    elif isinstance(rule, dict):
                        out.extend(problems(value[name], rule, root, f"{path}.{name}"))
        elif keyword == "items":
            if isinstance(value, list):
                for index, item in enumerate(value):
                    out.extend(problems(item, rule, root, f"{path}[{index}]"))
        elif keyword == "allOf":
            for each in rule:
                out.extend(problems(value, each, root, path))
        elif keyword == "anyOf":
            if all(problems(value, each, root, path) for each in rule):
                out.append(f"{path}: fits none of {len(rule)} alternatives")
        elif keyword not in _NOTES:
            out.append(f"{path}: the schema's keyword {keyword} is not known here")

    for keyword, rule in schema.items():
        check(keyword, rule)
    return out
