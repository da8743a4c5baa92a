"""Reads stories."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
from attrs import Factory, frozen

from ...document import MISSING, Document, read
from ..target import WrongCall

NAME = re.compile(r"\{(\w+)\}")
UNIQUE = "unique"  # a name that is known from the start: another text in every run
FOLDER = Path("tests/stories")
SCHEMA = jsonschema_rs.Draft202012Validator(
    json.loads((Path(__file__).parent / "story.schema.json").read_text(encoding="utf-8"))
)


@frozen
class Expected:
    """What is expected of an answer."""

    statuses: tuple[int, ...] = ()
    body: Any = MISSING
    text: str = ""


@frozen
class Step:
    """One step: a call, or a wait for a job. `place` is its file and line."""

    name: str
    place: str
    expected: Expected
    call: str = ""
    body: Any = None
    keep: Mapping[str, str] = Factory(dict)
    wait: str = ""
    ends: str = ""
    within: float = 60.0
    late: float | None = None


@frozen
class Story:
    """A story with its steps, and those that are played at the end however it went."""

    name: str
    api: str
    about: str
    steps: tuple[Step, ...]
    cleanup: tuple[Step, ...]


def load_stories(wanted: str, documents: Iterable[Document], api: str) -> tuple[Story, ...]:
    """The story of a file or a name, or all of an API where `all` is wanted.

    Raises:
        DocumentError: a file is not YAML, or holds what loaders read differently.
        WrongCall: there is no such story, or one is not of the form of a story.
    """
    if wanted == "all":
        stories = tuple(story for path in sorted(FOLDER.glob("*.yaml")) if (story := _load(path)).api == api)
        if not stories:
            raise WrongCall(f"{FOLDER} holds no story of {api}")
        return stories
    path = Path(wanted)
    if path.suffix != ".yaml":
        path = FOLDER / f"{wanted}.yaml"
    if not path.is_file():
        names = sorted(one.stem for one in FOLDER.glob("*.yaml"))
        raise WrongCall(f"there is no story {path}; wanted a file, or one of {', '.join([*names, 'all'])}")
    story = _load(path)
    if story.api != api:
        raise WrongCall(f"{path}: is a story of {story.api}, and --api is {api}")
    if story.api not in {document.stem for document in documents}:
        raise WrongCall(f"{path}: there is no document {story.api}")
    return (story,)


def _load(path: Path) -> Story:
    source = read(path)
    data = source.data
    for error in SCHEMA.iter_errors(data):
        place = tuple(error.instance_path)
        raise WrongCall(f"{path}:{source.line(place)} /{'/'.join(map(str, place))}: {error.message}")

    def steps(kind: str) -> tuple[Step, ...]:
        return tuple(_step(raw, f"{path}:{source.line((kind, index))}") for index, raw in enumerate(data.get(kind, ())))

    story = Story(path.stem, data["api"], data["about"], steps("steps"), steps("cleanup"))
    known = {UNIQUE}
    for step in story.steps:
        _check(step, known)
        known |= step.keep.keys()
    for step in story.cleanup:
        _check(step, known)
    return story


def _check(step: Step, known: set[str]) -> None:
    """Whether a step can be played once the names before it are known.

    Raises:
        WrongCall: it uses a name that nothing before it keeps, or expects a text that is no regular expression.
    """
    used = names_in(step.call, step.wait, step.body, step.expected.body, step.expected.text)
    if unknown := sorted(used - known):
        told = ", ".join(sorted(known))
        raise WrongCall(
            f"{step.place}: {step.name} uses {{{unknown[0]}}}, which no step before it keeps; known are {told}"
        )
    try:
        re.compile(step.expected.text)
    except re.error as error:
        raise WrongCall(f"{step.place}: {step.name} expects a text that is no regular expression: {error}") from error


def names_in(*values: Any) -> set[str]:
    """The names of kept values that texts use, at any depth."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, str):
            found |= set(NAME.findall(value))
        elif isinstance(value, dict):
            found |= names_in(*value.values())
        elif isinstance(value, list):
            found |= names_in(*value)
    return found


def _step(raw: Mapping[str, Any], place: str) -> Step:
    expect = raw.get("expect", {})
    statuses = expect.get("status", ())
    statuses = statuses if isinstance(statuses, list | tuple) else (statuses,)
    expected = Expected(tuple(map(int, statuses)), expect.get("body", MISSING), expect.get("text", ""))
    return Step(
        **{**{name: value for name, value in raw.items() if name != "expect"}, "place": place, "expected": expected}
    )
