"""Which credentials a simulated server accepts, and what it makes of those it is given."""

import base64
import hmac
from collections.abc import Mapping
from typing import Literal

from attrs import frozen
from starlette.requests import Request

from ..document import Document, Operation, SecurityScheme

Verdict = Literal["accepted", "no_credential", "wrong_credential", "wrong_scope"]
UNSCOPED = "_WITHOUT_SCOPE"


@frozen
class Credential:
    """What one security scheme of one document accepts.

    `enforced` is False for a scheme that the document makes optional and nobody has named a credential for.
    `unscoped` is a second credential, known to the server but without the scope.
    """

    scheme: SecurityScheme
    variable: str
    accepted: str
    unscoped: str
    enforced: bool
    is_named: bool = False
    is_unscoped_named: bool = False

    @property
    def named_values(self) -> tuple[str, ...]:
        """The values that the environment has named: they are secret, made-up ones are not."""
        named = ((self.accepted, self.is_named), (self.unscoped, self.is_unscoped_named))
        return tuple(value for value, is_named in named if is_named)


def credentials(document: Document, environment: Mapping[str, str]) -> dict[str, Credential]:
    """The credentials of a document: those that the environment names, made-up ones for the rest."""
    optional = any(not alternative for operation in document.operations for alternative in operation.security)
    found = {}
    for key, scheme in document.security_schemes.items():
        variable = document.environment_variable(key)
        named = environment.get(variable)
        accepted = named or _made_up(scheme, document.stem)
        other = environment.get(variable + UNSCOPED)
        unscoped = other or _made_up(scheme, f"{document.stem}-without-scope")
        enforced = bool(named) or not optional
        found[key] = Credential(scheme, variable, accepted, unscoped, enforced, bool(named), bool(other))
    return found


def _made_up(scheme: SecurityScheme, name: str) -> str:
    return f"{name}:simulated" if scheme.scheme == "basic" else f"simulated-{scheme.key.replace('_', '-')}-of-{name}"


def verdict(operation: Operation, held: Mapping[str, Credential], request: Request) -> Verdict:
    """What the server makes of the credentials of a request."""
    if not any(held[key].enforced for way in operation.security for key in way):
        return "accepted"
    best: Verdict = "no_credential"
    for way in operation.security:
        if not way:
            continue
        verdicts = [_one(held[key], request) for key in way]
        if all(one == "accepted" for one in verdicts):
            return "accepted"
        if all(one in {"accepted", "wrong_scope"} for one in verdicts):
            best = "wrong_scope"
        elif best == "no_credential" and any(one != "no_credential" for one in verdicts):
            best = "wrong_credential"
    return best


def _one(credential: Credential, request: Request) -> Verdict:
    given = presented(credential.scheme, request)
    if given is None:
        return "no_credential"
    if hmac.compare_digest(given.encode(), credential.accepted.encode()):
        return "accepted"
    return "wrong_scope" if hmac.compare_digest(given.encode(), credential.unscoped.encode()) else "wrong_credential"


def presented(scheme: SecurityScheme, request: Request) -> str | None:
    """The credential in a request, None where there is none and empty where it cannot be read."""
    if scheme.type == "apiKey":
        places: dict[str, Mapping[str, str]] = {
            "header": request.headers,
            "query": request.query_params,
            "cookie": request.cookies,
        }
        return places[scheme.where].get(scheme.name)
    header = request.headers.get("authorization")
    if header is None:
        return None
    word, _, value = header.partition(" ")
    if word.lower() != (scheme.scheme or "bearer"):
        return ""
    if scheme.scheme != "basic":
        return value.strip()
    try:
        return base64.b64decode(value.strip(), validate=True).decode()
    except ValueError:
        return ""
