"""Any name in a document either works in the generated client, or is rejected with its line and a way to fix it."""

import builtins
import copy
import io
import json
import keyword
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.document import DocumentError, Problem, load, load_folder
from scripts.generate import build
from scripts.generate.identifiers import BUILTINS, class_identifier, identifier
from scripts.generate.view import View

from .conftest import ROOT

LISTED = [
    name
    for line in (Path(__file__).parent / "hostile_names.txt").read_text(encoding="utf-8").splitlines()[1:]
    for name in line.split()
]
# Names that a list separated by whitespace cannot contain.
UNLISTED = ["a b", " a", "a ", "a\tb", "a\u00a0b", "a\u202eb", "x" * 200]
HOSTILE = tuple(
    dict.fromkeys([*keyword.kwlist, *LISTED, *UNLISTED, *[n for n in dir(builtins) if n[0].islower()][:40]])
)


def document(**parts: Any) -> dict[str, Any]:
    """Return a small document with one job, with some parts replaced or added by `parts`."""
    status = {
        "type": "object",
        "required": ["id", "state"],
        "properties": {"id": {"type": "string"}, "state": {"$ref": "#/components/schemas/State"}},
    }
    operation = {
        "operationId": "get_firing",
        "parameters": [
            {
                "name": "firing",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "examples": {"a": {"value": "f-1"}},
            }
        ],
        "x-job": {
            "id": "$response.body#/id",
            "state": "$response.body#/state",
            "pending": ["hot"],
            "success": ["done"],
            "failure": ["cracked"],
        },
        "responses": {
            "200": {
                "description": "It.",
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Firing"},
                        "examples": {
                            state: {"value": {"id": "f-1", "state": state}} for state in ("hot", "done", "cracked")
                        },
                    }
                },
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": parts.get("title", "Kiln"), "version": "1"},
        "paths": {"/firings/{firing}": {"get": {**operation, **parts.get("operation", {})}}, **parts.get("paths", {})},
        "components": {
            "securitySchemes": parts.get("schemes", {}),
            "schemas": {
                "Firing": status,
                "State": {"type": "string", "enum": ["hot", "done", "cracked"]},
                **parts.get("schemas", {}),
            },
        },
        **({"security": parts["security"]} if "security" in parts else {}),
    }


def as_properties(names: list[str]) -> dict[str, Any]:
    return document(
        schemas={"Thing": {"type": "object", "properties": {name: {"type": "string"} for name in names}}},
    )


def as_nested_properties(names: list[str]) -> dict[str, Any]:
    """Return a document with properties of every type that is generated differently: object, array, enum, date-time."""
    kinds: list[dict[str, Any]] = [
        {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
        {"$ref": "#/components/schemas/Part"},
        {"type": "string", "format": "date-time"},
        {"type": ["string", "null"]},
        {"$ref": "#/components/schemas/State"},
    ]
    part = {"type": "object", "properties": {"n": {"type": "integer"}}}
    properties = {name: kinds[index % len(kinds)] for index, name in enumerate(names)}
    return document(schemas={"Part": part, "Thing": {"type": "object", "properties": properties}})


def as_components(names: list[str]) -> dict[str, Any]:
    thing = {"type": "object", "properties": {"n": {"type": "integer"}}}
    return document(
        schemas=dict.fromkeys(names, thing),
    )


def as_responses(names: list[str]) -> dict[str, Any]:
    """Return a document with one operation for each name, whose response is the component of that name."""
    thing = {"type": "object", "properties": {"n": {"type": "integer"}}}
    paths = {}
    for index, name in enumerate(names):
        content = {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{_escaped(name)}"},
                "examples": {"a": {"value": {"n": 1}}},
            }
        }
        paths[f"/things/{index}"] = {
            "get": {
                "operationId": f"get_thing_{index}",
                "responses": {"200": {"description": "It.", "content": content}},
            }
        }
    return document(schemas=dict.fromkeys(names, thing), paths=paths)


def as_queries(names: list[str]) -> dict[str, Any]:
    return document(
        operation={
            "parameters": [
                *_path_parameters(),
                *({"name": n, "in": "query", "schema": {"type": "string"}} for n in names),
            ]
        }
    )


def as_headers(names: list[str]) -> dict[str, Any]:
    return document(
        operation={
            "parameters": [
                *_path_parameters(),
                *({"name": n, "in": "header", "schema": {"type": "string"}} for n in names),
            ]
        }
    )


