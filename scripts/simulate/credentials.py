"""The credentials that a simulated API accepts, and the authentication of requests."""

import base64
import hmac
from collections.abc import Mapping
from typing import Literal

from attrs import frozen
from starlette.requests import Request

from ..document import Document, Operation, SecurityScheme

AuthResult = Literal["accepted", "no_credential", "wrong_credential", "wrong_scope"]
UNSCOPED = "_WITHOUT_SCOPE"


@frozen
class SimulatedCredential:
    """The credential that the simulator accepts for one security scheme of one document.

    Attributes:
        scheme: the security scheme.
        variable: the environment variable that can set the credential.
        accepted: the value that is accepted.
        unscoped: a second value, which authenticates but lacks the scope.
        enforced: False if an operation needs no credential where it accepts this one, and the environment sets none.
        is_from_environment: whether the environment has set `accepted`; otherwise it is generated.
        is_unscoped_from_environment: whether the environment has set `unscoped`; otherwise it is generated.
    """

    scheme: SecurityScheme
    variable: str
    accepted: str
    unscoped: str
    enforced: bool
    is_from_environment: bool = False
    is_unscoped_from_environment: bool = False

    @property
    def secret_values(self) -> tuple[str, ...]:
        """Return the values from the environment. They are secret; generated ones are not."""
        values = ((self.accepted, self.is_from_environment), (self.unscoped, self.is_unscoped_from_environment))
        return tuple(value for value, is_from_environment in values if is_from_environment)


def load_credentials(document: Document, environment: Mapping[str, str]) -> dict[str, SimulatedCredential]:
    """Return a document's credentials by scheme key, from the environment or else generated."""
    securities = [operation.security for operation in document.operations]
    optional = {key for security in securities if not all(security) for keys in security for key in keys}
    found = {}
    for key, scheme in document.security_schemes.items():
        variable = document.environment_variable(key)
        from_environment = environment.get(variable)
        accepted = from_environment or _generate_credential(scheme, document.stem)
        unscoped_from_environment = environment.get(variable + UNSCOPED)
        unscoped = unscoped_from_environment or _generate_credential(scheme, f"{document.stem}-without-scope")
        found[key] = SimulatedCredential(
            scheme=scheme,
            variable=variable,
            accepted=accepted,
            unscoped=unscoped,
            enforced=bool(from_environment) or key not in optional,
            is_from_environment=bool(from_environment),
            is_unscoped_from_environment=bool(unscoped_from_environment),
        )
    return found


def _generate_credential(scheme: SecurityScheme, name: str) -> str:
    return f"{name}:simulated" if scheme.scheme == "basic" else f"simulated-{scheme.key.replace('_', '-')}-of-{name}"


def authenticate(operation: Operation, credentials: Mapping[str, SimulatedCredential], request: Request) -> AuthResult:
    """Check the credentials of a request against the alternatives of an operation's security."""
    if not any(credentials[key].enforced for alternative in operation.security for key in alternative):
        return "accepted"
    best: AuthResult = "no_credential"
    for alternative in operation.security:
        if not alternative:
            continue
        results = [_check_credential(credentials[key], request) for key in alternative]
        if all(result == "accepted" for result in results):
            return "accepted"
        if all(result in {"accepted", "wrong_scope"} for result in results):
            best = "wrong_scope"
        elif best == "no_credential" and any(result != "no_credential" for result in results):
            best = "wrong_credential"
    return best


def _check_credential(credential: SimulatedCredential, request: Request) -> AuthResult:
    given = extract_credential(credential.scheme, request)
    if given is None:
        return "no_credential"
    if hmac.compare_digest(given.encode(), credential.accepted.encode()):
        return "accepted"
    return "wrong_scope" if hmac.compare_digest(given.encode(), credential.unscoped.encode()) else "wrong_credential"


def extract_credential(scheme: SecurityScheme, request: Request) -> str | None:
    """Return the credential in a request, None if missing, and an empty string if it cannot be decoded."""
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
    name, _, value = header.partition(" ")
    if name.lower() != (scheme.scheme or "bearer"):
        return ""
    if scheme.scheme != "basic":
        return value.strip()
    try:
        return base64.b64decode(value.strip(), validate=True).decode()
    except ValueError:
        return ""
