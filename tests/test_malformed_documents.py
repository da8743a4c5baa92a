"""Documents with one part replaced by a value of another type are refused with a line, or read; they never crash."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.document import DocumentError, load, read_file

from .conftest import ROOT

VALUES: tuple[Any, ...] = (None, [], {}, "", "text", 7, -1.5, True, [None], {"x": None}, [[]], {"$ref": "#/x"})
DOCUMENTS = [*sorted((ROOT / "openapi").glob("*.yaml")), *sorted((ROOT / "tests" / "vendors").glob("*.yaml"))]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


@pytest.mark.parametrize("version", ["3.0.3", "3.1.1", "3.2.0"])
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_document_with_a_malformed_part_is_refused_or_read(tmp_path: Path, document: Path, version: str) -> None:
    data = {**read_file(document).data, "openapi": version}
    chosen = random.Random(f"{document.name} {version}")
    every = list(places(data))
    for number, place in enumerate(chosen.sample(every, 8)):
        changed = copy.deepcopy(data)
        parent = changed
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = chosen.choice(VALUES)
        path = tmp_path / f"case-{number}.json"
        path.write_text(json.dumps(changed, indent=1), encoding="utf-8")
        try:
            load(path)
        except DocumentError as error:
            lines = str(error).splitlines()
            assert all(line.startswith(f"{path}:") for line in lines), lines
            assert "valid OpenAPI: " not in lines[0], (place, lines)
