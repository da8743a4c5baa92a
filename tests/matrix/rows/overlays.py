"""A vendor's file with an overlay next to it."""

from ..changes import sequence
from ..document import REMOVED
from ..row import refused, to_yaml, works

PLAIN = {"status x-job": REMOVED, "start responses 202 links": REMOVED}
X_JOB = {
    "id": "$response.body#/id",
    "state": "$response.body#/status",
    "pending": ["queued", "running"],
    "success": ["succeeded"],
    "failure": ["failed"],
}
LINK = {"job": {"operationId": "get_job", "parameters": {"jobId": "$response.body#/id"}}}
STATUS = "$.paths['/jobs/{jobId}'].get"
ACCEPTED = "$.paths['/jobs'].post.responses['202']"
BOTH = ({"target": STATUS, "update": {"x-job": X_JOB}}, {"target": ACCEPTED, "update": {"links": LINK}})


def overlay(*actions: object, version: str = "1.0.0", **more: object) -> str:
    """Return the text of an overlay."""
    return to_yaml(
        {"overlay": version, "info": {"title": "Jobs that end", "version": "1"}, "actions": list(actions), **more}
    )


ROWS = (
    works("overlay adds x-job and links", PLAIN, overlay=overlay(*BOTH)),
    *(
        works(
            f"overlay copies {name} onto itself",
            PLAIN,
            {"x-list": [{"name": "a"}], "x-more": {"a": {"b": 1}}},
            overlay=overlay({"target": target, "copy": copy}, *BOTH, version="1.1.0"),
            isolated=True,
        )
        for name, target, copy in (
            ("a list", "$['x-list']", "$['x-list']"),
            ("a mapping", "$['x-more']", "$['x-more']"),
            ("a part", "$['x-more'].a", "$['x-more']"),
            ("the document", "$['x-more']", "$"),
        )
    ),
    refused(
        "overlay copies 40 times",
        "add more than",
        PLAIN,
        {"tags": [{"name": "a"}]},
        overlay=overlay(*BOTH, *[{"target": "$.tags", "copy": "$.tags"}] * 40, version="1.1.0"),
        isolated=True,
    ),
    works("overlay 1.1", PLAIN, overlay=overlay(*BOTH, version="1.1.0")),
    works("overlay of a json file", PLAIN, overlay=overlay(*BOTH), suffix=".json"),
    works("overlay of openapi 3.0", PLAIN, {"openapi": "3.0.3"}, overlay=overlay(*BOTH)),
    works(
        "overlay removes",
        PLAIN,
        {"start parameters": [{"name": "odd", "in": "query", "schema": {"type": "string"}}]},
        overlay=overlay(*BOTH, {"target": "$.paths['/jobs'].post.parameters", "remove": True}),
    ),
    works(
        "overlay target by filter",
        PLAIN,
        overlay=overlay({"target": "$.paths[*][?@.operationId == 'get_job']", "update": {"x-job": X_JOB}}, BOTH[1]),
    ),
    works(
        "overlay target by descent",
        PLAIN,
        overlay=overlay(*BOTH, {"target": "$..[?@.operationId]", "update": {"x-note": "seen"}}),
    ),
    works(
        "overlay appends to a list",
        PLAIN,
        overlay=overlay(
            *BOTH,
            {
                "target": "$.paths['/jobs/{jobId}'].get.parameters",
                "update": {"name": "full", "in": "query", "schema": {"type": "boolean"}},
            },
        ),
    ),
    works(
        "overlay sets names",
        PLAIN,
        overlay=overlay(*BOTH, {"target": STATUS, "update": {"x-name": "read_job"}}),
        names=("read_job",),
    ),
    works(
        "overlay target matches nothing",
        PLAIN,
        overlay=overlay(*BOTH, {"target": "$.paths['/tasks'].get", "update": {"x-job": X_JOB}}),
        warned="selects nothing",
    ),
    refused(
        "overlay target not JSONPath",
        "JSONPath",
        PLAIN,
        overlay=overlay({"target": "paths./jobs", "update": {}}),
        at="target",
    ),
    refused(
        "overlay without actions",
        "actions",
        PLAIN,
        overlay=to_yaml({"overlay": "1.0.0", "info": {"title": "x", "version": "1"}}),
    ),
    refused("overlay of an unknown version", "2.0.0", PLAIN, overlay=overlay(*BOTH, version="2.0.0"), at="overlay"),
    refused("overlay broken yaml", "is not YAML", PLAIN, overlay="overlay: [1.0.0\n"),
    refused(
        "overlay sets a wrong state",
        "lost",
        PLAIN,
        overlay=overlay({"target": STATUS, "update": {"x-job": {**X_JOB, "failure": ["failed", "lost"]}}}),
        at="failure",
    ),
    works(
        "overlay extends another file",
        PLAIN,
        overlay=overlay(*BOTH, extends="https://example.com/openapi.yaml"),
    ),
    works("document of other suffix with overlay", sequence(PLAIN), overlay=overlay(*BOTH), suffix=".yml"),
)
