"""The base URL and the credentials of a client from environment variables, where they are not passed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import InvalidArgumentError
from .schemes import Scheme


def base_url_of(given: Any, variable: str, *, trust_env: bool) -> Any:
    """Return the base URL: the given one, else that of the environment variable.

    Raises:
        InvalidArgumentError: Neither is set.
    """
    if given is not None or not variable:
        return given
    if trust_env and (found := os.environ.get(variable)):
        return found
    raise InvalidArgumentError(
        f"the API has no default base URL; pass base_url=, such as https://host, or set {variable}"
    )


def credentials_of(
    given: Mapping[str, Any],
    schemes: Iterable[Scheme],
    alternatives: tuple[tuple[str, ...], ...],
    *,
    trust_env: bool,
) -> Mapping[str, Any]:
    """Return the credentials: the given ones, completed from the environment unless they satisfy the API by themselves.

    Raises:
        InvalidArgumentError: A variable for basic authentication has no colon.
    """
    passed = {keyword: value for keyword, value in given.items() if value is not None}
    if not trust_env or (passed and any(set(keywords) <= passed.keys() for keywords in alternatives if keywords)):
        return given
    found = {}
    for scheme in schemes:
        text = os.environ.get(scheme.variable) if scheme.variable else None
        if scheme.keyword not in passed and text:
            found[scheme.keyword] = parse_credential(scheme, text, scheme.variable)
    return {**given, **found}


def parse_credential(scheme: Scheme, text: str, source: str) -> Any:
    """Return the credential in a string, such as that of a variable: itself, or user and password.

    Raises:
        InvalidArgumentError: User and password are not separated by a colon.
    """
    if scheme.kind != "basic":
        return text
    user, colon, password = text.partition(":")
    if not colon:
        # The value itself stays out of the message.
        raise InvalidArgumentError(f"{source} must be user:password, got no colon")
    return user, password
