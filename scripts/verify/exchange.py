"""A sent HTTP request and its response or transport error."""

import functools
import json
import re
import urllib.parse
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import define

from ..document import MISSING, Keys, Operation, Response


@define(slots=False, frozen=True)
class Exchange:
    """One request and its response. Without a response, `error` holds the transport error and `status` equals None.

    Header names are in lower case. `at` is the time of sending in seconds since 1970, `elapsed` is in seconds;
    `content` is the body of the request, `body` that of the response. `is_documented` is false if the document does not
    describe the request, so that its responses need not apply; `is_ordered` is false if the order of this exchange and
    others is unknown. `is_plain` is true for the documented request, with the credential, for a job that should exist.
    `origin` names the file and the entry that it was recorded in.
    """

    operation_id: str
    method: str
    url: str
    request_headers: Mapping[str, str]
    status: int | None
    headers: Mapping[str, str]
    body: bytes
    elapsed: float
    error: str = ""
    at: float = 0.0
    content: bytes = b""
    is_documented: bool = True
    is_ordered: bool = True
    is_plain: bool = False
    origin: str = ""

    @property
    def is_accepted(self) -> bool:
        """Return whether the response is a 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """Return the content type of the response without parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """Return the body parsed as JSON, or `MISSING` if it is not valid JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return MISSING


def leaves(value: Any, path: Keys = ()) -> dict[Keys, Any]:
    """Return the values within nested objects by their paths."""
    if not isinstance(value, dict):
        return {path: value}
    return {key: leaf for name, item in value.items() for key, leaf in leaves(item, (*path, name)).items()}


def documented_response(operation: Operation, status: int) -> Response | None:
    """Return the documented response for a status: an exact status, else a range such as `4XX`, else `default`."""
    by_status = operation.responses_by_status
    return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("DEFAULT")


def path_values(template: str, url: str) -> dict[str, str] | None:
    """Return the values of the parameters of a path template, or None if the path of the URL does not match it."""
    names, pattern = _compiled(template)
    found = pattern.fullmatch(urllib.parse.urlsplit(url).path)
    return dict(zip(names, map(urllib.parse.unquote, found.groups()), strict=True)) if found else None


@functools.lru_cache(maxsize=1024)
def _compiled(template: str) -> tuple[list[str], re.Pattern[str]]:
    """Return the names of the parameters of a path template, and its pattern."""
    pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(template))
    return re.findall(r"\{([^{}]+)\}", template), re.compile(pattern)
