"""Problems of documents, with their file and line."""

from pathlib import Path

from attrs import frozen

from ..printable import printable


@frozen
class Problem:
    """One problem of a document.

    `where` is the operation or component, empty for the file. `message` says what is expected, what the document has
    and how to correct it. A warning does not make the document invalid.
    """

    file: Path
    line: int
    where: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        subject = f" {printable(self.where)}" if self.where else ""
        kind = "warning: " if self.is_warning else ""
        return f"{printable(self.file, None)}:{self.line}{subject}: {kind}{printable(self.message, 2000)}"


class DocumentError(Exception):
    """A document is invalid. `problems` holds every problem, ordered by file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (str(problem.file), problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NoDocumentsError(DocumentError):
    """The folder does not exist or holds no document."""
