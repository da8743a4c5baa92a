"""The credentials that a client can send."""

import itertools
from collections.abc import Iterable

from ..document import Document, Operation, SecurityScheme

MAX_COMBINATIONS = 100


def credential_kind(scheme: SecurityScheme) -> str | None:
    """Return what the credential of a scheme is: `key`, `basic` or `bearer`, empty for a certificate, None if unknown.

    Certificates are in the SSL context that `verify` takes.
    """
    if scheme.type == "http":
        return scheme.scheme if scheme.scheme in {"basic", "bearer"} else None
    return {"apiKey": "key", "oauth2": "bearer", "openIdConnect": "bearer", "mutualTLS": ""}.get(scheme.type)


def requirements(document: Document, operation: Operation) -> list[tuple[str, ...]]:
    """Return the alternatives of credentials with which the client can call an operation."""
    kinds = {key: credential_kind(scheme) for key, scheme in document.security_schemes.items()}
    possible = [keys for keys in operation.security if all(kinds[key] is not None for key in keys)]
    return [tuple(key for key in keys if kinds[key]) for keys in possible]


def alternatives(document: Document, operations: Iterable[Operation]) -> tuple[tuple[str, ...], ...]:
    """Return the alternatives of credentials for a client, the most useful one first.

    A client sends one alternative in all calls. Where operations require different credentials, one that suffices for
    all operations of jobs comes first; then those of these operations, and those of the others.
    """
    listed = list(operations)
    of_jobs = [requirements(document, one) for one in listed if one.job or one.is_start]
    required = [[keys for keys in one if keys] for one in of_jobs]  # a credential that is given is sent
    choices = itertools.islice(itertools.product(*filter(None, required)), MAX_COMBINATIONS)
    united = [tuple(dict.fromkeys(key for keys in choice for key in keys)) for choice in choices]
    sufficient = [keys for keys in united if not any(set(other) < set(keys) for other in united)]
    possible = [keys for keys in sufficient if keys and _can_be_sent_together(document, keys)]
    others = [keys for one in listed for keys in requirements(document, one)]
    return tuple(dict.fromkeys([*possible, *(keys for one in of_jobs for keys in one), *others]))


def _can_be_sent_together(document: Document, keys: tuple[str, ...]) -> bool:
    """Return whether no two credentials are in the same place of a request."""
    schemes = [document.security_schemes[key] for key in keys]
    places = [(one.where, one.name.lower()) if one.type == "apiKey" else ("header", "authorization") for one in schemes]
    return len(set(places)) == len(places)
