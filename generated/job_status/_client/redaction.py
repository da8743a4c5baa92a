# Generated from scripts/client/redaction.py by `make generate`; do not edit.

"""Redaction of secrets in recorded traffic: by the place they are in, by name, by likeness, and by value."""

from __future__ import annotations

import base64
import binascii
import csv
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from . import secret_patterns as patterns
from .archived_body import read_body
from .secret_names import BARE, PUBLIC_PARAMETERS, is_plural, is_secret_by_value, is_secret_name, looks_random
from .secret_values import SHORTEST, SecretValues

REDACTED: Final = "***"
DEEPEST: Final = 3  # levels of text that is encoded in text
SHORTEST_NUMBER: Final = 3  # digits of a number that is redacted in its place
LONG_NUMBER: Final = 6  # digits of a number that is redacted wherever it occurs
_URL_HEADERS: Final = frozenset({"referer", "location", "content-location"})
_HOST_HEADERS: Final = frozenset({"host", ":authority"})
_NEXT_COOKIE: Final = re.compile(r"\n|,(?=\s*[\w!#$%&'*+.^`|~-]+=)")
_PARAMETERS: Final = re.compile(r"(?<![\w-])([\w-]+)=(?:\"([^\"]*)\"|([^\s,\"]+))")


class Redactor:
    """Replaces secrets by `***`.

    A secret is what stands in a place for credentials, such as the header Authorization; the value of a name that is
    in `names` or is one of secrets; what looks like a key or a token of a widespread product; and each value that was
    added or learned from a request or a response, wherever it occurs, also encoded. `exempt` are names that are not
    secret, and values that are public, such as the terms of a public document.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        values: Iterable[str] = (),
        exempt: Iterable[str] = (),
        unnamed: Iterable[str] = (),
    ) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._exempt = frozenset(exempt)
        self._unnamed = frozenset(name.lower() for name in unnamed) - self._names
        self._known = SecretValues()
        self.add(*values)

    def is_secret(self, name: str) -> bool:
        """Return whether the values of a name are secret."""
        lowered = name.lower()
        return lowered in self._names or (lowered not in self._unnamed and is_secret_name(name))

    def _is_secret_pair(self, name: str, value: str, *, is_parameter: bool) -> bool:
        return self.is_secret(name) or (
            name.lower() not in self._unnamed and is_secret_by_value(name, value, is_parameter=is_parameter)
        )

    def add(self, *values: str) -> None:
        """Add secrets by value; those that are too short, or exempt, are ignored."""
        for value in values:
            if len(value) >= SHORTEST and value not in self._exempt and value.strip("*"):
                self._known.add(value)

    # Learning: the secrets of a message are added, to be redacted also where nothing shows that they are secret.

    def learn_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Add the secrets in headers."""
        for name, value in headers:
            if self.is_secret(name):
                self.add(*_secrets_of_header(name.lower(), value))
            elif name.lower() in _URL_HEADERS:
                self.learn_url(value)
            elif name.lower() in _HOST_HEADERS:
                self.learn_url(f"//{value}")

    def learn_url(self, url: str) -> None:
        """Add the secrets in a URL: the password of its user, and parameters by name."""
        try:
            parts = urllib.parse.urlsplit(url)
        except ValueError:  # it is no URL
            return
        if "@" in parts.netloc:
            user, _, password = parts.netloc.rpartition("@")[0].partition(":")
            self.add(urllib.parse.unquote(password or user))
        if parts.query or "=" in parts.fragment:
            self.learn_form(f"{parts.query}&{parts.fragment}")

    def learn_form(self, text: str, depth: int = 0) -> None:
        """Add the secrets in form data or a query string, also those in encoded values."""
        self.learn_parameters(urllib.parse.parse_qsl(text), depth)

    def learn_parameters(self, pairs: Iterable[tuple[str, str]], depth: int = 0) -> None:
        """Add the secrets in the parameters of a form or a URL."""
        for name, value in pairs:
            if self._is_secret_pair(name, value, is_parameter=True):
                self.add(value)
            elif depth < DEEPEST:
                self.learn_body(value, depth + 1)

    def learn_json(self, value: Any) -> None:
        """Add the secrets in a JSON value, by the names of members."""
        self.add(*self._secret_members(value))

    def learn_body(self, text: str, depth: int = 0) -> None:
        """Add the secrets in a body: JSON, also a line of it, form data, or a table with a row of names."""
        text = text.lstrip("\ufeff \r\n\t")
        if text[:1] in {"{", "["} or text.startswith("data:") or "\ndata:" in text:
            values = [_parsed(text)]
            if values[0] is None:
                values = [_parsed(line.removeprefix("data:").strip()) for line in text.splitlines()]
            self.learn_json(values)
        elif text[:1] != "<":
            if "=" in text:
                self.learn_form(text, depth)
            self._learn_table(text)

    def _learn_table(self, text: str) -> None:
        head, _, rows = text.partition("\n")
        delimiter = next((one for one in ",;\t" if one in head), "")
        names = [name.strip().strip('"') for name in head.split(delimiter)] if delimiter and rows else []
        columns = [number for number, name in enumerate(names) if self.is_secret(name)]
        if not columns or len(head) > 1000:
            return
        for row in csv.reader(rows.splitlines(), delimiter=delimiter):
            self.add(*(row[number] for number in columns if number < len(row)))

    def _secret_members(self, value: Any) -> Iterator[str]:
        waiting = [(value, False)]
        while waiting:
            item, is_secret = waiting.pop()
            if isinstance(item, dict):
                # Names of a map, such as keys of an API with their owners.
                yield from (name for name in item if is_secret and looks_random(name))
                label = _label(item)
                waiting += [
                    (child, is_secret or self._is_secret_member(label if name == "value" and label else name, child))
                    for name, child in item.items()
                ]
            elif isinstance(item, list):
                waiting += [(child, is_secret) for child in item]
            elif is_secret and _is_number(item):
                yield from [str(item)] if len(str(item)) >= LONG_NUMBER else []
            elif isinstance(item, str) and is_secret:
                yield item
            elif isinstance(item, str) and item[:1] in {"{", "["} and '"' in item:
                waiting.append((_parsed(item), False))

    def _is_secret_member(self, name: str, value: Any) -> bool:
        if _is_number(value) and is_plural(name):
            return False
        return self._is_secret_pair(name, str(value) if _is_scalar(value) else "", is_parameter=False)

    # Redacting

    def values(self, text: str) -> str:
        """Return text with the known secrets redacted."""
        return self._known.replace(text, REDACTED)

    def text(self, text: str) -> str:
        """Return any text with its secrets redacted: values and likeness, and pairs of a name and a value."""
        return self._text(text, 0)

    def _text(self, text: str, depth: int) -> str:
        if not text:
            return text
        text = self.values(text)
        if REDACTED in text:
            text = patterns.UNQUOTED.sub(rf'\1"{REDACTED}"', text)
        if ":" in text or "=" in text:
            text = self._pairs(text)
        if "</" in text:
            text = self._redacted(patterns.ELEMENT, text)
        if "-u" in text:
            text = patterns.USER_OPTION.sub(rf"\1{REDACTED}", text)
        if "%" in text and depth < DEEPEST:
            text = patterns.RUN.sub(lambda found: self._run(found[0], depth + 1), text)
        text = patterns.SCHEME.sub(_scheme, text)
        if "/" in text:
            text = patterns.WEBHOOK.sub(lambda found: f"{found[1] or found[2]}{REDACTED}", text)
        return patterns.LIKENESS.sub(REDACTED, text)

    def _pairs(self, text: str) -> str:
        if ":" in text:
            text = patterns.HEADER.sub(self._header, text)
        if '"' in text and ":" in text:
            text = self._redacted(patterns.JSON_PAIR, text)
            if '\\"' in text:
                text = self._redacted(patterns.ESCAPED_PAIR, text)
        if "'" in text:
            text = self._redacted(patterns.QUOTED_PAIR, text)
        if "value" in text or "content" in text:
            text = self._redacted(patterns.NAMED_AFTER, self._redacted(patterns.NAMED, text))
        if "name=" in text:
            text = self._redacted(patterns.PART, text)
        if "://" in text and "@" in text:
            text = patterns.USERINFO.sub(_userinfo, text)
        return self._redacted(patterns.TEXT_PAIR, text)

    def header(self, name: str, value: str) -> str:
        """Return the value of a header with its secrets redacted."""
        lowered = name.lower()
        if lowered in _HOST_HEADERS and "@" in value:
            return f"{REDACTED}@{self.text(value.rpartition('@')[2])}"
        if not self.is_secret(name):
            return self.text(value)
        if lowered in {"set-cookie", "set-cookie2"}:
            cookies = (one.partition(";") for one in _NEXT_COOKIE.split(value))
            separator = "\n" if "\n" in value else ", "
            return separator.join(f"{_cookie(pair.strip())}{sign}{self.text(rest)}" for pair, sign, rest in cookies)
        if lowered in {"cookie", "cookie2"}:
            return "; ".join(_cookie(pair.strip()) for pair in value.split(";"))
        scheme, space, _ = value.partition(" ")
        is_scheme = space and lowered.endswith("authorization") and re.fullmatch(r"[\w-]+", scheme)
        return f"{scheme} {REDACTED}" if is_scheme else self._masked(name, value)

    def parameter(self, name: str, value: Any) -> Any:
        """Return the value of a parameter of a URL or a form with its secrets redacted."""
        if isinstance(value, str) and self._is_secret_pair(name, value, is_parameter=True):
            return self._masked(name, value)
        return self.member(name, value)

    def member(self, name: str, value: Any) -> Any:
        """Return a JSON value, the member of a name, with its secrets redacted."""
        if self._is_secret_member(name, value):
            return _map_scalars(value, lambda one: self._masked(name, one))
        if isinstance(value, dict):
            label = _label(value)
            return {
                self.text(key): self.member(label if label and key == "value" else key, child)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self.member("", child) for child in value]
        return self.text(value) if isinstance(value, str) else value

    def _masked(self, name: str, value: str) -> str:
        """Return what replaces a secret value: public terms stay, except under a name that was given."""
        return value if value in self._exempt and name.lower() not in self._names else REDACTED

    # Pairs of a name and a value in text

    def _redacted(self, pattern: re.Pattern[str], text: str) -> str:
        """Return text with the values of secret names redacted; the value of another name may contain a pair."""
        parts: list[str] = []
        written = at = 0
        while found := pattern.search(text, at):
            shown, end = self._value(found)
            if shown is None:
                at = found.end("name")
                continue
            parts += [text[written : found.start(_kind(found))], shown]
            written = end
            at = max(end, found.end("name"))
        return "".join([*parts, text[written:]]) if parts else text

    def _value(self, found: re.Match[str]) -> tuple[str | None, int]:
        """Return what replaces the value of a pair, or None, and where the value ends."""
        name, kind = urllib.parse.unquote(found["name"]), _kind(found)
        value, end = found[kind], found.end(kind)
        is_text = found.re is patterns.TEXT_PAIR
        if is_text and kind == "value" and (self.is_secret(name) or name.lower() in BARE):
            rest = patterns.REST.match(found.string, end)
            end = rest.end() if rest else end
            value = found.string[found.start("value") : end]
        is_parameter = is_text and found["sign"] == "="
        if is_text and kind == "value" and ":" in found["sign"] and patterns.HEADER_NAME.fullmatch(name):
            return None, end  # redacted already, with its scheme
        is_count = is_plural(name) and value.isdigit() and kind != "single"
        if is_count or not self._is_secret_pair(name, value if kind != "list" else "", is_parameter=is_parameter):
            return None, end
        if kind == "list":
            return patterns.SCALAR.sub(lambda one: self._scalar(name, one), value), end
        if kind == "number":
            return (f'"{REDACTED}"' if len(value) >= SHORTEST_NUMBER else value), end
        if (
            is_text
            and not is_parameter
            and kind == "value"
            and patterns.is_sentence(value)
            and not _is_line(found, end)
        ):
            return None, end
        return self._masked(name, value), end

    def _scalar(self, name: str, found: re.Match[str]) -> str:
        if found["number"]:
            return f'"{REDACTED}"'
        return found[0].replace(found["value"], self._masked(name, found["value"])) if found["value"] else found[0]

    def _header(self, found: re.Match[str]) -> str:
        if patterns.is_sentence(found["value"]):
            return found[0]
        return f"{found['name']}{found['sign']}{self.header(found['name'], found['value'])}"

    def _run(self, run: str, depth: int) -> str:
        decoded = urllib.parse.unquote(run) if "%" in run else run
        if decoded == run:
            return run
        shown = self._text(decoded, depth)
        return run if shown == decoded else urllib.parse.quote(shown, safe="*+", errors="replace")


