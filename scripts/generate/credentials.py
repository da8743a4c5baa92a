"""The credentials that a client can send."""

from ..document import Document, Operation, SecurityScheme


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
