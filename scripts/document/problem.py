"""What is wrong with a document, and where."""

from pathlib import Path

from attrs import frozen

from ..printable import printable


@frozen
class Problem:
    """One thing that is wrong with a document.

    `message` says what was wanted, what came and the way out; `where` is the operation or component, empty for the file.
    """

    file: Path
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        subject = f" {printable(self.where)}" if self.where else ""
        return f"{printable(self.file, None)}:{self.line}{subject}: {printable(self.message, 2000)}"


class DocumentError(Exception):
    """A document cannot be used. `problems` holds every reason, in the order of their lines."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (str(problem.file), problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NoDocuments(DocumentError):
    """There is nothing that could be refused: the folder is not there, or holds no document."""
