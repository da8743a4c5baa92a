"""Request bodies of an operation: the first example, or else one that satisfies the schema."""

import json
import urllib.parse
from typing import Any

from ..document import MISSING, Document, MediaType, Operation, sample

BOUNDARY = "job-status-verify"


def request_body(document: Document, operation: Operation) -> tuple[str, bytes]:
    """Return media type and content of a valid request, both empty if it has no body or none can be generated."""
    for media_type in sorted(operation.bodies, key=lambda body: not body.is_json):
        examples = [example.value for example in media_type.examples if example.scenario is None]
        value = examples[0] if examples else sample(document, media_type.schema, of_request=True)
        if value is not MISSING:
            return _encode(media_type, value)
    return "", b""


def _encode(media_type: MediaType, value: Any) -> tuple[str, bytes]:
    essence = media_type.name.split(";")[0].strip().lower()
    is_json = media_type.is_json or essence in {"*/*", "application/*"}
    if is_json:
        return media_type.name if media_type.is_json else "application/json", json.dumps(value).encode()
    # A list is a repeated field.
    entries = value.items() if isinstance(value, dict) else ()
    fields = [(name, _text(one)) for name, some in entries for one in (some if isinstance(some, list) else [some])]
    if essence == "multipart/form-data":
        parts = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields
        )
        return f"{essence}; boundary={BOUNDARY}", f"{parts}--{BOUNDARY}--\r\n".encode()
    if essence == "application/x-www-form-urlencoded":
        return essence, urllib.parse.urlencode(fields).encode()
    return media_type.name, _text(value).encode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
