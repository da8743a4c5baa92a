# Generated from scripts/client/redaction.py by `make generate`; do not edit.

"""Redaction of secrets in recorded traffic: by the place they are in, by name, by likeness, and by value."""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from .encodings import encodings

REDACTED: Final = "***"
SHORTEST: Final = 4  # characters of a secret that is redacted wherever it occurs; a shorter one only in its place


# Headers whose whole value is secret, and terms that make the name of a header, parameter or field secret.
def _terms(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HEADERS: Final = _terms("authorization proxy-authorization cookie set-cookie cookie2 set-cookie2")
_TERMS: Final = _terms(
    "apikey appkey assertion auth authorization bearer cookie credential credentials csrf jsessionid jwt otp passcode "
    "passphrase passwd password passwords phpsessid pwd saml secret secrets sessionid sessid sid sig signature token "
    "tokens verifier xsrf"
)
# A key is secret after one of these terms, and a session before one of those.
_KEYS: Final = _terms(
    "access account api app auth client consumer crypto encryption function host license master private secret service "
    "session shared signing storage subscription x"
)
_SESSIONS: Final = frozenset({"", "cookie", "data", "id", "key", "token"})
# A name that ends with one of these terms is about a secret.
_ABOUT: Final = _terms(
    "algorithm at count created date enabled endpoint expires expiration expiry hint id ids in length limit method "
    "name policy required scheme scope scopes size state status ttl type types uri url usage used valid version"
)
_TERM: Final = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# What secrets of widespread products look like, also in free text.
_LIKENESS: Final = re.compile(
    r"""
    (?<!\w) (?=[ASadeghknprswxy-]) (?:  # the first characters, for speed
      eyJ[\w-]{5,}\.[\w-]{2,}(?:\.[\w-]*){0,3}                                   # JSON Web Token
    | -----BEGIN[ A-Z]*PRIVATE[ ]KEY-----.*?(?:-----END[ A-Z]*PRIVATE[ ]KEY-----|\Z)
    | A(?:KIA|SIA)[0-9A-Z]{16}\b | AIza[\w-]{35} | ya29\.[\w-]{20,}              # AWS, Google
    | gh[oprsu]_\w{30,} | github_pat_\w{20,} | glpat-[\w-]{18,}                  # GitHub, GitLab
    | xox[abeoprs]-[\w-]{10,} | xapp-[\w-]{10,}                                  # Slack
    | [rs]k_(?:live|test)_\w{10,} | whsec_\w{20,}                                # Stripe
    | sk-[\w-]{20,} | hf_\w{30,}                                     # providers of language models
    | npm_\w{30,} | pypi-[\w-]{50,} | dop_v1_\w{40,} | hvs\.[\w-]{20,} | SG\.[\w-]{16,}\.[\w-]{16,}
    | kg-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_SCHEME: Final = re.compile(r"\b(Basic|Bearer|Digest|Negotiate|Token)(\s+|%20|\+)([\w.~+/%-]{8,}=*)", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(://[^/?#\s:@\"'<>]*):([^/?#\s@\"'<>]+)@")
# `"name": "value"`, also within a JSON string; `name=value`; `<name>value</name>`; a field of a form of parts.
_JSON_PAIR: Final = re.compile(r'"(?P<name>[^"\\]{1,100})"\s{0,9}:\s{0,9}"(?P<value>(?:[^"\\]|\\.)+)', re.DOTALL)
_ESCAPED_PAIR: Final = re.compile(r'\\"(?P<name>[^"\\]{1,100})\\"\s{0,9}:\s{0,9}\\"(?P<value>[^"\\]+)', re.DOTALL)
_FORM_PAIR: Final = re.compile(r"(?P<name>[\w.\-\[\]$~%]{1,100})=(?P<value>[^&;\s\"'<>,}\\]+)")
_ELEMENT: Final = re.compile(r"<(?P<name>[\w:.-]{1,100})(?P<sign>(?:\s[^<>]*)?>)(?P<value>[^<>]+)(?=</)")
_PART: Final = re.compile(
    r'\bname="(?P<name>[^"\r\n]{1,100})"(?P<sign>[^\r\n]*(?:\r?\n[\w-]+:[^\r\n]*)*\r?\n\r?\n)(?P<value>[^\r\n]+)'
)


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether the name of a header, a parameter or a field is one of secrets, such as `clientSecret`."""
    if name.lower() in _HEADERS:
        return True
    terms = [term.lower() for term in _TERM.findall(urllib.parse.unquote(name))]
    for number, term in enumerate(terms):
        before, after = terms[number - 1] if number else "", terms[number + 1] if number + 1 < len(terms) else ""
        if term in {"session", "sess"} and after in _SESSIONS and len(terms) - number <= 2:
            return True
        is_key = term in {"key", "keys", "pin"} and before in _KEYS
        if (is_key or term in _TERMS) and terms[-1] not in _ABOUT:
            return True
    return False


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
        self._known: set[str] = set()
        # Each form of a secret, the longest first once they are sorted.
        self._forms: list[str] = []
        self._is_sorted = True
        self.add(*values)

    def is_secret(self, name: str) -> bool:
        """Return whether the values of a name are secret."""
        lowered = name.lower()
        return lowered in self._names or (lowered not in self._unnamed and is_secret_name(name))

    def add(self, *values: str) -> None:
        """Add secrets by value; those that are too short, or exempt, are ignored."""
        for value in values:
            if value in self._known or len(value) < SHORTEST or value in self._exempt or not value.strip("*"):
                continue
            self._known.add(value)
            self._forms += encodings(value)
            self._is_sorted = False

    # Learning: the secrets of a message are added, to be redacted also where nothing shows that they are secret.

    def learn_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Add the secrets in headers."""
        for name, value in headers:
            if self.is_secret(name):
                self.add(*_secrets_of_header(name.lower(), value))

    def learn_url(self, url: str) -> None:
        """Add the secrets in a URL: the password of its user, and parameters by name."""
        parts = urllib.parse.urlsplit(url)
        if "@" in parts.netloc:
            user, _, password = parts.netloc.rpartition("@")[0].partition(":")
            self.add(urllib.parse.unquote(password or user))
        if parts.query or "=" in parts.fragment:
            self.learn_form(f"{parts.query}&{parts.fragment}")

    def learn_form(self, text: str) -> None:
        """Add the secrets in form data or a query string."""
        for name, value in urllib.parse.parse_qsl(text):
            if self.is_secret(name):
                self.add(value)

    def learn_json(self, value: Any) -> None:
        """Add the secrets in a JSON value, by the names of members."""
        for secret in self._secret_members(value, under=False):
            self.add(secret)

    def learn_body(self, text: str) -> None:
        """Add the secrets in a body, JSON or form data."""
        start = text.lstrip()[:1]
        if start and start in "{[":
            try:
                self.learn_json(json.loads(text))
            except (ValueError, RecursionError):
                return
        elif "=" in text and start not in "<":
            self.learn_form(text)

    def _secret_members(self, value: Any, *, under: bool) -> Iterator[str]:
        waiting = [(value, under)]
        while waiting:
            item, is_secret = waiting.pop()
            if isinstance(item, dict):
                waiting += [(child, is_secret or self.is_secret(name)) for name, child in item.items()]
            elif isinstance(item, list):
                waiting += [(child, is_secret) for child in item]
            elif isinstance(item, str):
                if is_secret:
                    yield item
                elif item[:1] in {"{", "["} and '"' in item:
                    try:
                        waiting.append((json.loads(item), False))
                    except (ValueError, RecursionError):
                        continue

    # Redacting

    def values(self, text: str) -> str:
        """Return text with the known secrets redacted."""
        if not self._is_sorted:
            self._forms = sorted(set(self._forms), key=len, reverse=True)
            self._is_sorted = True
        for form in self._forms:
            if form in text:
                text = text.replace(form, REDACTED)
        return text

    def text(self, text: str) -> str:
        """Return any text with its secrets redacted: values and likeness, and pairs of a name and a value."""
        if not text:
            return text
        text = self.values(text)
        if '"' in text and ":" in text:
            text = _JSON_PAIR.sub(self._pair, text)
            if '\\"' in text:
                text = _ESCAPED_PAIR.sub(self._pair, text)
        if "=" in text:
            text = _FORM_PAIR.sub(self._pair, text)
            if 'name="' in text:
                text = _PART.sub(self._pair, text)
        if "</" in text:
            text = _ELEMENT.sub(self._pair, text)
        if "://" in text and "@" in text:
            text = _USERINFO.sub(rf"\1:{REDACTED}@", text)
        text = _SCHEME.sub(_scheme, text)
        return _LIKENESS.sub(REDACTED, text)

    def header(self, name: str, value: str) -> str:
        """Return the value of a header with its secrets redacted."""
        lowered = name.lower()
        if not self.is_secret(name):
            return self.text(value)
        if lowered == "set-cookie":
            pair, sign, attributes = value.partition(";")
            return f"{_cookie(pair)}{sign}{attributes}"
        if lowered == "cookie":
            return "; ".join(_cookie(pair.strip()) for pair in value.split(";"))
        scheme, space, _ = value.partition(" ")
        return f"{scheme} {REDACTED}" if space and lowered.endswith("authorization") and scheme.isalnum() else REDACTED

    def member(self, name: str, value: Any) -> Any:
        """Return a JSON value, the member of a name, with its secrets redacted."""
        if self.is_secret(name):
            return _map_strings(value, lambda _: REDACTED)
        if isinstance(value, dict):
            return {key: self.member(key, child) for key, child in value.items()}
        if isinstance(value, list):
            return [self.member("", child) for child in value]
        return self.text(value) if isinstance(value, str) else value

    def _pair(self, found: re.Match[str]) -> str:
        if not self.is_secret(urllib.parse.unquote(found["name"])):
            return found[0]
        return found[0][: found.start("value") - found.start()] + REDACTED


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
        for kind in ("url", "redirectURL"):
            if isinstance(url := message.get(kind), str):
                try:
                    redactor.learn_url(url)
                except ValueError:  # an invalid URL
                    continue
        for body in (message.get("postData"), message.get("content")):
            if isinstance(body, dict):
                redactor.add(*(value for name, value in _pairs(body.get("params")) if redactor.is_secret(name)))
                redactor.learn_body(_content(body)[0])


def _message(redactor: Redactor, message: Any) -> Any:
    """Return a request or a response with its secrets redacted."""
    if not isinstance(message, dict):
        return redactor.member("", message)
    redacted: dict[str, Any] = {}
    for name, value in message.items():
        if name == "headers" and isinstance(value, list):
            redacted[name] = [_pair(item, redactor.header) for item in value]
        elif name == "cookies" and isinstance(value, list):
            redacted[name] = [_pair(item, lambda *_: REDACTED) for item in value]
        elif name == "queryString" and isinstance(value, list):
            redacted[name] = [_pair(item, redactor.member) for item in value]
        elif name in {"postData", "content"} and isinstance(value, dict):
            redacted[name] = _body(redactor, value)
        else:
            redacted[name] = redactor.member("", value)
    return redacted


def _body(redactor: Redactor, body: dict[str, Any]) -> dict[str, Any]:
    redacted = redactor.member("", {name: value for name, value in body.items() if name not in {"text", "params"}})
    if isinstance(params := body.get("params"), list):
        redacted["params"] = [_pair(item, redactor.member) for item in params]
    if isinstance(body.get("text"), str):
        before, is_encoded = _content(body)
        text = redactor.text(before)
        if text != before:
            # The size is that of the text, so that the body does not look cut off.
            change = len(text.encode(errors="replace")) - len(before.encode(errors="replace"))
            size = body.get("size")
            redacted["size"] = (
                size + change if isinstance(size, int) and size > 0 else len(text.encode(errors="replace"))
            )
        redacted["text"] = base64.b64encode(text.encode("latin-1")).decode() if is_encoded else text
    return {name: redacted[name] for name in dict.fromkeys([*body, *redacted]) if name in redacted}


def _content(body: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the text of a body, and whether it was encoded; its bytes are then the characters."""
    text = body.get("text")
    if not isinstance(text, str):
        return "", False
    if body.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True).decode("latin-1"), True
        except (binascii.Error, ValueError):
            return text, False
    return text, False


def _pair(item: Any, redact: Callable[[str, Any], Any]) -> Any:
    """Return a pair of a name and a value with the value redacted."""
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or "value" not in item:
        return item
    return {**item, "value": redact(item["name"], item["value"])}


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
        pairs = [value.partition(";")[0]] if name.startswith("set-") else value.split(";")
        for pair in pairs:
            yield pair.partition("=")[2].strip().strip('"')
        return
    yield value
    scheme, space, credential = value.partition(" ")
    if space:
        yield credential.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(credential.strip()).decode(errors="replace").partition(":")
        except (binascii.Error, ValueError):
            return
        yield f"{user}:{password}"
        yield password


def _cookie(pair: str) -> str:
    name, sign, _ = pair.partition("=")
    return f"{name}{sign}{REDACTED}" if sign else REDACTED


def _scheme(found: re.Match[str]) -> str:
    # A sentence, such as `bearer credential is missing`, has no credential.
    is_plain = found[3].isalpha() and found[3] in {found[3].lower(), found[3].capitalize()} and len(found[3]) < 16
    return found[0] if is_plain else f"{found[1]}{found[2]}{REDACTED}"


def _map_strings(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _map_strings(child, change) for name, child in value.items()}
    if isinstance(value, list):
        return [_map_strings(child, change) for child in value]
    return change(value) if isinstance(value, str) and value else value
