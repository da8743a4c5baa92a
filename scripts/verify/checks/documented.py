"""Check of the documented scenarios: a request that causes one gets the response that the document describes for it."""

from ..exchange import documented_response
from ..jobs import is_response_to_unknown_id
from ..network_errors import TOO_MANY
from ..probe import ScenarioProbe
from .registry import Check, Finding, Findings, excerpt, register


@register
class Scenarios(Check):
    name = "scenarios"
    description = "each documented scenario returns its documented status"
    fix_server = "Respond to the scenario with the documented status and body."
    fix_document = "Move `x-scenario` to the response that the server returns, and keep that response as the example."

    def check(self, probe: ScenarioProbe) -> Findings:
        """Yield the finding on the response to a scenario."""
        exchange, expected = probe.exchange, probe.expected
        if exchange.status is None or (exchange.status == TOO_MANY and expected.status != str(TOO_MANY)):
            return
        if exchange.is_accepted and expected.status in {"401", "403"} and probe.is_open:
            return  # a server without authentication, as the document allows
        description = expected.raw.get("description", "").split(".")[0]
        matches = documented_response(probe.operation, exchange.status) is expected
        if expected.is_success and any(found is expected for found, _, _ in probe.operation.scenarios("unknown_id")):
            matches = matches and is_response_to_unknown_id(probe.operation, exchange)
        got = "" if matches else f"{exchange.status} {excerpt(exchange)}".strip()
        yield Finding(f"{expected.status}: {description}", got, expected)
