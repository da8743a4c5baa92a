"""The job that the response of a start operation announces: its id, in the body or a header that a link names."""

import urllib.parse
from typing import Any

from attrs import define, evolve

from ..document import MISSING, RUNNING, Expression, Keys, Link, Message, walk
from ..document.expression import BODY, HEADER
from .bodies import set_value
from .jobs import OperationJobs, id_like


@define
class Announcement:
    """A link of a response to a job.

    Attributes:
        link: the link.
        jobs: the jobs that its target reports.
        message: the request and its response, in which `apply` sets the id of the job.
        base: the URL of the API.
    """

    link: Link
    jobs: OperationJobs
    message: Message
    base: str

    def apply(self, starts_in: str | None, now: float) -> bool:
        """Start or change the job and name it in the response; return False if the response has no place for its id."""
        jobs, given = self.jobs, self.message.path
        expression = self.link.parameters.get(jobs.id_parameter)
        if expression is None or (expression.source == BODY and walk(self.message.body, expression.keys) is MISSING):
            return False
        self._repeat_parameters()
        is_new = jobs.id_parameter not in given and expression.source in {BODY, HEADER}
        if expression.source in {BODY, HEADER}:
            self._set(expression, self._new_id(expression) if is_new else given[jobs.id_parameter])
        found = self.link.values(jobs.operation, self.message)
        if found is None:
            return False
        parameters = jobs.complete_parameters({**given, **found})
        if is_new and starts_in == RUNNING:
            self._begin_progress()
            jobs.add_started_job(parameters, self.message.body, now)
        else:
            jobs.set_state(parameters, starts_in, now)
        return True

    def _begin_progress(self) -> None:
        """Let the response report the progress of a job that has just begun, if it reports one of a pending job."""
        job, body = self.jobs.operation.job, self.message.body
        if job and job.progress and isinstance(walk(body, job.progress.at), int | float):
            state = job.state_of(body)
            if state is MISSING or job.kinds.get(state) == "pending":
                set_value(body, job.progress.at, self.jobs.first_progress(body))

    def _repeat_parameters(self) -> None:
        """Let the response name the other parameters of the job as the request does."""
        for name, expression in self.link.parameters.items():
            if name != self.jobs.id_parameter and name in self.message.path and expression.source == BODY:
                current = walk(self.message.body, expression.keys)
                self._set_field(expression.keys, id_like(current, self.message.path[name]))

    def _new_id(self, expression: Expression) -> str:
        current = expression.evaluate(self.message)
        sample = "" if current is MISSING or _is_url(current) else str(current)
        found = self.jobs.operation.parameters_of_url(str(current))
        return self.jobs.new_id(found.get(self.jobs.id_parameter, sample))

    def _set(self, expression: Expression, value: str) -> None:
        """Write an id where the expression takes it from: alone, or as a URL of the job if the sample is one."""
        current = expression.evaluate(self.message)
        is_path = isinstance(current, str) and current.startswith("/")
        is_url = _is_url(current) or (is_path and self.jobs.operation.parameters_of_url(current))
        shown: Any = value if "/" in value else id_like(current, value)
        if is_url or (expression.source == HEADER and expression.keys[0].lower().endswith("location")):
            url = self.base + self.jobs.path_of(
                self.jobs.complete_parameters({**self.message.path, self.jobs.id_parameter: value})
            )
            shown = url if _is_url(current) else urllib.parse.urlsplit(url)._replace(scheme="", netloc="").geturl()
        if expression.source == HEADER:
            self.message = evolve(
                self.message, headers={**self.message.headers, expression.keys[0].lower(): str(shown)}
            )
        else:
            self._set_field(expression.keys, shown)

    def _set_field(self, path: Keys, value: Any) -> None:
        """Set a field of the body, or the whole body."""
        if path:
            set_value(self.message.body, path, value)
        else:
            self.message = evolve(self.message, body=value)


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and "://" in value
