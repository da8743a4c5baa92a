"""Bodies and headers of documented responses: from an example of the response, or else from its schema."""

import json
from collections.abc import Mapping
from typing import Any

from attrs import Factory, define, field, frozen

from ..document import MISSING, Document, MediaType, Operation, sample, sample_body
from ..document import Response as DocumentedResponse

# Headers that the server writes for each message, and those that are about one content: no example is true of another.
OF_THE_MESSAGE = frozenset(
    {"content-length", "content-encoding", "content-range", "transfer-encoding", "connection", "date"}
)
OF_THE_CONTENT = frozenset({"etag", "last-modified"})


@define
class DerivedResponses:
    """What the responses of one document contain that no request or job decides, made on first use."""

    document: Document
    _contents: dict[int, tuple[MediaType | None, Any]] = field(factory=dict)
    _headers: dict[int, dict[str, str]] = field(factory=dict)

    def content(self, response: DocumentedResponse) -> tuple[MediaType | None, Any]:
        """Return a media type and a body, or None and `MISSING` if the response has no content."""
        key = id(response)
        if key not in self._contents:
            media_type = main_media_type(response)
            self._contents[key] = (media_type, MISSING if media_type is None else self._body(media_type))
        return self._contents[key]

    def _body(self, media_type: MediaType) -> Any:
        if (body := sample_body(self.document, media_type)) is not MISSING:
            return body
        ordered = sorted(media_type.examples, key=lambda example: example.scenario is not None)
        return ordered[0].value if ordered else {} if media_type.is_json else "sample"

    def headers(self, response: DocumentedResponse) -> dict[str, str]:
        """Return the headers that have an example, and the required ones."""
        key = id(response)
        if key not in self._headers:
            described = {name: one for name, one in response.headers.items() if name.lower() not in OF_THE_MESSAGE}
            values = {
                name: self._header(name, header)
                for name, header in described.items()
                if header.get("required") or name.lower() not in OF_THE_CONTENT
            }
            self._headers[key] = {name: value for name, value in values.items() if value is not None}
        return self._headers[key]

    def _header(self, name: str, header: Any) -> str | None:
        named = [example["value"] for example in header.get("examples", {}).values() if "value" in example]
        value = header.get("example", named[0] if named else MISSING)
        if value is MISSING and header.get("required"):
            schema = next(iter(header.get("content", {}).values()), header).get("schema", {})
            pause = "1" if name.lower() == "retry-after" else MISSING
            is_pause = pause is not MISSING and self.document.validator(schema).is_valid(pause)
            value = pause if is_pause else sample(self.document, schema)
        return None if value is MISSING or value is None else format_header(value)


@frozen
class Reply:
    """A documented response with its body and the headers that replace the documented ones."""

    response: DocumentedResponse
    body: Any
    status: int
    headers: Mapping[str, str] = Factory(dict)


def main_response(operation: Operation) -> DocumentedResponse:
    """Return the response of a successful call: that of a started job, or the first 2xx, or the nearest one."""
    successful = [response for response in operation.responses if response.is_success]
    linked = [response for response in (*successful, *operation.responses) if response.links]
    others = [
        response for response in operation.responses if response.status.lower() == "default" or response.status < "4"
    ]
    return (*linked, *successful, *others, *operation.responses)[0]


def main_media_type(response: DocumentedResponse) -> MediaType | None:
    """Return the first JSON media type of a response, or else its first one; None if it has no content."""
    found = next((media_type for media_type in response.media_types if media_type.is_json), None)
    return found or next(iter(response.media_types), None)


def format_header(value: Any) -> str:
    """Return a value as the text of a header."""
    if isinstance(value, list):
        return ",".join(map(format_header, value))
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("latin-1", "replace").decode("latin-1").replace("\n", " ").replace("\r", " ")
