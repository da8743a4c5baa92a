"""The simulator finds the route of a path by its segments: the same one as a trial of every route in turn."""

import random
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from scripts.document import Document
from scripts.simulate import routing
from scripts.simulate.routing import DocumentRoute, Router, document_routes

SEGMENTS = ("a", "b", "jobs", "{x}", "{y}", "{x}.json", "v{x}", "{x}-{y}", "{x}{y}", "a.b", "{a/b}", "{}", "")


def routes_of(paths: dict[str, bool]) -> list[DocumentRoute]:
    """Return the routes of a document with these paths; the values say whether an empty id has a response."""
    operations = [
        SimpleNamespace(path=path, method="GET", scenario=lambda _, has_empty_id=has_empty_id: has_empty_id or None)
        for path, has_empty_id in paths.items()
    ]
    return list(document_routes(cast(Document, SimpleNamespace(operations=operations))))


def precedence(path: str) -> list[int]:
    """Return what sorts paths: constant segments are before others, and of these those with more constant text."""
    return [-len(re.sub(r"\{[^{}]+\}", "", one)) if "{" in one else -1000 for one in path.split("/")]


def try_in_turn(paths: dict[str, bool], path: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the first path that matches, constant segments before parameters, and the parameters."""
    for template in sorted(paths, key=precedence):
        value = "([^/]*)" if paths[template] else "([^/]+)"
        parts = re.split(r"(\{[^{}]+\})", template)
        pattern = "".join(value if re.fullmatch(r"\{[^{}]+\}", part) else re.escape(part) for part in parts)
        if match := re.fullmatch(pattern.removesuffix("/") + "/*", path):
            return template, match.groups()
    return None


@pytest.mark.parametrize("seed", range(40))
def test_router_finds_the_route_that_a_trial_in_turn_finds(seed: int) -> None:
    source = random.Random(seed)

    def template() -> str:
        return "/" + "/".join(source.choices(SEGMENTS, k=source.randint(0, 4))) + source.choice(["", "", "/"])

    def path() -> str:
        names = ("a", "b", "jobs", "1", "1.json", "v1", "1-2", "a.b", "axb", "{}", "%2F", "", "")
        return "/" + "/".join(source.choices(names, k=source.randint(0, 5)))

    paths = {template(): source.random() < 0.3 for _ in range(source.randint(1, 30))}
    ordered = sorted(paths, key=precedence)
    router = Router(routes_of(paths))
    templates = {id(route): one for one, route in zip(ordered, router.routes, strict=True)}

    for requested in [path() for _ in range(300)]:
        found = router.find(requested)
        got = None if found is None else (templates[id(found[0])], found[1])
        assert got == try_in_turn(paths, requested), (requested, sorted(paths))


@pytest.mark.parametrize("size", [1, 200])
def test_number_of_routes_costs_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    visited: list[int] = []
    matching = routing._Node.matching

    def counted(node: routing._Node, segments: list[str], position: int = 0) -> Iterator[int]:
        visited.append(position)
        return matching(node, segments, position)

    monkeypatch.setattr(routing._Node, "matching", counted)
    router = Router(routes_of({f"/queue-{number}/jobs/{{id}}": False for number in range(size)}))

    found = router.find(f"/queue-{size - 1}/jobs/1")

    assert found is not None
    assert found[1] == ("1",)
    assert visited == [0, 1, 2, 3, 4]  # the root, and a node for each of "", "queue-199", "jobs" and "1"
