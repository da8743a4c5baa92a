"""What is secret in the traffic of documented APIs."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..client.redaction import Redactor
from ..document import Document

MAX_TERM = 100  # characters


def make_redactor(documents: Iterable[Document], names: Iterable[str] = ()) -> Redactor:
    """Return a redactor for the traffic of documents.

    The parameters of security schemes are secret, and `names`. What a document says is public: names of fields, states,
    examples. The names of what identifies a job, and of its state, are those of no secrets, whatever they are called.
    """
    listed = list(documents)
    schemes = {scheme.name for document in listed for scheme in document.security_schemes.values() if scheme.name}
    public = {term for document in listed for term in _terms(document.data)}
    return Redactor({*schemes, *names}, exempt=public, unnamed=set(_names_of_jobs(listed)))


def _terms(value: Any) -> Iterator[str]:
    """Yield every name and every value of a document, and the segments of paths."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and len(item) <= MAX_TERM and not re.search(r"\s", item):
            yield item
            if item.startswith("/"):
                yield from item.split("/")


def _names_of_jobs(documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        for operation in document.operations:
            if job := operation.job:
                yield job.parameter
                paths = [job.id, job.state, *job.run, *job.immutable, *job.timestamps]
                yield from (path[-1] for path in paths if path)
