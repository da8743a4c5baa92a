"""The references that are pages of the repository, by the names of their files in `docs/`."""

from collections.abc import Callable, Mapping
from typing import Final

from .check_reference import check_reference
from .job_reference import job_reference

REFERENCES: Final[Mapping[str, Callable[[], str]]] = {"x-job.md": job_reference, "checks.md": check_reference}
