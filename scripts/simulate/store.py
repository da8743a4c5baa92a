"""The jobs and the known ids of all simulated APIs."""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve

from ..document import MISSING, Document, Message, Operation, Response, known_values, sample_with
from ..document.expression import BODY
from .announcement import Announcement
from .bodies import copy_json, map_strings
from .conditions import PRESENT
from .derived import DerivedResponses, Reply, main_response
from .durations import JobDistribution
from .jobs import OperationJobs, RecentJobs, format_id

# Known values by path parameter.
KnownIds = Mapping[str, list[str]]


class JobStore:
    """The jobs of all documents, by the operations that report them, and the ids that exist from the start.

    Args:
        documents: the simulated documents.
        environment: the variables that set known ids.
        seed: the seed of ids and durations.
        distribution: the durations and failures of jobs that are created without a timeline.

    Attributes:
        recent: the jobs whose runs were created last.
    """

    def __init__(
        self, documents: Iterable[Document], environment: Mapping[str, str], seed: int, distribution: JobDistribution
    ) -> None:
        self._known_ids: dict[tuple[str, str], KnownIds] = {}
        self._jobs: dict[tuple[str, str], OperationJobs] = {}
        self.recent = RecentJobs()
        source = random.Random(seed)  # noqa: S311 - generated ids, repeatable
        self._derived = {document.stem: DerivedResponses(document) for document in documents}
        self._generated: dict[int, Any] = {}
        for document in documents:
            for operation in document.operations:
                known = _find_known_ids(document, operation, environment)
                self._known_ids[document.stem, operation.id] = known
                if operation.job:
                    jobs = OperationJobs(self._derived[document.stem], operation, source, distribution, self.recent)
                    jobs.add_known_jobs(known)
                    self._jobs[document.stem, operation.id] = jobs

    def __iter__(self) -> Iterator[tuple[str, OperationJobs]]:
        """Yield the jobs of each operation that reports jobs, with the file stem of its document."""
        return ((api, jobs) for (api, _), jobs in self._jobs.items())

    def of(self, api: str, operation_id: str) -> OperationJobs:
        """Return the jobs that an operation reports."""
        return self._jobs[api, operation_id]

    def known_ids(self, api: str, operation_id: str) -> KnownIds:
        """Return the values that exist from the start: equal names can mean different things in other operations."""
        return self._known_ids[api, operation_id]

    def act(self, api: str, operation: Operation, request: Message, base: str, now: float) -> Reply | None:
        """Run an operation that reports no job: start or change the job that its response links to.

        Args:
            api: the file stem of the document.
            operation: the operation.
            request: the request: its parameters and its body.
            base: the URL of the API.
            now: the current time.

        Returns:
            The response, from the operation's example or its schema, or None if a path parameter is unknown.
        """
        values = request.path
        if not all(self._exists(api, operation, name, value) for name, value in values.items()):
            return None
        derived, response = self._derived[api], main_response(operation)
        status = int(response.status) if response.status.isdecimal() else 200
        headers = {name.lower(): value for name, value in derived.headers(response).items()}
        for body in self._bodies(api, operation, response, values):
            message = evolve(request, body=body, status=status, headers=headers)
            for link in response.links:
                if (jobs := self._jobs.get((api, link.operation_id))) is not None:
                    announcement = Announcement(link, jobs, message, base)
                    if announcement.apply(response.starts_in, now):
                        return Reply(response, announcement.message.body, status, announcement.message.headers)
        return Reply(response, body, status)

    def _bodies(self, api: str, operation: Operation, response: Response, values: Mapping[str, str]) -> Iterator[Any]:
        """Yield bodies of a response: that of an example, or else a generated one."""
        examples = [
            example.value
            for media_type, example in response.examples
            if media_type.is_json and not example.scenario and isinstance(example.value, dict)
        ]
        if examples:
            own = [example for example in examples if set(values.values()) & set(map(str, example.values()))]
            chosen = own[0] if own else self._find_pending(api, response, examples)
            yield _substitute_ids(operation, copy_json(chosen), values)
        if response.links or not examples:
            key = id(response)
            if key not in self._generated:
                self._generated[key] = self._generate(self._derived[api], api, response)
            yield copy_json(self._generated[key])

    def _generate(self, derived: DerivedResponses, api: str, response: Response) -> Any:
        """Return a body without an example: one of a pending job, with everything that a link needs."""
        media_type, body = derived.content(response)
        for link in response.links if media_type is not None else ():
            jobs = self._jobs.get((api, link.operation_id))
            spec = jobs.job_spec if jobs else None
            needed = {e.keys: PRESENT for e in link.parameters.values() if e.source == BODY and e.keys}
            states = [(spec.state, spec.raw_states[one]) for one in spec.pending] if spec and spec.state else []
            for fields in (*({**needed, path: {"const": value}} for path, value in states if path), needed):
                made = sample_with(derived.document, media_type.schema, fields) if media_type else MISSING
                if media_type and made is not MISSING and derived.document.validator(media_type.schema).is_valid(made):
                    return made
        return body

    def _exists(self, api: str, operation: Operation, name: str, value: str) -> bool:
        """Return whether the value of a path parameter is known, or the id of a job of the API."""
        return value in self.known_ids(api, operation.id).get(name, ()) or any(
            jobs.id_parameter == name and jobs.has_id(value) for stem, jobs in self if stem == api
        )

    def _find_pending(self, api: str, response: Response, examples: list[Any]) -> Any:
        """Return the first example whose job is pending, so that a client can wait for it; or else the first one."""
        for link in response.links:
            if (jobs := self._jobs.get((api, link.operation_id))) and jobs.job_spec.state:
                spec = jobs.job_spec
                pending = [example for example in examples if spec.state_of(example) in spec.pending]
                if pending:
                    return pending[0]
        return examples[0]


def _find_known_ids(document: Document, operation: Operation, environment: Mapping[str, str]) -> KnownIds:
    """Return the known values of each parameter that names something: that of the environment, then the document's."""
    known: dict[str, list[str]] = {}
    named = operation.job_parameter.name if operation.job else ""
    for parameter in operation.parameters:
        if parameter.where == "path" or parameter.name == named:
            configured = environment.get(document.environment_variable(parameter.name))
            values = [*([configured] if configured else []), *map(format_id, known_values(document, parameter))]
            known[parameter.name] = list(dict.fromkeys(values))
    return known


def _substitute_ids(operation: Operation, body: Any, values: Mapping[str, str]) -> Any:
    """Replace the document's sample ids in an example with the ids of the request."""
    ids = {
        str(example.value): values[parameter.name]
        for parameter in operation.parameters_in("path")
        if parameter.name in values
        for example in parameter.examples
    }
    return map_strings(body, lambda text: ids.get(text, text))