def as_path_parameters(names: list[str]) -> dict[str, Any]:
    paths = {}
    for index, name in enumerate(names):
        parameter = {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "examples": {"a": {"value": "p"}},
        }
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Firing"}}}
        paths[f"/at/{index}/{{{name}}}"] = {
            "get": {
                "operationId": f"get_at_{index}",
                "parameters": [parameter],
                "responses": {"200": {"description": "It.", "content": content}},
            }
        }
    return document(paths=paths)


def as_schemes(names: list[str]) -> dict[str, Any]:
    schemes = {name: {"type": "apiKey", "in": "header", "name": f"X-{index}"} for index, name in enumerate(names)}
    return document(schemes=schemes, security=[{name: []} for name in names])


def as_operations(names: list[str]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Firing"}}}
    operations = {
        f"/at/{index}": {"get": {"operationId": name, "responses": {"200": {"description": "It.", "content": content}}}}
        for index, name in enumerate(names)
    }
    return document(paths=operations)


def as_tags(names: list[str]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Firing"}}}
    operations = {
        f"/at/{index}": {
            "get": {
                "operationId": f"get_{index}",
                "tags": [name],
                "responses": {"200": {"description": "It.", "content": content}},
            }
        }
        for index, name in enumerate(names)
    }
    return document(paths=operations)


def as_enum_values(names: list[str]) -> dict[str, Any]:
    values = [name for name in names if name not in {"hot", "done", "cracked"}]
    return document(
        schemas={
            "Kind": {"type": "string", "enum": values},
            "Thing": {"type": "object", "properties": {"kind": {"$ref": "#/components/schemas/Kind"}}},
        }
    )


def _path_parameters() -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = document()["paths"]["/firings/{firing}"]["get"]["parameters"]
    return parameters


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


LOCATIONS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    function.__name__: function
    for function in (
        as_properties,
        as_nested_properties,
        as_components,
        as_responses,
        as_queries,
        as_headers,
        as_path_parameters,
        as_schemes,
        as_operations,
        as_tags,
        as_enum_values,
    )
}


def generate(path: Path, out: Path) -> list[Problem]:
    """Generate the package and return the problems of the document, or an empty list if that succeeded."""
    try:
        build((load(path),), out, "documents")
    except DocumentError as error:
        return error.problems
    return []


@pytest.mark.parametrize("location", LOCATIONS)
def test_name_works_or_is_rejected_with_its_line(location: str, tmp_path: Path) -> None:
    remaining, path = list(HOSTILE), tmp_path / "kiln.yaml"
    for attempt in range(12):
        text = json.dumps(LOCATIONS[location](remaining), indent=1, ensure_ascii=False)
        path.write_text(text)
        problems = generate(path, tmp_path / f"out{attempt}")
        if not problems:
            break
        lines = text.splitlines()
        rejected = set()
        for problem in problems:
            assert problem.line > 1, str(problem)
            assert re.search(r"rename|correct|describe|describe|write|keep|leave|name ", problem.message), str(problem)
            nearby = "\n".join(lines[problem.line - 2 : problem.line + 2])
            rejected |= {
                name
                for name in remaining
                if json.dumps(name, ensure_ascii=False) in nearby
                or repr(name) in problem.message
                or f"/{json.dumps(_escaped(name), ensure_ascii=False)[1:]}" in nearby
                or f"{{{json.dumps(name, ensure_ascii=False)[1:-1]}}}" in nearby
            }
        assert rejected, f"expected one of the names at the line of {[str(problem) for problem in problems][:5]}"
        remaining = [name for name in remaining if name not in rejected]
    else:
        pytest.fail(f"still rejected: {problems[0]}")
    assert len(remaining) > 20, "nearly all names are rejected"


def test_hostile_name_count() -> None:
    assert len(HOSTILE) >= 200


TITLES = (
    "Job",
    "Api Error",
    "Wait Summary",
    "True",
    "Exception",
    "Async Kiln",
    "Client",
    "3D Kiln",
    "日本",
    'A """\nraise SystemExit\n"""',
    "Rate Limited",
    "firing",
    "\\",
    "Outcome\u202e",
)
STEMS = (
    "credentials",
    "class",
    "import",
    "types",
    "py",
    "job",
    "wait_all",
    "as-completed",
    "none",
    "errors",
    "async",
    "a-b",
)


def test_any_titles_and_file_names_can_be_combined_in_one_package(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for index, title in enumerate(TITLES):
        stem = STEMS[index] if index < len(STEMS) else f"kiln-{index}"
        (folder / f"{stem}.yaml").write_text(json.dumps(document(title=title), ensure_ascii=False))

    build(load_folder(folder), tmp_path / "out", "documents")

    exported = client_classes(tmp_path / "out")
    assert len(exported) >= 2 * len(TITLES)


def client_classes(out: Path) -> list[str]:
    """Import everything that the package exports in a new process; return the names of its client classes."""
    program = (
        "import job_status, json, sys\n"
        "classes = [n for n in job_status.__all__ if hasattr(getattr(job_status, n), '_schemes')]\n"
        "assert issubclass(job_status.ApiError, job_status.CallError)\n"
        "print(json.dumps(classes))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=out, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_identifier_is_valid_and_unique(name: str) -> None:
    taken = {identifier(name), "timeout"}

    for result in (identifier(name), identifier(name, taken), class_identifier(name) or "Empty"):
        assert result.isidentifier()
        assert not keyword.iskeyword(result)
        assert result not in BUILTINS
        assert not result.startswith("_")
    assert identifier(name, taken) not in taken


CANARY = "#canary#"  # not a part of any name
PAYLOAD = f' {CANARY} """ {CANARY}\n\'\'\' \\" {CANARY} \\n{{{CANARY}}} {{{{{CANARY}}}}} {{% {CANARY} %}}\n#{CANARY}\n*/ {CANARY} -->'


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every string in a document."""
    if isinstance(node, str):
        yield path
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, (*path, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from leaves(child, (*path, index))


def with_payload(data: Any, paths: list[tuple[Any, ...]]) -> Any:
    """Return a copy of the data with the payload appended to the strings at the given paths."""
    data = copy.deepcopy(data)
    for *parents, last in paths:
        container = data
        for key in parents:
            container = container[key]
        container[last] += PAYLOAD
    return data


def is_accepted(path: Path, data: Any) -> bool:
    """Return whether a document passes all checks that precede the generation."""
    path.write_text(json.dumps(data))
    try:
        return not View(load(path)).unsupported.errors
    except DocumentError:
        return False


@pytest.mark.parametrize("stem", ["ai-for-process", "freight", "mill"])
def test_no_string_of_a_document_becomes_code(stem: str, tmp_path: Path) -> None:
    source = next(p for p in (ROOT / f"openapi/{stem}.yaml", ROOT / f"tests/vendors/{stem}.yaml") if p.is_file())
    data, path = load(source).data, tmp_path / f"{stem}.yaml"
    # Examples are not a part of the code, and there are hundreds; conditions contradict each other after other changes.
    others = {"examples", "example", "if", "then"}
    paths = [p for p in leaves(data) if not others & set(p) and p[-1] not in {"type", "name"}]
    paths = [place for place in paths if is_accepted(path, with_payload(data, [place]))]
    assert len(paths) >= 5
    path.write_text(json.dumps(with_payload(data, paths)))

    build((load(path),), tmp_path / "out", 'a """ #canary#\nfolder')

    count = 0
    for written in (tmp_path / "out").rglob("*.py"):
        for token in tokenize.tokenize(io.BytesIO(written.read_bytes()).readline):
            count += token.string.count(CANARY)
            if token.type not in {tokenize.STRING} and not (token.type == tokenize.COMMENT and token.start[0] == 1):
                assert CANARY not in token.string, f"{written}:{token.start[0]}: {token.line}"
    assert count > len(paths)


def test_no_property_name_becomes_code(tmp_path: Path) -> None:
    """A model documents the JSON name of an attribute."""
    name, path = 'x"""\ncanary()\n"""', tmp_path / "kiln.yaml"
    path.write_text(json.dumps(as_properties([name])))

    assert generate(path, tmp_path / "out") == []
    model = (tmp_path / "out/job_status/kiln/models/thing.py").read_bytes()
    assert b"In JSON: `x''' canary() '''`." in model
    for token in tokenize.tokenize(io.BytesIO(model).readline):
        assert token.type == tokenize.STRING or "canary" not in token.string.split("_"), token
