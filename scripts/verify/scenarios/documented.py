"""The documented scenarios that a client can cause: the values of `x-scenario`, each requested once."""

from collections.abc import Iterator

from ...document import Operation, Response
from ..exchange import Exchange
from ..jobs import sent_parameters
from ..probe import ScenarioProbe
from ..schemas import UNLIKE_TEXT, schema_types
from ..session import Session

WRITES = ("PUT", "DELETE", "PATCH", "POST")


def request_scenarios(session: Session, operation: Operation) -> None:
    """Request each documented scenario of an operation once."""
    with session.guarded("scenarios", operation.id):
        for values in session.known_values(operation)[:1]:
            sent = list(_requests(session, operation, values))
            is_open = bool(sent) and not session.requires_credential(operation, values)
            for exchange, expected in sent:
                session.check("scenarios", ScenarioProbe(operation, exchange, expected=expected, is_open=is_open))


def _requests(session: Session, operation: Operation, values: dict[str, str]) -> Iterator[tuple[Exchange, Response]]:
    """Yield the exchange of each scenario and the documented response."""
    yield from _with_other_credentials(session, operation, values)
    if response := _documented(operation, "unknown_id"):
        for parameter in sent_parameters(operation):
            unknown = next((str(e.value) for e in parameter.examples if e.scenario == "unknown_id"), None)
            if unknown is not None:
                yield session.call(operation, {**values, parameter.name: unknown}), response
    if response := _documented(operation, "bad_parameter"):
        for parameter in operation.parameters_in("query"):
            types = schema_types(session.target.document, parameter.schema)
            if types and types <= UNLIKE_TEXT:
                yield session.call(operation, values, {parameter.name: "banana"}), response
                break
    if response := _documented(operation, "unknown_parameter"):
        yield session.call(operation, values, {"no_such_parameter": "1"}), response
    # Another server may have methods that the document does not describe.
    if session.target.stepping and (response := _documented(operation, "wrong_method")):
        described = {other.method for other in session.target.document.operations if other.path == operation.path}
        yield session.call(operation, values, method=next(m for m in WRITES if m not in described)), response


def _with_other_credentials(
    session: Session, operation: Operation, values: dict[str, str]
) -> Iterator[tuple[Exchange, Response]]:
    target = session.target
    keys = target.security_requirement(operation) or ()
    schemes = target.document.security_schemes
    scenarios = {
        "no_credential": {},
        "wrong_credential": {key: "wrong:wrong" if schemes[key].scheme == "basic" else "wrong" for key in keys},
        "wrong_scope": {key: target.unscoped[key] for key in keys if key in target.unscoped},
    }
    for when, credentials in scenarios.items():
        is_complete = when == "no_credential" or len(credentials) == len(keys)
        if keys and is_complete and (response := _documented(operation, when)):
            yield session.call(operation, values, credentials=credentials), response


def _documented(operation: Operation, when: str) -> Response | None:
    scenario = operation.scenario(when)
    return scenario[0] if scenario else None
