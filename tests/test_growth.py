"""What a document of many operations costs grows with their number, and no faster: counts, no times."""

import json
from pathlib import Path

import pytest

from scripts.document import Document, load, read
from scripts.verify import engine
from scripts.verify.local_simulator import synthetic_environment
from scripts.verify.target import make_target

from .bench.scaling import copy_operation, make_document


def write(folder: Path, size: int, *, shared: bool) -> Document:
    """Load a document of `size` operations, which share their schemas or have their own."""
    path = folder / "many.json"
    path.write_text(json.dumps(copy_operation(size) if shared else make_document(size)), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(("shared", "links"), [(True, 0), (False, 20)])
def test_schemathesis_follows_the_documented_links_alone(tmp_path: Path, shared: bool, links: int) -> None:
    document = write(tmp_path, 40, shared=shared)
    environment = synthetic_environment([document])
    target = make_target(document, "http://127.0.0.1:1", environment, profile="full", writes=True, stepping=True)
    schema = engine._schema(target, 1)

    found = schema.apply_stateful_inference(None)

    assert (found.inferred, found.total) == (0, links)


def test_document_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(json.dumps(copy_operation(3), indent=1), encoding="utf-8")
    events: list[object] = []
    add = read._YamlReader.add

    def counted(reader: read._YamlReader, event: object) -> None:
        events.append(event)
        add(reader, event)

    monkeypatch.setattr(read._YamlReader, "add", counted)

    load(path)

    starts = [event for event in events if type(event).__name__ == "StreamStartEvent"]
    assert len(starts) == 1


def test_operations_that_refer_to_a_component_share_its_validator(tmp_path: Path) -> None:
    document = write(tmp_path, 20, shared=True)
    schemas = [
        media_type.schema
        for operation in document.operations
        for response in operation.responses
        for media_type in response.media_types
    ]

    validators = {id(document.validator(schema)) for schema in schemas}

    assert len({id(schema) for schema in schemas}) >= 20
    assert len(validators) == len({schema["$ref"] for schema in schemas}) == 2
