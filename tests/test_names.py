"""Whatever a document names, and whatever it calls it: the name works, or it is refused with its line and a way out."""

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
from scripts.generate import build, losses
from scripts.generate.identifiers import BUILTINS, class_identifier, identifier

from .conftest import ROOT

LISTED = [
    word
    for line in (Path(__file__).parent / "hostile_names.txt").read_text(encoding="utf-8").splitlines()[1:]
    for word in line.split()
]
# What a list divided by blanks cannot hold.
BLANKS = ["a b", " a", "a ", "a\tb", "a\u00a0b", "a\u202eb", "x" * 200]
HOSTILE = tuple(dict.fromkeys([*keyword.kwlist, *LISTED, *BLANKS, *[n for n in dir(builtins) if n[0].islower()][:40]]))


def document(**parts: Any) -> dict[str, Any]:
    """A small document of one job; `parts` replace or add to parts of it."""
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
                            word: {"value": {"id": "f-1", "state": word}} for word in ("hot", "done", "cracked")
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
    """Properties that are objects, lists, enums and dates, each of which has code of its own."""
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


def as_answers(names: list[str]) -> dict[str, Any]:
    """Components that calls return, one of them by an operation of its own each."""
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
        operation={"parameters": [*_path(), *({"name": n, "in": "query", "schema": {"type": "string"}} for n in names)]}
    )


def as_headers(names: list[str]) -> dict[str, Any]:
    return document(
        operation={
            "parameters": [*_path(), *({"name": n, "in": "header", "schema": {"type": "string"}} for n in names)]
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


def as_words(names: list[str]) -> dict[str, Any]:
    words = [name for name in names if name not in {"hot", "done", "cracked"}]
    return document(
        schemas={
            "Word": {"type": "string", "enum": words},
            "Thing": {"type": "object", "properties": {"word": {"$ref": "#/components/schemas/Word"}}},
        }
    )


def _path() -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = document()["paths"]["/firings/{firing}"]["get"]["parameters"]
    return parameters


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


PLACES: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    function.__name__: function
    for function in (
        as_properties,
        as_nested_properties,
        as_components,
        as_answers,
        as_queries,
        as_headers,
        as_path_parameters,
        as_schemes,
        as_operations,
        as_tags,
        as_words,
    )
}


def refused(path: Path, out: Path) -> list[Problem]:
    """What is refused of a document; nothing where the package was written and has been tried."""
    try:
        build((load(path),), out, "documents")
    except DocumentError as error:
        return error.problems
    return []


@pytest.mark.parametrize("place", PLACES)
def test_a_name_works_or_is_refused_with_its_line(place: str, tmp_path: Path) -> None:
    left, path = list(HOSTILE), tmp_path / "kiln.yaml"
    for attempt in range(12):
        text = json.dumps(PLACES[place](left), indent=1, ensure_ascii=False)
        path.write_text(text)
        problems = refused(path, tmp_path / f"out{attempt}")
        if not problems:
            break
        lines = text.splitlines()
        met = set()
        for problem in problems:
            assert problem.line > 1, str(problem)
            assert re.search(r"rename|correct|describe|describe|write|keep|leave|name ", problem.message), str(problem)
            near = "\n".join(lines[problem.line - 2 : problem.line + 2])
            met |= {
                name
                for name in left
                if json.dumps(name, ensure_ascii=False) in near
                or repr(name) in problem.message
                or f"{{{json.dumps(name, ensure_ascii=False)[1:-1]}}}" in near
            }
        assert met, f"no line of {[str(problem) for problem in problems][:5]} has one of the names"
        left = [name for name in left if name not in met]
    else:
        pytest.fail(f"still refused: {problems[0]}")
    assert len(left) > 20, "nearly everything is refused"


def test_there_are_names_enough() -> None:
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


def test_documents_of_any_title_and_file_name_stand_side_by_side(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for index, title in enumerate(TITLES):
        stem = STEMS[index] if index < len(STEMS) else f"kiln-{index}"
        (folder / f"{stem}.yaml").write_text(json.dumps(document(title=title), ensure_ascii=False))

    build(load_folder(folder), tmp_path / "out", "documents")

    exported = client_classes(tmp_path / "out")
    assert len(exported) >= 2 * len(TITLES)


def client_classes(out: Path) -> list[str]:
    """What the package exports, each of it imported, in a process of its own: the classes of documents among them."""
    program = (
        "import job_status, json, sys\n"
        "kinds = [n for n in job_status.__all__ if hasattr(getattr(job_status, n), '_schemes')]\n"
        "assert issubclass(job_status.ApiError, job_status.CallError)\n"
        "print(json.dumps(kinds))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=out, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_an_identifier_is_one_and_is_not_taken(name: str) -> None:
    taken = {identifier(name), "timeout"}

    for made in (identifier(name), identifier(name, taken), class_identifier(name) or "Empty"):
        assert made.isidentifier()
        assert not keyword.iskeyword(made)
        assert made not in BUILTINS
        assert not made.startswith("_")
    assert identifier(name, taken) not in taken


CANARY = "#canary#"  # no part of any name
PAYLOAD = f' {CANARY} """ {CANARY}\n\'\'\' \\" {CANARY} \\n{{{CANARY}}} {{{{{CANARY}}}}} {{% {CANARY} %}}\n#{CANARY}\n*/ {CANARY} -->'


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every text in a document."""
    if isinstance(node, str):
        yield path
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, (*path, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from leaves(child, (*path, index))


def planted(data: Any, places: list[tuple[Any, ...]]) -> Any:
    data = copy.deepcopy(data)
    for *above, last in places:
        holder = data
        for key in above:
            holder = holder[key]
        holder[last] += PAYLOAD
    return data


def takes(path: Path, data: Any) -> bool:
    """Whether a document is accepted by all that looks at it before anything is written."""
    path.write_text(json.dumps(data))
    try:
        return not losses.problems(load(path))
    except DocumentError:
        return False


@pytest.mark.parametrize("stem", ["ai-for-process", "freight", "mill"])
def test_no_text_of_a_document_becomes_code(stem: str, tmp_path: Path) -> None:
    source = next(p for p in (ROOT / f"openapi/{stem}.yaml", ROOT / f"tests/vendors/{stem}.yaml") if p.is_file())
    data, path = load(source).data, tmp_path / f"{stem}.yaml"
    # Examples stand in no code, and there are hundreds.
    places = [p for p in leaves(data) if not {"examples", "example"} & set(p) and p[-1] not in {"type", "name"}]
    places = [place for place in places if takes(path, planted(data, [place]))]
    assert len(places) >= 5
    path.write_text(json.dumps(planted(data, places)))

    build((load(path),), tmp_path / "out", 'a """ #canary#\nfolder')

    met = 0
    for written in (tmp_path / "out").rglob("*.py"):
        for token in tokenize.tokenize(io.BytesIO(written.read_bytes()).readline):
            met += token.string.count(CANARY)
            if token.type not in {tokenize.STRING} and not (token.type == tokenize.COMMENT and token.start[0] == 1):
                assert CANARY not in token.string, f"{written}:{token.start[0]}: {token.line}"
    assert met > len(places)
