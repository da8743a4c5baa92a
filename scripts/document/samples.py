"""Generate values that satisfy a schema of a document."""

import itertools
import math
import random
import string
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from .expression import MISSING, Keys, parse_pointer, walk
from .model import Document, MediaType
from .one_way import READ_ONLY, WRITE_ONLY, is_marked
from .patterns import matching_strings

MAX_DEPTH = 4  # nested objects, below which optional properties are left out
RANDOM_EXTRA = 8  # repetitions of an open-ended repeat that make random strings differ
MAX_ALTERNATIVES = 32  # of one schema
MAX_VALUES = 20_000  # of all parts of one value
MAX_LENGTH = 1_000_000  # of a string
FORMATS: Mapping[str, Any] = {
    "date-time": "2026-01-02T03:04:05+00:00",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "duration": "PT3S",
    "uuid": "5f0f6a1c-8f9e-4f0c-9b6a-1a2b3c4d5e6f",
    "uri": "https://example.org/sample",
    "uri-reference": "/sample",
    "iri": "https://example.org/sample",
    "iri-reference": "/sample",
    "url": "https://example.org/sample",
    "uri-template": "/sample/{id}",
    "email": "sample@example.org",
    "idn-email": "sample@example.org",
    "hostname": "example.org",
    "idn-hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "json-pointer": "/sample",
    "relative-json-pointer": "0/sample",
    "regex": "^sample$",
    "byte": "c2FtcGxl",
    "binary": MISSING,
}
COMBINATORS = ("$ref", "allOf", "oneOf", "anyOf", "if", "then", "else")
# The keywords that name the type of a schema without `type`.
KINDS: Mapping[str, tuple[str, ...]] = {
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "minProperties",
        "propertyNames",
    ),
    "array": ("items", "prefixItems", "minItems", "uniqueItems", "contains"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
CHECKED = frozenset({"type", "enum", "const", "not", *KINDS["string"], *KINDS["number"]})

ABSENT: Mapping[str, Any] = {"type": "null"}  # the schema of a field that `sample_with` leaves out

Flat = Mapping[str, Any]  # a schema without `$ref` and combinations
Above = frozenset[str]  # the references that lead to a schema


def sample(document: Document, schema: Any, source: random.Random | None = None, *, of_request: bool = False) -> Any:
    """Return a value that satisfies a schema, or `MISSING` if none can be generated.

    The value has every described property, unless only one with fewer satisfies the schema, and none that is
    `readOnly` in a request, or `writeOnly` elsewhere. Scalars are the same each time, or random if `source` is given.
    """
    unchecked: Any = MISSING
    for optional in (True, False):
        for value in _Sampler(document, source, optional, of_request=of_request).values(schema):
            if allows(document, schema, value, of_request=of_request):
                return value
            unchecked = value if unchecked is MISSING else unchecked
    return unchecked


def sample_body(document: Document, media_type: MediaType) -> Any:
    """Return a body that satisfies the schema of a media type, an example if there is one, or `MISSING`."""
    is_valid = document.validator(media_type.schema).is_valid
    ordered = sorted(media_type.examples, key=lambda example: example.scenario is not None)
    if found := next((example for example in ordered if is_valid(example.value)), None):
        return found.value
    made = sample(document, media_type.schema)
    if made is MISSING and media_type.is_json:
        made = {}
    return made if made is not MISSING and is_valid(made) else MISSING


def sample_with(document: Document, schema: Any, fields: Mapping[Keys, Any]) -> Any:
    """Return a value that satisfies a schema, and of which the value at each path satisfies a schema of `fields`.

    A field of the schema `ABSENT` is absent or null, any other is present.
    """
    return sample(document, {"allOf": [schema, *(_with_field(path, field) for path, field in fields.items())]})


def _with_field(path: Keys, field: Any) -> Any:
    schema = field
    for key in reversed(path):
        if key.isdecimal() and field is not ABSENT:
            schema = {"type": "array", "minItems": int(key) + 1, "prefixItems": [*[{}] * int(key), schema]}
        else:
            schema = {"type": "object", "required": [] if field is ABSENT else [key], "properties": {key: schema}}
    return schema


def allows(document: Document, schema: Any, value: Any, *, of_request: bool = False) -> bool:
    """Return whether a schema allows a value; true if that cannot be decided."""
    try:
        return document.validator(schema, of_request=of_request).is_valid(value)
    except ValueError:  # jsonschema_rs cannot compile the schema, such as a pattern of another dialect
        return True


class _Sampler:
    """Generates values of one document, with or without optional properties."""

    def __init__(
        self,
        document: Document,
        source: random.Random | None,
        optional: bool,
        budget: Iterator[int] | None = None,
        *,
        of_request: bool = False,
    ) -> None:
        self._document = document
        self._of_request = of_request
        self._omitted = READ_ONLY if of_request else WRITE_ONLY
        self._budget = iter(range(MAX_VALUES)) if budget is None else budget
        self._is_random = source is not None
        self._source = source or random.Random(0)  # noqa: S311 - samples, repeatable
        self._optional = optional

    def values(self, schema: Any, depth: int = 0, above: Above = frozenset()) -> Iterator[Any]:
        """Yield the values of the alternatives of a schema."""
        for flat, refs in itertools.islice(self._alternatives(schema, above), MAX_ALTERNATIVES):
            yield from (value for value in self._flat_values(flat, depth, refs) if value is not MISSING)

    def value(self, schema: Any, depth: int, above: Above) -> Any:
        """Return the first value that satisfies a nested schema, or `MISSING`."""
        if next(self._budget, None) is None:
            return MISSING
        target = self._document.resolve(schema)
        is_simple = not isinstance(target, Mapping) or not {"oneOf", "anyOf", "not", "if", "allOf"} & target.keys()
        unchecked: Any = MISSING
        for value in self.values(schema, depth, above):
            if is_simple or self._allows(schema, value):
                return value
            unchecked = value if unchecked is MISSING else unchecked
        return unchecked

    def _alternatives(self, schema: Any, above: Above) -> Iterator[tuple[Flat, Above]]:
        """Yield the schema with references resolved and each choice of its combinations merged. Null comes last."""
        if isinstance(schema, bool) or not isinstance(schema, Mapping):
            if schema is not False:
                yield {}, above
            return
        parts: list[Iterable[tuple[Flat, Above]]] = [
            [({k: v for k, v in schema.items() if k not in COMBINATORS}, above)]
        ]
        if reference := schema.get("$ref"):
            if reference in above:
                return
            target = walk(self._document.data, parse_pointer(reference))
            parts.append(self._alternatives(target, above | {reference}))
        parts += [self._alternatives(member, above) for member in schema.get("allOf", ())]
        for name in ("oneOf", "anyOf"):
            if members := schema.get(name):
                parts.append(self._choices(members, above))
        if "if" in schema and ("then" in schema or "else" in schema):
            chosen = {"allOf": [schema["if"], schema.get("then", True)]}
            parts.append(self._choices([schema.get("else", True), chosen], above))
        for combination in itertools.product(*(itertools.islice(part, MAX_ALTERNATIVES) for part in parts)):
            flat: Flat = {}
            for part, _ in combination:
                flat = _merged(flat, part)
            yield flat, above.union(*(refs for _, refs in combination))

    def _choices(self, members: list[Any], above: Above) -> Iterator[tuple[Flat, Above]]:
        nulls: list[tuple[Flat, Above]] = []
        for member in members:
            for flat, refs in self._alternatives(member, above):
                if flat.get("type") == "null":
                    nulls.append((flat, refs))
                else:
                    yield flat, refs
        yield from nulls

    def _flat_values(self, flat: Flat, depth: int, above: Above) -> Iterator[Any]:
        """Yield the values that a schema names, then a generated one. Scalars satisfy the schema."""
        types = flat.get("type", next((kind for kind, keys in KINDS.items() if any(k in flat for k in keys)), ""))
        kinds = sorted([types] if isinstance(types, str) else types, key=lambda kind: kind == "null")
        if "const" in flat or "enum" in flat:
            named = [flat["const"]] if "const" in flat else sorted(flat["enum"], key=lambda value: value is None)
            if self._is_random and "enum" in flat:
                self._source.shuffle(named)
            yield from (value for value in named if _satisfies(flat, value))
            return
        if not self._is_random:
            examples = flat.get("examples", ())
            named = [
                *([flat["example"]] if "example" in flat else []),
                *(examples if isinstance(examples, list) else ()),
            ]
            named += [flat["default"]] if flat.get("default") not in (None, [], {}) else []
            yield from (value for value in named if _satisfies(flat, value))
        for kind in kinds or [""]:
            if kind == "object":
                yield self._object(flat, depth, above)
            elif kind == "array":
                yield self._array(flat, depth, above)
            elif kind == "null":
                yield None
            elif kind:
                yield next((value for value in self._scalars(kind, flat) if _satisfies(flat, value)), MISSING)

    def _object(self, flat: Flat, depth: int, above: Above) -> Any:
        properties, required = flat.get("properties", {}), flat.get("required", ())
        value: dict[str, Any] = {}
        if flat.get("minProperties", 0) > MAX_VALUES:
            return MISSING
        for name in dict.fromkeys((*properties, *required)):
            if name in properties and is_marked(properties[name], self._document.data, self._omitted):
                continue
            if name not in required and (not self._optional or depth > MAX_DEPTH):
                continue
            child = self._property(flat, properties, name, depth, above)
            if child is not MISSING:
                value[name] = child
            elif name in required:
                return MISSING
        names = self._names(flat, value, depth, above)
        for name in itertools.islice(names, max(0, flat.get("minProperties", 0) - len(value))):
            value[name] = self._property(flat, properties, name, depth, above)
            if value[name] is MISSING:
                return MISSING
        return value

    def _names(self, flat: Flat, value: Mapping[str, Any], depth: int, above: Above) -> Iterator[str]:
        """Yield names of further properties, which are not in the value."""
        patterns = [{"pattern": key} for key in flat.get("patternProperties", ())]
        closed = [{"anyOf": patterns}] if patterns and flat.get("additionalProperties") is False else []
        described = [*([flat["propertyNames"]] if "propertyNames" in flat else []), *closed]
        schema = {"allOf": [{"type": "string"}, *described]}
        while described:
            made = (self._another(schema, depth, above) for _ in range(50))
            name = next((one for one in made if one is not MISSING and one not in value), None)
            if name is None:
                return
            yield name
        yield from (name for number in itertools.count(1) if (name := f"key{number}") not in value)

    def _another(self, schema: Any, depth: int, above: Above) -> Any:
        """Return a random value that satisfies a nested schema, or `MISSING`."""
        source, budget = self._source, self._budget
        sampler = _Sampler(self._document, source, self._optional, budget, of_request=self._of_request)
        return sampler.value(schema, depth + 1, above)

    def _allows(self, schema: Any, value: Any) -> bool:
        return allows(self._document, schema, value, of_request=self._of_request)

    def _property(self, flat: Flat, properties: Flat, name: str, depth: int, above: Above) -> Any:
        if name in properties:
            found, schema = self.value(properties[name], depth + 1, above), properties[name]
            is_needed = found is MISSING and name in flat.get("required", ())
            return "sample" if is_needed and self._allows(schema, "sample") else found
        patterns = flat.get("patternProperties", {})
        schemas = [child for key, child in patterns.items() if _satisfies({"pattern": key}, name)]
        extra = flat.get("additionalProperties", {})
        found = self.value((schemas or [extra])[0], depth + 1, above)
        return "sample" if found is MISSING and extra is not False else found

    def _array(self, flat: Flat, depth: int, above: Above) -> Any:
        least, prefix = flat.get("minItems", 0), flat.get("prefixItems", ())
        contained = flat.get("minContains", 1) if "contains" in flat else 0
        count = min(max(least, 1, len(prefix) + contained), flat.get("maxItems", math.inf))
        if count > MAX_VALUES:
            return MISSING
        items: list[Any] = []
        for index in range(int(count)):
            schema = prefix[index] if index < len(prefix) else flat.get("items", {})
            if len(prefix) <= index < len(prefix) + contained:
                schema = {"allOf": [schema, flat["contains"]]}
            item = self.value(schema, depth + 1, above)
            if item is MISSING and index < max(least, len(prefix)) and self._allows(schema, "sample"):
                item = "sample"
            if item in items and flat.get("uniqueItems"):
                fresh = (self._another(schema, depth, above) for _ in range(50))
                item = next((one for one in fresh if one not in items), MISSING)
            if item is MISSING:
                return MISSING if index < least else items
            items.append(item)
        return items

    def _scalars(self, kind: str, flat: Flat) -> Iterator[Any]:
        """Yield candidates for a scalar, the most natural one first."""
        if kind == "boolean":
            yield from (self._source.choice((False, True)),) if self._is_random else (True, False)
        elif kind in {"integer", "number"}:
            yield from self._numbers(kind, flat)
        elif kind == "string":
            yield from self._strings(flat)

    def _numbers(self, kind: str, flat: Flat) -> Iterator[Any]:
        step = flat.get("multipleOf", 1 if kind == "integer" else 0.5)
        low = max(flat.get("minimum", -math.inf), flat.get("exclusiveMinimum", -math.inf))
        high = min(flat.get("maximum", math.inf), flat.get("exclusiveMaximum", math.inf))
        if self._is_random:
            first = math.ceil(max(low, 1) / step)
            for _ in range(20):
                yield self._source.randint(first, max(first, math.floor(min(high, 999_999_999) / step))) * step
        yield 7 if kind == "integer" else 1.5
        for bound in (low, high):
            if math.isfinite(bound):
                multiple = math.ceil(bound / step)
                yield from ((multiple + offset) * step for offset in (0, 1, -1))
        if kind == "number":
            finite = [bound for bound in (low, high) if math.isfinite(bound)]
            yield from (sum(finite) / len(finite) for _ in finite[:1])
        yield from (0, step)

    def _strings(self, flat: Flat) -> Iterator[Any]:
        if self._is_random and flat.get("format") == "uuid":
            yield str(uuid.UUID(int=self._source.getrandbits(128), version=4))
        name = flat.get("format", "")
        if name in FORMATS and "pattern" not in flat:
            yield FORMATS[name]
        least, most = flat.get("minLength", 0), flat.get("maxLength", math.inf)
        if least > MAX_LENGTH:
            return
        if not self._is_random:
            yield (
                "sample"
                if least <= len("sample") <= most
                else ("sample" * (least // 6 + 1))[: max(least, min(most, 6))]
            )
        if "pattern" in flat:
            yield from matching_strings(flat["pattern"], self._source, RANDOM_EXTRA if self._is_random else 0)
        length = int(min(max(least, 12), most))
        yield "".join(self._source.choices(string.ascii_lowercase + string.digits, k=length))
        if name in FORMATS:
            yield FORMATS[name]


def _satisfies(flat: Flat, value: Any) -> bool:
    """Return whether a scalar satisfies the keywords about scalars; other values are checked by the caller."""
    if value is MISSING or isinstance(value, dict | list):
        return value is not MISSING
    schema = {key: flat[key] for key in CHECKED & flat.keys() if key != "not" or "$ref" not in str(flat["not"])}
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)
    except ValueError:
        return True


def _merged(first: Flat, second: Flat) -> Flat:
    """Return a schema that demands what both demand; annotations are those of the first."""
    merged = dict(first)
    for key, other in second.items():
        merged[key] = _merged_keyword(key, merged[key], other) if key in merged else other
    return merged


def _merged_keyword(key: str, one: Any, other: Any) -> Any:
    match key:
        case "properties" | "patternProperties":
            return {name: _both(one.get(name), other.get(name)) for name in (*one, *(n for n in other if n not in one))}
        case "prefixItems":
            return [_both(*pair) for pair in itertools.zip_longest(one, other)]
        case "items" | "additionalProperties" | "contains" | "propertyNames" | "not":
            return _both(one, other) if key != "not" else {"anyOf": [one, other]}
        case "required":
            return [*one, *(name for name in other if name not in one)]
        case "enum":
            return [value for value in one if value in other]
        case "type":
            kinds, others = ([kind] if isinstance(kind, str) else kind for kind in (one, other))
            common = [kind for kind in kinds if kind in others or (kind == "integer" and "number" in others)]
            return common + [kind for kind in others if kind == "integer" and "number" in kinds and kind not in common]
        case "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties":
            return max(one, other)
        case "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties":
            return min(one, other)
        case _:
            return one


def _both(one: Any, other: Any) -> Any:
    return {"allOf": [one, other]} if one is not None and other is not None else other if one is None else one