def redact_entry(redactor: Redactor, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of an HTTP Archive with its secrets redacted. They are learned first."""
    learn_entry(redactor, entry)
    return {
        name: _message(redactor, value) if name in {"request", "response"} else redactor.member("", value)
        for name, value in entry.items()
    }


def learn_entry(redactor: Redactor, entry: Mapping[str, Any]) -> None:
    """Add the secrets of an entry of an HTTP Archive, by the places and names that they are in."""
    for message in (entry.get("request"), entry.get("response")):
        if not isinstance(message, dict):
            continue
        redactor.learn_headers(_pairs(message.get("headers")))
        redactor.learn_headers([("cookie", f"{name}={value}") for name, value in _pairs(message.get("cookies"))])
        redactor.learn_parameters(_pairs(message.get("queryString")))
        for kind in ("url", "redirectURL"):
            if isinstance(url := message.get(kind), str):
                redactor.learn_url(url)
        for body in (message.get("postData"), message.get("content")):
            if isinstance(body, dict):
                redactor.learn_parameters(_pairs(body.get("params")))
                redactor.learn_body(read_body(body, _headers_of(message)).text)
    # Extensions, such as the messages of a web socket.
    redactor.learn_json({name: value for name, value in entry.items() if name not in {"request", "response"}})


def _message(redactor: Redactor, message: Any) -> Any:
    """Return a request or a response with its secrets redacted."""
    if not isinstance(message, dict):
        return redactor.member("", message)
    redacted: dict[str, Any] = {}
    for name, value in message.items():
        if name == "headers" and isinstance(value, list):
            redacted[name] = [_pair(redactor, item, redactor.header) for item in value]
        elif name == "cookies" and isinstance(value, list):
            redacted[name] = [_pair(redactor, item, lambda *_: REDACTED) for item in value]
        elif name == "queryString" and isinstance(value, list):
            redacted[name] = [_pair(redactor, item, redactor.parameter) for item in value]
        elif name in {"postData", "content"} and isinstance(value, dict):
            redacted[name] = _body(redactor, value, _headers_of(message))
        else:
            redacted[name] = redactor.member("", value)
    return redacted


def _body(redactor: Redactor, body: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    redacted = redactor.member("", {name: value for name, value in body.items() if name not in {"text", "params"}})
    if isinstance(params := body.get("params"), list):
        redacted["params"] = [_pair(redactor, item, redactor.parameter) for item in params]
    if isinstance(body.get("text"), str):
        archived = read_body(body, headers)
        before = archived.text
        text = redactor.text(before) if archived.is_readable else REDACTED
        redacted["text"] = body["text"]
        if text != before:
            redacted["text"] = archived.written(text)
            # The size is that of the text, so that the body does not look cut off.
            change = len(text.encode(errors="replace")) - len(before.encode(errors="replace"))
            size = body.get("size")
            redacted["size"] = (
                size + change if isinstance(size, int) and size > 0 else len(text.encode(errors="replace"))
            )
    return {name: redacted[name] for name in dict.fromkeys([*body, *redacted]) if name in redacted}


def _headers_of(message: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in _pairs(message.get("headers"))}


def _pair(redactor: Redactor, item: Any, redact: Callable[[str, str], Any]) -> Any:
    """Return a pair of a name and a value with the value redacted. Nothing else shows what is secret in it."""
    if not isinstance(item, dict) or not isinstance(name := item.get("name"), str) or "value" not in item:
        return _map_scalars(item, lambda _: REDACTED)
    value = item["value"]
    rest = {key: redactor.member("", child) for key, child in item.items() if key not in {"name", "value"}}
    shown = redact(name, value) if isinstance(value, str) else redactor.member(name, value)
    return {**item, **rest, "value": shown}


def _pairs(items: Any) -> list[tuple[str, str]]:
    if not isinstance(items, list):
        return []
    return [
        (item["name"], item["value"])
        for item in items
        if isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(item.get("value"), str)
    ]


def _secrets_of_header(name: str, value: str) -> Iterator[str]:
    if name in {"cookie", "cookie2", "set-cookie", "set-cookie2"}:
        cookies = (one.partition(";")[0] for one in _NEXT_COOKIE.split(value))
        for pair in cookies if name.startswith("set-") else value.split(";"):
            yield pair.partition("=")[2].strip().strip('"')
        return
    yield value
    scheme, space, credential = value.partition(" ")
    if space:
        yield credential.strip()
        for parameter, quoted, plain in _PARAMETERS.findall(credential):
            if parameter.lower() not in PUBLIC_PARAMETERS and len(quoted or plain) > SHORTEST:
                yield quoted or plain
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(credential.strip()).decode(errors="replace").partition(":")
        except (binascii.Error, ValueError):
            return
        yield f"{user}:{password}"
        yield password
        # The user is a key where there is no password.
        if len(password) < SHORTEST or looks_random(user):
            yield user


def _cookie(pair: str) -> str:
    name, sign, _ = pair.partition("=")
    return f"{name}{sign}{REDACTED}" if sign else REDACTED


def _scheme(found: re.Match[str]) -> str:
    # A sentence, such as `bearer credential is missing`, has no credential.
    return found[0] if patterns.is_sentence(found[3]) else f"{found[1]}{found[2]}{REDACTED}"


def _userinfo(found: re.Match[str]) -> str:
    scheme, user, password = found.groups()
    if password:
        return f"{scheme}{user}:{REDACTED}@"
    return f"{scheme}{REDACTED}@" if looks_random(user) else found[0]


def _kind(found: re.Match[str]) -> str:
    """Return the group of a pair that has its value."""
    return next(kind for kind, text in found.groupdict().items() if text and kind in patterns.KINDS)


def _is_line(found: re.Match[str], end: int) -> bool:
    """Return whether a pair is a line of its own, among others."""
    before, after = found.string[: found.start()].rstrip(" -"), found.string[end:]
    ends = ("\n", "\\n", "\r", "\\r")
    is_begun, is_ended = not before or before.endswith(ends), not after or after.startswith(ends)
    return is_begun and is_ended and bool(before or after)


def _label(item: Mapping[str, Any]) -> str:
    """Return the name in an object of a name and a value, such as a header, or an empty string."""
    label = item.get("name", item.get("key"))
    return label if isinstance(label, str) and "value" in item else ""


def _parsed(text: str) -> Any:
    """Return the value of JSON, or None for another text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value)


def _map_scalars(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with its strings changed, and its long numbers."""
    if isinstance(value, dict):
        return {name: _map_scalars(child, change) for name, child in value.items()}
    if isinstance(value, list):
        return [_map_scalars(child, change) for child in value]
    if _is_number(value):
        return change(str(value)) if len(str(value)) >= SHORTEST_NUMBER else value
    return change(value) if isinstance(value, str) and value else value
