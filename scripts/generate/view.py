"""The view of a document that openapi-python-client generates from: only what it generates correct code for.

Names are safe, references are resolved, schemas are simple, each body has one media type. Nothing in it is strict:
unknown values and fields do not break parsing, and only what a job needs is required.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from attrs import define, field
from openapi_python_client import strings

from ..document import Document, Operation
from ..document.one_way import READ_ONLY, is_marked
from ..document.references import resolve
from . import enums
from .identifiers import MODEL_NAMES, class_names
from .operations import Argument, Body, OperationReader, OperationView
from .renames import FIELD, Renames, python_names
from .schemas import FORMATS, Component, Schema, Schemas
from .unsupported import UnsupportedFeatures, has_job

PATH_NAME = re.compile(r"[a-zA-Z_-][a-zA-Z0-9_-]*")
MULTIPART = "multipart/form-data"


@define
class View:
    """The view of a document."""

    document: Document
    unsupported: UnsupportedFeatures = field(init=False)
    schemas: Schemas = field(init=False)
    operations: list[OperationView] = field(init=False)
    dropped: set[str] = field(factory=set)  # keys of components
    renames: Renames = field(factory=Renames)
    classes: dict[str, str] = field(factory=dict)  # the class of each component, by key
    paths: dict[str, str] = field(factory=dict)  # the path of each operation in the view, by id
    files: set[str] = field(factory=set)  # keys of components whose binary properties are files

    def __attrs_post_init__(self) -> None:
        self.unsupported = UnsupportedFeatures(self.document)
        self.schemas = Schemas(self.document.data)
        self.operations = OperationReader(self.document, self.schemas, self.unsupported).read()
        self._check_paths()

    def drop(self, component: str | None, operation: Operation | None, reason: str) -> bool:
        """Leave an operation, or a component and what uses it, out of the client. Return whether that is possible."""
        users = [one for one in self.operations if one.operation is operation]
        if component is not None:
            users = [one for one in self.operations if component in self.schemas.used_by(one.schemas)]
        if not (users or component) or any(has_job(self.document, one.operation) for one in users):
            return False
        for one in users:
            self.unsupported.add(
                one.operation, one.operation.pointer, f"{reason}; the operation is left out of the client"
            )
        if component is not None:
            if not users:
                self.unsupported.add(
                    None, self.schemas.components[component].pointer, f"{reason}; it is left out of the client"
                )
            self.dropped |= {
                key
                for key in self.schemas.components
                if key == component or component in self.schemas.used_by([{"$ref": key}])
            }
        self.operations = [one for one in self.operations if one not in users]
        return True

    def class_names(self, taken: AbstractSet[str] = frozenset()) -> dict[str, str]:
        """Return the class of each component, by key."""
        return class_names({k: c for k, c in self.schemas.components.items() if k not in self.dropped}, taken)

    @property
    def media_types(self) -> Mapping[str, str]:
        """The media types of request bodies that openapi-python-client does not know, with those they are sent like."""
        found = {}
        for body in (one.request for one in self.operations if one.request):
            essence = body.media_type.split(";")[0].strip().lower()
            like = {"json": "application/json", "fields": essence}.get(body.form, "application/octet-stream")
            found[body.media_type] = like
        return found

    def render(self, taken: AbstractSet[str]) -> dict[str, Any]:
        """Return the view as an OpenAPI document. No class gets a name in `taken`."""
        self.renames = Renames()
        forms = [one.request for one in self.operations if one.request and one.request.media_type.startswith(MULTIPART)]
        self.files = self.schemas.used_by(body.schema for body in forms)
        self.classes = self.class_names(taken)
        paths: dict[str, dict[str, Any]] = {}
        for one in self.operations:
            path, rendered = self._operation(one)
            self.paths[one.operation.id] = path
            paths.setdefault(path, {})[one.operation.method.lower()] = rendered
        needed = self._needed()
        sent = self.schemas.used_by(one.request.schema for one in self.operations if one.request)
        for key in needed.keys() & sent:
            needed[key] -= self._read_only(key)
        schemas = {
            name: self._component(key, name, needed.get(key, set()))
            for key, name in self.classes.items()
            if self.schemas.components[key].subclass_of is None and not self.schemas.components[key].is_scalar
        }
        data: dict[str, Any] = {
            key: self.document.data[key] for key in ("openapi", "info", "servers") if key in self.document.data
        }
        return {**data, "paths": paths, "components": {"schemas": schemas}}

    def _check_paths(self) -> None:
        if "webhooks" in self.document.data:
            self.unsupported.add(None, ("webhooks",), "webhooks are not a part of the client", is_error=False)
        read = {operation.path for operation in self.document.operations}
        for path, item in self.document.data["paths"].items():
            if isinstance(item, Mapping) and "$ref" in item and path not in read:
                text = repr(resolve(self.document.data, item, ())[0])
                message = f"{path} is a $ref, which is ignored; write the path item here"
                self.unsupported.add(None, ("paths", path), message, is_error="'x-job'" in text or "'links'" in text)

    def _operation(self, one: OperationView) -> tuple[str, dict[str, Any]]:
        """Return the path of an operation in the view, and the operation."""
        operation, path = one.operation, one.operation.path
        keys = {argument.python: self._key(argument) for argument in one.arguments}
        for argument in one.arguments:
            if (parameter := argument.parameter).where == "path":
                before = {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.raw.get("style", ""), "")
                path = path.replace(f"{{{parameter.name}}}", f"{before}{{{keys[argument.python]}}}")
        # Without `security`: the client applies it, and where a document writes it changes no signature.
        kept = ("summary", "description")
        view: dict[str, Any] = {key: operation.raw[key] for key in kept if key in operation.raw}
        view |= {"operationId": operation.id, "tags": list(operation.raw.get("tags") or [])[:1]}
        view["parameters"] = [self._parameter(argument, keys[argument.python]) for argument in one.arguments]
        if one.request:
            is_required = resolve(self.document.data, operation.raw["requestBody"], ())[0].get("required", False)
            view["requestBody"] = {"required": is_required, "content": self._content(one.request)}
        descriptions = {response.status: response.raw.get("description", "") for response in operation.responses}
        view["responses"] = {
            status: {
                "description": descriptions[status],
                **({"content": content} if (content := self._content(body)) else {}),
            }
            for status, body in one.responses.items()
        }
        return path, view

    def _key(self, argument: Argument) -> str:
        name, is_path = argument.parameter.name, argument.parameter.where == "path"
        return self.renames.key(name if not is_path or PATH_NAME.fullmatch(name) else "", argument.python)

    def _parameter(self, argument: Argument, key: str) -> dict[str, Any]:
        parameter = argument.parameter
        notes = {"description": parameter.raw["description"]} if "description" in parameter.raw else {}
        required = parameter.required or parameter.where == "path"
        schema = self._rendered(argument.schema, files=False)
        if parameter.where in {"header", "cookie"}:
            schema = schema or {"type": "string"}  # the only type for all; see `corrections`
        return {"name": key, "in": parameter.where, "required": required, **notes, "schema": schema}

    def _content(self, body: Body) -> dict[str, Any]:
        if body.form == "none":
            return {}
        return {body.media_type: {"schema": self._rendered(body.schema, files=body.form == "bytes")}}

    def _component(self, key: str, name: str, needed: set[str]) -> Schema:
        component, files = self.schemas.components[key], key in self.files
        notes: Schema = {key: component.flat[key] for key in ("description", "example") if key in component.flat}
        if component.is_enum:
            return {**notes, **enums.rendered(component.flat)}
        keys = self._property_keys(component, name)
        properties = {keys[wire]: self._widened(schema, files=files) for wire, schema in component.properties.items()}
        additional = component.additional
        others = {"additionalProperties": self._widened(additional, files=files)} if additional else {}
        required = [keys[wire] for wire in component.flat["required"] if wire in needed]
        return {"type": "object", **notes, "properties": properties, "required": required, **others}

    def _property_keys(self, component: Component, name: str) -> dict[str, str]:
        """Return the name of each property in the view."""
        properties = component.properties
        lists = [n for n, s in properties.items() if "anyOf" in s or self.schemas.kinds(s) & {"array", "any"}]
        # The generated code has variables such as `crates_item_data` for the property `crates`.
        starts = "|".join(re.escape(strings.snake_case(name)) for name in lists)
        derived = re.compile(rf"(?:{starts})(?:_type_\d+)?(?:_item)+(?:_data)?") if lists else None
        named = [(wire, schema.get("x-name"), "") for wire, schema in properties.items()]
        names = python_names(named, MODEL_NAMES | {strings.PythonIdentifier(name, FIELD)}, derived)
        return {wire: self.renames.key(wire, python) for wire, python in zip(properties, names, strict=True)}

    def _rendered(self, schema: Schema, *, files: bool) -> Schema:
        """Return a simple schema with the names of classes. With `files`, a binary string is a file."""
        rendered: Schema = {key: value for key, value in schema.items() if key != "x-name"}
        if "$ref" in schema:
            component = self.schemas.components[schema["$ref"]]
            if component.is_scalar:
                return {"type": component.flat["type"]}
            rendered["$ref"] = f"#/components/schemas/{self.classes[component.subclass_of or schema['$ref']]}"
        if "items" in schema:
            rendered["items"] = self._widened(schema["items"], files=files)
        if "anyOf" in schema:
            rendered["anyOf"] = [self._rendered(member, files=files) for member in schema["anyOf"]]
        if schema.get("format") == "binary" and not files:
            del rendered["format"]
        return rendered

    def _widened(self, schema: Schema, *, files: bool) -> Schema:
        """Return a simple schema that also allows values that the document does not describe."""
        rendered = self._rendered(schema, files=files)
        component = self.schemas.components.get(schema.get("$ref", ""))
        if component and component.is_enum:
            text = schema.get("description", component.flat.get("description", ""))
            return {"anyOf": [{"$ref": rendered["$ref"]}, {"type": component.flat["type"]}], "description": text}
        if schema.get("type") == "string" and schema.get("format") in FORMATS:
            return {"anyOf": [rendered, {"type": "string"}], "description": schema.get("description", "")}
        return rendered

    def _read_only(self, key: str) -> set[str]:
        """Return the properties of a component that a request leaves out."""
        properties = self.schemas.components[key].flat.get("properties", {})
        return {name for name, schema in properties.items() if is_marked(schema, self.document.data, READ_ONLY)}

    def _needed(self) -> dict[str, set[str]]:
        """Return the properties that a job needs, by the key of the component that has them."""
        found: dict[str, set[str]] = {}
        for one in self.operations:
            job = one.operation.job
            # A state may be null, and is then absent.
            for path in (job.id, job.state if "null" not in job.raw_states else None) if job else ():
                schema: Schema = {"$ref": one.model}
                for key in path or ():
                    component = self.schemas.components.get(schema.get("$ref") or "")
                    if component is None:
                        break
                    found.setdefault(schema["$ref"], set()).add(key)
                    schema = component.properties.get(key, {})
        return found


def lenient(document: Document) -> dict[str, Any]:
    """Return the view of a document as an OpenAPI document."""
    return View(document).render(frozenset())
