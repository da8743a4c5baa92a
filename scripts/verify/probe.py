"""Probes: the responses that a scenario hands to the check of its name."""

from attrs import field, frozen

from ..document import Operation, Response
from .exchange import Exchange

WITHOUT_CREDENTIAL = "without a credential"  # a variant


@frozen
class Probe:
    """An exchange to check, and the others that it is compared with, in the order that the check names."""

    operation: Operation
    exchange: Exchange
    others: tuple[Exchange, ...] = ()


@frozen
class ScenarioProbe(Probe):
    """A response to a documented scenario, with the documented response; `is_open` if no credential is required."""

    expected: Response = field(kw_only=True)
    is_open: bool = field(kw_only=True)


@frozen
class StartProbe(Probe):
    """The start of a job and the polls of the started job.

    `status_operation` reports the job, `names` and `started` are its parameters; `existing` are those of the jobs that
    existed before. A refused start has the parameters of the job that it announces, if any, in `started`.
    """

    status_operation: Operation = field(kw_only=True)
    names: tuple[str, ...] = field(kw_only=True)
    started: tuple[str, ...] = field(kw_only=True)
    existing: frozenset[tuple[str, ...]] = field(kw_only=True)


@frozen
class ViewsProbe(Probe):
    """The views of one poll, the widest as the exchange; `described` are the members of a status in the schema."""

    described: frozenset[str] = field(kw_only=True)


@frozen
class VariantProbe(Probe):
    """A response to an unusual request; `variant` says what is unusual if the request does not show it."""

    variant: str = field(kw_only=True)
