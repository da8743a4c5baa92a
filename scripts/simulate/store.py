"""The jobs and the known ids of all simulated APIs."""

import copy
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..document import MISSING, RUNNING, Document, Operation, Response, walk
from .bodies import map_strings, set_value
from .durations import JobDistribution
from .jobs import OperationJobs

# Known values by path parameter.
KnownIds = Mapping[str, list[str]]


class JobStore:
    """The jobs of all documents, by the operations that report them, and the ids that exist from the start.

    Args:
        documents: the simulated documents.
        environment: the variables that set known ids.
        seed: the seed of ids and durations.
        distribution: the durations and failures of jobs that are created without a timeline.
    """

    def __init__(
        self, documents: Iterable[Document], environment: Mapping[str, str], seed: int, distribution: JobDistribution
    ) -> None:
        self._known_ids: dict[tuple[str, str], KnownIds] = {}
        self._jobs: dict[tuple[str, str], OperationJobs] = {}
        source = random.Random(seed)  # noqa: S311 - generated ids, repeatable
        for document in documents:
            for operation in document.operations:
                known = _find_known_ids(document, operation, environment)
                self._known_ids[document.stem, operation.id] = known
                if operation.job:
                    jobs = OperationJobs(operation, source, distribution)
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

    def act(self, api: str, operation: Operation, values: Mapping[str, str], now: float) -> Any:
        """Run an operation that reports no job: start or change the job that its response links to.

        Returns:
            The body of the response, from the operation's example, or `MISSING` if a path parameter is unknown.
        """
        if not all(self._exists(api, operation, name, value) for name, value in values.items()):
            return MISSING
        response = operation.success
        examples = [
            example.value for media_type, example in response.examples if media_type.is_json and not example.scenario
        ]
        if not examples:
            return {}
        own = [example for example in examples if set(values.values()) & set(map(str, example.values()))]
        chosen = own[0] if own else self._find_pending(api, response, examples)
        body = _substitute_ids(operation, copy.deepcopy(chosen), values)
        self._change_linked_job(api, response, body, values, now)
        return body

    def _change_linked_job(
        self, api: str, response: Response, body: Any, values: Mapping[str, str], now: float
    ) -> None:
        """Start or change the job of the first link that applies to a body, and set the job's id in the body."""
        for link in response.links:
            jobs = self.of(api, link.operation_id)
            id_path = link.parameters[jobs.id_parameter]
            current = walk(body, id_path)
            if current is MISSING:
                continue
            if jobs.id_parameter in values:
                # The operation acts on an existing job.
                set_value(body, id_path, jobs.typed_id(values[jobs.id_parameter]))
                jobs.set_state(values, response.starts_in, now)
                return
            new_id = jobs.new_id(str(current))
            set_value(body, id_path, int(new_id) if isinstance(current, int) else new_id)
            parameters = {name: str(walk(body, path)) for name, path in link.parameters.items()}
            if response.starts_in == RUNNING:
                jobs.add_started_job(parameters, body)
            else:
                jobs.set_state(parameters, response.starts_in, now)
            return

    def _exists(self, api: str, operation: Operation, name: str, value: str) -> bool:
        """Return whether the value of a path parameter is known, or the id of a job of the API."""
        return value in self.known_ids(api, operation.id).get(name, ()) or any(
            jobs.id_parameter == name and jobs.has_id(value) for stem, jobs in self if stem == api
        )

    def _find_pending(self, api: str, response: Response, examples: list[Any]) -> Any:
        """Return the first example whose job is pending, so that a client can wait for it; or else the first one."""
        for link in response.links:
            spec = self.of(api, link.operation_id).job_spec
            for example in examples:
                if walk(example, spec.state) in spec.pending:
                    return example
        return examples[0]


def _find_known_ids(document: Document, operation: Operation, environment: Mapping[str, str]) -> KnownIds:
    """Return the known values of each path parameter: that of the environment, then those of the examples."""
    known: dict[str, list[str]] = {}
    for parameter in operation.parameters_in("path"):
        configured = environment.get(document.environment_variable(parameter.name))
        values = [*([configured] if configured else []), *map(str, parameter.known_values)]
        known[parameter.name] = list(dict.fromkeys(values))
    if operation.job and known and not known[last := list(known)[-1]]:
        known[last] = [f"simulated-{last}"]
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
