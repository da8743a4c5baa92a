"""Forms of files: suffixes, encodings, and YAML that is unusual or hostile."""

import json
import re
from typing import Any

from ..changes import job_property
from ..document import STATUS
from ..row import refused, to_yaml, works


def text(change: Any) -> Any:
    """Return an encoder that changes the YAML text."""
    return lambda document: change(to_yaml(document))


def inserted(lines: str) -> Any:
    """Return an encoder that adds lines to the end of the YAML text."""
    return text(lambda written: written + lines)


def shared(document: dict[str, Any]) -> None:
    """Use one object in two places, which YAML writes as an anchor and an alias."""
    status = document["paths"]["/jobs/{jobId}"]["get"]
    status["responses"]["200"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Job"}
    responses = document["paths"]["/jobs"]["post"]["responses"]
    responses["401"] = status["responses"]["401"]


BOMB = (
    "x-bomb: ["
    + ", ".join(
        ["&a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"] + [f"&a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    )
    + "]\n"
)
DEEP = "[" * 100_000
MERGED = """x-shared: &shared {description: The token is unknown., content: {application/json: {schema: {type: object}}}}
"""

ROWS = (
    works("suffix yml", suffix=".yml"),
    works("suffix json", suffix=".json", encode=json.dumps),
    works("json indented by tabs", suffix=".json", encode=lambda document: json.dumps(document, indent="\t")),
    works("byte order mark", encode=lambda document: b"\xef\xbb\xbf" + to_yaml(document).encode()),
    works(
        "json with byte order mark",
        suffix=".json",
        encode=lambda document: b"\xef\xbb\xbf" + json.dumps(document).encode(),
    ),
    works("crlf line ends", encode=text(lambda written: written.replace("\n", "\r\n"))),
    works("yaml directive and end", encode=text(lambda written: f"%YAML 1.2\n---\n{written}...\n")),
    works("anchors", shared),
    works("merge keys", encode=inserted(MERGED + "x-merged: {<<: *shared, more: 1}\n")),
    works("flow style", encode=lambda document: json.dumps(document).replace('"openapi"', "openapi")),
    works("emoji and combining characters", {"info description": "Jobs \U0001f680 e\u0301 \u202e \u2028"}),
    works("very long line", {"info description": "long " * 40_000}),
    works("big integer in an example", job_property("size", {"type": "integer"}, 2**63)),
    works(
        "small number 1e-05",
        job_property("rate", {"type": "number"}, 1),
        encode=text(lambda written: written.replace("rate: 1\n", "rate: 1.0e-05\n")),
    ),
    works(
        "bare 1e-05",
        job_property("rate", {"type": "number"}, 1),
        encode=text(lambda written: written.replace("rate: 1\n", "rate: 1e-05\n")),
        warned="1.0e-05",
    ),
    refused("yaml bomb", "alias", encode=inserted(BOMB), isolated=True),
    refused("deep nesting", "nest", encode=inserted(f"x-deep: {DEEP}{']' * len(DEEP)}\n"), isolated=True),
    refused(
        "deep nesting in json",
        "nest",
        encode=lambda document: json.dumps(document)[:-1] + f', "x": {DEEP}{"]" * len(DEEP)}}}',
        suffix=".json",
        isolated=True,
    ),
    refused("integer of 5000 digits", "digits", encode=inserted(f"x-huge: {'9' * 5000}\n"), isolated=True, at="x-huge"),
    refused("float out of range", "1.0e+999", encode=inserted("x-huge: 1.0e+999\n"), isolated=True, at="x-huge"),
    refused("not a number", "nan", encode=inserted("x-nan: .nan\n"), at="x-nan"),
    refused("duplicate key", "duplicate key", encode=inserted("info: {title: x, version: '1'}\n")),
    refused(
        "duplicate key in json",
        "duplicate",
        suffix=".json",
        encode=lambda document: json.dumps(document)[:-1] + ', "openapi": "3.1.1"}',
    ),
    refused("broken yaml", "is not YAML", encode=inserted("x: [1, 2\n")),
    refused("broken json", "is not", suffix=".json", encode=lambda document: json.dumps(document)[:-1]),
    refused("tab as indentation", "is not YAML", encode=inserted("x:\n\ty: 1\n")),
    refused("two yaml documents", "document", encode=inserted("---\nopenapi: 3.1.1\n")),
    refused("empty file", "mapping", encode=lambda _: ""),
    refused("list at the top", "mapping", encode=lambda _: "- openapi\n"),
    refused(
        "latin-1",
        "cannot be read",
        encode=lambda document: to_yaml(document).replace("The job", "D\xe9j\xe0").encode("latin-1"),
    ),
    refused("utf-16", "cannot be read", encode=lambda document: to_yaml(document).encode("utf-16")),
    refused("binary file", "is not YAML", encode=lambda _: b"openapi: \x00\x01\x02"),
    refused("python tag", "python", encode=inserted("x-tag: !!python/object/apply:os.getcwd []\n"), at="x-tag"),
    works("unquoted date", encode=inserted("x-date: 2026-01-01\n"), warned="quotes"),
    works("unquoted no", encode=inserted("x-flag: no\n"), warned="quotes"),
    works("unquoted status code", encode=text(lambda written: re.sub(r"'(\d{3})':", r"\1:", written))),
    refused(
        "lone surrogate",
        "surrogate",
        suffix=".json",
        encode=lambda document: json.dumps({**document, "x-text": "\ud800"}),
    ),
    refused("reference into another file", "file", {"ok schema": {"$ref": "other.yaml#/Job"}}, at="other.yaml"),
    refused("reference to a url", "file", {"ok schema": {"$ref": "https://example.com/job.json"}}, at="example.com"),
    refused("reference to nothing", "Jab", {"ok schema": {"$ref": "#/components/schemas/Jab"}}, at="Jab"),
    refused(
        "reference to itself",
        "reference",
        {"schemas Loop": {"$ref": "#/components/schemas/Loop"}, "ok schema": {"$ref": "#/components/schemas/Loop"}},
        at="Loop",
    ),
    refused("paths as a list", "paths", {"paths": []}),
    refused("operation as text", "get", {" ".join(("paths", "/jobs/{jobId}", STATUS[2])): "a job"}),
)
