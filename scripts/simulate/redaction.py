"""Redaction of credentials in the targets of requests."""

import urllib.parse
from collections.abc import Iterable

from .credentials import SimulatedCredential


class Redactor:
    """Redact the credentials of all APIs wherever they occur, also in requests to unknown paths."""

    def __init__(self, credentials: Iterable[SimulatedCredential]) -> None:
        listed = list(credentials)
        self._names = frozenset(one.scheme.name for one in listed if one.scheme.where == "query")
        forms = {
            form
            for one in listed
            for secret in one.secret_values
            for value in (secret, *secret.split(":", 1)[1:])
            for form in (value, urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value))
        }
        forms.discard("")
        # A secret that contains another one is replaced first.
        self._values = sorted(forms, key=len, reverse=True)

    def redact_names(self, path: str, query: str) -> str:
        """Return the target with the values of the query parameters that carry credentials redacted."""
        if not query:
            return path
        if not self._names:
            return f"{path}?{query}"
        pairs = (pair.partition("=") for pair in query.split("&"))
        redacted = "&".join(
            f"{name}=***" if urllib.parse.unquote_plus(name) in self._names else f"{name}{sign}{value}"
            for name, sign, value in pairs
        )
        return f"{path}?{redacted}"

    def redact_values(self, target: str) -> str:
        """Return a target with the secret values of the environment redacted."""
        for value in self._values:
            target = target.replace(value, "***")
        return target
