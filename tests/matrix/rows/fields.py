"""Schemas that leave little choice for the fields that `x-job` names, in documents without examples."""

from typing import Any

from ..changes import without_examples
from ..row import Row, refused, works

BODY = "$response.body#/field"
SECONDS = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
DAY_AND_TIME = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"
SUBTASKS = {"items": BODY, "state": "/is", "success": ["done"]}
ITEMS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "object", "required": ["is"], "properties": {"is": {"type": "string", "enum": ["open", "done"]}}},
}


def field(name: str, says: Any, **schema: Any) -> Row:
    """Return a row with a required field that `x-job` names."""
    key, value = says
    properties = {"Job properties field": schema, "Job required": ["id", "status", "field"]}
    return works(f"field: {name}", without_examples, properties, {f"x-job {key}": value})


def wrong(name: str, message: str, says: Any, at: str | None = None, **schema: Any) -> Row:
    """Return a row with a field whose schema contradicts `x-job`."""
    key, value = says
    properties = {"Job properties field": schema, "Job required": ["id", "status", "field"]}
    return refused(f"field: {name}", message, without_examples, properties, {f"x-job {key}": value}, at=at or key)


def timestamp(name: str, **schema: Any) -> Row:
    """Return a row with a timestamp."""
    return field(f"timestamp {name}", ("timestamps", [BODY]), **schema)


def progress(name: str, of: float = 100, **schema: Any) -> Row:
    """Return a row with a progress."""
    return field(f"progress {name}", ("progress", {"at": BODY, "of": of}), **schema)


def run(name: str, **schema: Any) -> Row:
    """Return a row with an id of the run."""
    return field(f"run {name}", ("run", [BODY]), **schema)


ROWS = (
    timestamp("a date", type="string", format="date"),
    timestamp("a date with an example", type="string", format="date", example="2024-05-01"),
    timestamp("a time of day", type="string", format="time"),
    timestamp("of whole seconds", type="string", pattern=SECONDS),
    timestamp("of a day and a time", type="string", pattern=DAY_AND_TIME),
    timestamp("of digits", type="string", pattern=r"^\d{10}$"),
    timestamp("of more digits", type="string", pattern=r"^\d{13}$"),
    timestamp("in milliseconds", type="integer", minimum=1_000_000_000_000),
    timestamp("of an HTTP date", type="string", pattern="^[A-Z][a-z]{2}, .* GMT$"),
    timestamp("with one value", type="string", const="2024-05-01T00:00:00Z"),
    progress("in steps", type="integer", enum=[25, 50, 100]),
    progress("from 1", type="integer", minimum=1, maximum=100),
    progress("in multiples", type="integer", multipleOf=10, maximum=100),
    progress("in multiples of a share", of=1, type="number", multipleOf=0.25, maximum=1),
    run("of three", type="integer", minimum=1, maximum=3),
    run("of a number", type="number"),
    run("with a UUID", type="string", format="uuid"),
    run("with a pattern", type="string", pattern="^[a-f]{3}-[0-9]{4}$"),
    run("of two values", type="string", enum=["first", "second"]),
    wrong("progress below the whole", "is 100 once", ("progress", BODY), type="integer", exclusiveMaximum=100),
    wrong("timestamp is a boolean", "a string or a number", ("timestamps", [BODY]), type="boolean"),
    wrong("append only is a number", "an array", ("appendOnly", [BODY]), type="integer"),
    wrong("subtasks are an object", "an array", ("subtasks", SUBTASKS), **ITEMS["items"]),
    wrong(
        "subtask with an unknown state",
        "expected one of done, open",
        ("subtasks", {**SUBTASKS, "success": ["ok"]}),
        at="success",
        **ITEMS,
    ),
    field("subtasks", ("subtasks", SUBTASKS), **ITEMS),
    field("append only", ("appendOnly", [BODY]), **ITEMS),
    field("reason of two values", ("reason", BODY), type="string", enum=["out of memory", "no quota"]),
)
