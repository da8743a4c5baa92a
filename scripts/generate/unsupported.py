"""What a client lacks of its document: an error for an operation that has to do with a job, otherwise a warning."""

from attrs import define, field

from ..document import Document, Operation, Problem
from ..document.source import Pointer


@define
class UnsupportedFeatures:
    """What the client of a document lacks. `found` has whether each problem is an error."""

    document: Document
    found: list[tuple[Problem, bool]] = field(factory=list)

    def add(self, operation: Operation | None, pointer: Pointer, message: str, *, is_error: bool | None = None) -> None:
        """Record that the client lacks something, of an operation or of the whole document."""
        if is_error is None:
            is_error = operation is not None and has_job(self.document, operation)
        where = operation.id if operation else "/".join(map(str, pointer[:2]))
        self.found.append((Problem(self.document.path, self.document.line(pointer), where, message), is_error))

    @property
    def errors(self) -> list[Problem]:
        """The problems for which the document is refused."""
        return [problem for problem, is_error in self.found if is_error]

    @property
    def warnings(self) -> list[Problem]:
        """The problems with which the client is generated."""
        return [problem for problem, is_error in self.found if not is_error]


def has_job(document: Document, operation: Operation) -> bool:
    """Return whether an operation reports a job or starts one."""
    return operation.job is not None or is_start(document, operation)


def is_start(document: Document, operation: Operation) -> bool:
    """Return whether a response of an operation links to an operation that reports a job."""
    linked = {link.operation_id for response in operation.responses for link in response.links}
    return any(other.job and other.id in linked for other in document.operations)
