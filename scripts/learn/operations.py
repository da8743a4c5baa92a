"""Which operation of which document a recorded request belongs to."""

import urllib.parse
from collections.abc import Iterable

from attrs import frozen

from ..document import Document, JobLifecycle, Operation


@frozen
class Reported:
    """The operation that reports a job, and the job.

    Attributes:
        operation: The name of the operation. Those of one name in several documents share a history.
        job: What names the job: the server, and the parameters.
        lifecycle: How the states of the job are interpreted.
    """

    operation: str
    job: tuple[str, ...]
    lifecycle: JobLifecycle


class Operations:
    """The operations of documents that report jobs.

    Args:
        documents: The documents.
        api: The file stem of the only document whose operations count, or None.
    """

    def __init__(self, documents: Iterable[Document], api: str | None = None) -> None:
        self._api = api
        listed = [(document, one, one.job) for document in documents for one in document.operations if one.job]
        # Of two paths that match, the one with fewer parameters is meant.
        self._reporting = sorted(listed, key=lambda row: row[1].path.count("{"))

    def find(self, method: str, url: str) -> Reported | None:
        """Return the job that a request reads, or None.

        Args:
            method: The method.
            url: The URL, absolute or relative to the server. If several documents have the path, the one whose file
                stem is the first segment is meant, as in URLs of the simulator.
        """
        parts = urllib.parse.urlsplit(url)
        stem = parts.path.lstrip("/").partition("/")[0]
        matching = [
            ((document.stem != stem, document.stem != self._api), document.stem, operation, lifecycle, values)
            for document, operation, lifecycle in self._reporting
            if operation.method == method and (values := operation.parameters_of_url(url))
        ]
        if not matching:
            return None
        _, found, operation, lifecycle, values = min(matching, key=lambda row: row[0])
        if self._api not in {None, found}:
            return None
        return Reported(operation.id, (parts.netloc, parts.path, *_named_in_query(operation, values)), lifecycle)


def _named_in_query(operation: Operation, values: dict[str, str]) -> tuple[str, ...]:
    """Return the parameter that names the job, if it is in the query; others, such as one for a view, do not count."""
    parameter = operation.job_parameter
    return (values.get(parameter.name, ""),) if parameter.where == "query" else ()
