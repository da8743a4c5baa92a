"""Starts of jobs in recorded traffic, with the first polls of the started jobs."""

from collections.abc import Mapping

from attrs import Factory, define, evolve

from ...document import Operation
from ..exchange import Exchange, documented_response
from ..jobs import follow_link, is_temporarily_unknown, message, named_values, reports_job, started_operations
from ..probe import Probe, StartProbe
from ..session import Session

MAX_POLLS = 3  # polls of a started job that are compared with its start

Job = tuple[str, ...]  # an operation, and the values that identify a job of it


@define
class Starts:
    """Collects the starts of a session, and checks each with the first polls of its job."""

    session: Session
    _waiting: dict[Job, tuple[StartProbe, list[Exchange]]] = Factory(dict)
    _seen: set[Job] = Factory(set)

    def observe(self, exchange: Exchange) -> None:
        """Add a start, or a poll of a started job."""
        document = self.session.target.document
        operation = document.operation(exchange.operation_id)
        if operation.job is None:
            if exchange.is_accepted and started_operations(document, operation):
                self._add_start(operation, exchange)
            return
        values = self.session.target.job_values(exchange)
        if values is not None:
            self._add_poll(operation, exchange, values)

    def finish(self) -> None:
        """Check the starts that still wait for polls."""
        for job in list(self._waiting):
            self._check(job)

    def _add_start(self, operation: Operation, exchange: Exchange) -> None:
        document = self.session.target.document
        response, request = documented_response(operation, exchange.status or 0), message(operation, exchange)
        reporting = {one.id for one in started_operations(document, operation)}
        if response is None or not any(link.operation_id in reporting for link in response.links):
            return
        status_operation, parameters = follow_link(document, response, request)
        if status_operation is None or status_operation.job is None:
            self.session.check("start_resolves", Probe(operation, exchange))
            return
        started = tuple(parameters.values())
        job = (status_operation.id, *started)
        if job in self._waiting:
            self._check(job)
        probe = StartProbe(
            operation,
            exchange,
            status_operation=status_operation,
            names=tuple(parameters),
            started=started,
            existing=frozenset({started} if job in self._seen else ()),
        )
        # A request that names the job starts it again.
        if parameters[status_operation.job.parameter] not in named_values(request):
            self.session.check("start_is_new", probe)
        self._seen.add(job)
        self._waiting[job] = probe, []

    def _add_poll(self, operation: Operation, exchange: Exchange, values: Mapping[str, str]) -> None:
        job = (operation.id, *values.values())
        is_report = reports_job(operation, exchange)
        if is_report:
            self._seen.add(job)
        if job in self._waiting and (is_report or (exchange.is_plain and exchange.is_ordered)):
            if not is_report and is_temporarily_unknown(operation, exchange):
                return
            _, polls = self._waiting[job]
            polls.append(exchange)
            if len(polls) == MAX_POLLS:
                self._check(job)

    def _check(self, job: Job) -> None:
        probe, polls = self._waiting.pop(job)
        if not polls:
            return
        probe = evolve(probe, others=tuple(polls))
        for name in ("start_resolves", "start_keeps_its_kind", "start_state"):
            with self.session.guarded(name, probe.operation.id):
                self.session.check(name, probe)
        self.session.add_states(probe.operation, probe.others, probe.status_operation)
