"""The type that a call returns, and what creates it from the response, as source."""

from collections.abc import Iterator, Mapping

from attrs import frozen
from openapi_python_client.strings import PythonIdentifier

from .operations import Body, OperationView
from .renames import FIELD
from .schemas import Schema
from .unsupported import is_start
from .view import View

TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
SAME = "_same"


@frozen
class Result:
    """What a call returns.

    Attributes:
        type: Its type, as source.
        reader: What creates it from the response, as source.
        models: The classes in these, with the module of each.
    """

    type: str
    reader: str
    models: Mapping[str, str]

    @property
    def is_model(self) -> bool:
        """Whether it is simply a model, created from the JSON body."""
        return self.reader == f"{self.type}.from_dict"


def result_of(view: View, one: OperationView) -> Result:
    """Return what the call of an operation returns."""
    rows = [(status, body.form, *_created(view, one, body)) for status, body in one.successes.items()]
    models = dict(sorted(pair for body in one.successes.values() for pair in _models(view, body.schema)))
    if not rows:
        return Result("None", f"_Reader[None]((('2XX', 'none', {SAME}),))", models)
    if len(rows) == 1 or len({row[1:] for row in rows}) == 1:
        _, form, kind, create = rows[0]
        if form == "json" and create == f"{kind}.from_dict":
            return Result(kind, create, models)
    types = list(dict.fromkeys(kind for _, _, kind, _ in rows))
    united = "_Any" if "_Any" in types else " | ".join(types)
    listed = ", ".join(f"({status!r}, {form!r}, {create})" for status, form, _, create in rows)
    return Result(united, f"_Reader[{united}](({listed},))", models)


def _created(view: View, one: OperationView, body: Body) -> tuple[str, str]:
    """Return the type of the value of a body, and what creates it."""
    if body.form in {"text", "bytes"}:
        return {"text": "str", "bytes": "bytes"}[body.form], SAME
    kind, create = _typed(view, body.schema)
    if body.form == "none":
        # A start returns an empty model, which `wait` accepts; a status without a body gives None.
        has_model = "$ref" in body.schema and is_start(view.document, one.operation)
        return (kind, f"_empty({create})") if has_model else ("None", SAME)
    return kind, create


def _typed(view: View, schema: Schema) -> tuple[str, str]:
    if "$ref" in schema:
        component = view.schemas.components[schema["$ref"]]
        if component.is_enum:
            return TYPES[component.flat["type"]], SAME
        name = view.classes[schema["$ref"]]
        return name, f"{name}.from_dict"
    if "anyOf" in schema:
        members = [_typed(view, member) for member in schema["anyOf"]]
        kinds = list(dict.fromkeys(kind for kind, _ in members))
        creates = {create for kind, create in members if kind != "None"}
        if "_Any" in kinds or (len(creates) > 1):
            return "_Any", SAME
        create = next(iter(creates), SAME)
        if create == SAME or "None" not in kinds:
            return " | ".join(kinds), create
        return (" | ".join(kinds), f"_optional({create})") if len(kinds) == 2 else ("_Any", SAME)
    declared = schema.get("type", "any")
    if declared == "array":
        kind, create = _typed(view, schema["items"])
        return f"list[{kind}]", SAME if create == SAME else f"_list_of({create})"
    kinds = [TYPES.get(one, "_Any") for one in (declared if isinstance(declared, list) else [declared])]
    return ("_Any" if "_Any" in kinds else " | ".join(dict.fromkeys(kinds))), SAME


def _models(view: View, schema: Schema) -> Iterator[tuple[str, str]]:
    component = view.schemas.components.get(schema.get("$ref", ""))
    if component and not component.is_enum:
        name = view.classes[schema["$ref"]]
        yield name, PythonIdentifier(name, FIELD)
    for child in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _models(view, child)
