"""The rules about the `x-` keywords of this project: `KEYWORDS` has the check of each."""

import difflib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jsonschema_rs

from . import renamed
from .naming import is_name, raw_operations
from .navigate import NAMED, owner_of
from .source import Finding, Pointer, Source

Located = tuple[Pointer, str]  # the place to correct and the message

SCENARIOS: Final = (
    "no_credential",
    "wrong_credential",
    "wrong_scope",
    "unknown_id",
    "temporarily_unknown",
    "bad_parameter",
    "unknown_parameter",
    "wrong_method",
    "disabled",
    "empty_id",
    "not_served",
)


def check_keywords(source: Source) -> Iterator[Finding]:
    """Check that each keyword is in its place and well-formed."""
    for place, message in itertools.chain(_jobs(source.data), _keywords(source.data, ())):
        yield place, owner_of(source.data, place[:-1]), message


def _jobs(data: Mapping[str, Any]) -> Iterator[Located]:
    for _, item, method, pointer in raw_operations(data):
        if "x-job" in item[method]:
            job, place = item[method]["x-job"], (*pointer, "x-job")
            yield from list(_renamed_job_keys(job, place)) or _invalid_job(job, place)


def _renamed_job_keys(job: Any, place: Pointer) -> Iterator[Located]:
    """Find former names of keys in `x-job`; each message has the name to use."""
    if not isinstance(job, Mapping):
        return
    name = "mirrors" if "mirrors" in job else "agrees"
    mirrors = job[name] if isinstance(job.get(name), list) else ()
    parts = [(mirror, (*place, name, index), renamed.MIRROR_KEYS) for index, mirror in enumerate(mirrors)]
    for part, pointer, names in ((job, place, renamed.JOB_KEYS), *parts):
        for key in part if isinstance(part, Mapping) else ():
            if key in names:
                yield (*pointer, key), f"x-job key {key} is now {names[key]}; rename it"


def _invalid_job(job: Any, place: Pointer) -> Iterator[Located]:
    for error in _job_schema().iter_errors(job):
        subject = "/".join(["x-job", *map(str, error.instance_path)])
        yield (*place, *error.instance_path), f"{subject}: {error.message}; see x-job.schema.json"


@cache
def _job_schema() -> jsonschema_rs.Draft202012Validator:
    text = (files(__package__) / "x-job.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text))


def _keywords(node: Any, pointer: Pointer) -> Iterator[Located]:
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _keywords(child, (*pointer, index))
    if not isinstance(node, Mapping):
        return
    is_literal = pointer[-1:] in {("value",), ("example",), ("default",)} and pointer[-2:-1] not in NAMED
    for key, child in () if is_literal else node.items():
        place = (*pointer, key)
        if key in renamed.EXTENSIONS:
            yield place, f"{key} is now {renamed.EXTENSIONS[key]}; rename it"
        else:
            if check := KEYWORDS.get(key, _misspelled):
                yield from check(node, child, place)
            yield from _keywords(child, place)


def _misspelled(_node: Mapping[str, Any], _value: Any, place: Pointer) -> Iterator[Located]:
    key = str(place[-1])
    if key.startswith("x-") and (close := difflib.get_close_matches(key, EXTENSIONS, 1, 0.8)):
        yield place, f"unknown keyword {key} would be ignored; rename it to {close[0]}"


def _job_on_an_operation(_node: Mapping[str, Any], _value: Any, place: Pointer) -> Iterator[Located]:
    if (len(place) != 4 or place[0] != "paths") and (len(place) != 5 or place[:2] != ("components", "pathItems")):
        yield place, "x-job is allowed on operations only; move it next to operationId"


def _every_link_in_order(node: Mapping[str, Any], value: Any, place: Pointer) -> Iterator[Located]:
    links = node.get("links", {})
    if not isinstance(value, list) or sorted(map(str, value)) != sorted(links):
        message = f"x-link-order lists every link in the order they are tried; expected {sorted(links)}, got {value!r}"
        yield place, message


def _known_scenario(_node: Mapping[str, Any], value: Any, place: Pointer) -> Iterator[Located]:
    if value not in SCENARIOS:
        yield place, f"unknown x-scenario {value!r}; write one of {', '.join(SCENARIOS)}"


def _method_and_target(_node: Mapping[str, Any], value: Any, place: Pointer) -> Iterator[Located]:
    if not re.fullmatch(r"[A-Z]+ /\S*", str(value)):
        yield place, f"x-request is a method and a target, such as GET /jobs/1, got {value!r}; correct it"


def _reasons_and_values(_node: Mapping[str, Any], value: Any, place: Pointer) -> Iterator[Located]:
    if not isinstance(value, Mapping) or not value:
        yield (*place, ""), "x-invalid-examples maps names to {reason, value}; correct it"  # no name to point to
        return
    for name, example in value.items():
        if not isinstance(example, Mapping) or set(example) != {"reason", "value"}:
            yield (*place, name), f"x-invalid-examples/{name} must have exactly the keys reason and value; correct it"


def _true_or_absent(_node: Mapping[str, Any], value: Any, place: Pointer) -> Iterator[Located]:
    if value is not True:
        yield place, f"x-unverified must be true or absent, got {value!r}; remove it"


def _python_name(_node: Mapping[str, Any], value: Any, place: Pointer) -> Iterator[Located]:
    is_class = place[:2] == ("components", "schemas") and len(place) == 4
    valid = isinstance(value, str) and (re.fullmatch(r"[A-Z][A-Za-z0-9]*", value) if is_class else is_name(value))
    if not valid:
        form = "a class name such as JobStatus" if is_class else "a Python name in snake case such as get_job"
        yield place, f"x-name is {form}, got {value!r}; correct it"


# The check of each keyword, called with the mapping that has the keyword, the value and its place. None: any value.
KEYWORDS: Final[Mapping[str, Callable[[Mapping[str, Any], Any, Pointer], Iterator[Located]] | None]] = {
    "x-job": _job_on_an_operation,
    "x-link-order": _every_link_in_order,
    "x-starts-in": None,
    "x-scenario": _known_scenario,
    "x-request": _method_and_target,
    "x-coerces": None,
    "x-ignored-parameters": None,
    "x-invalid-examples": _reasons_and_values,
    "x-unverified": _true_or_absent,
    "x-name": _python_name,
}
EXTENSIONS: Final = tuple(KEYWORDS)
