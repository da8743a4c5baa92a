"""Speakeasy: an overlay that adds `x-speakeasy-polling` to the operations that report jobs."""

from typing import Any

from ..document import Document
from .criteria import NotExpressibleError, combined, criteria, polling_of


def speakeasy(document: Document) -> dict[str, Any]:
    """Return the overlay of a document.

    Raises:
        NotExpressibleError: No job of the document can be expressed.
    """
    actions = []
    for operation in document.operations:
        if not operation.job:
            continue
        failure = criteria(operation, ("failure",))
        polling = polling_of(operation.job)
        entry: dict[str, Any] = {
            "name": "WaitForEnd",
            "delaySeconds": 1,
            "intervalSeconds": polling.interval,
            "limitCount": polling.count,
            "successCriteria": combined(criteria(operation, ("success", "partial"))),
        }
        if failure:
            entry["failureCriteria"] = combined(failure)
        target = f"$.paths[{_quoted(operation.path)}].{operation.method.lower()}"
        actions.append({"target": target, "update": {"x-speakeasy-polling": [entry]}})
    if not actions:
        raise NotExpressibleError("no operation reports a job; add `x-job`")
    info = {"title": f"Polling of the jobs of {document.title}", "version": str(document.data["info"]["version"])}
    return {"overlay": "1.0.0", "info": info, "actions": actions}


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
