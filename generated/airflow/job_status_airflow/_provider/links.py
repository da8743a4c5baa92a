# Generated from scripts/airflow/links.py by `make generate`; do not edit.

"""The link from a task to the vendor's page about its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, TaskInstanceKey


@attrs.define()
class DocumentationLink(BaseOperatorLink):
    """The vendor's page, as the document names it."""

    name: str = "API documentation"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the URL of the page, empty if the document names none."""
        return str(getattr(operator, "documentation_url", ""))
