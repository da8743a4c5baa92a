"""Speakeasy: an overlay that adds `x-speakeasy-polling` to the operations that report jobs."""

from typing import Any

from ..document import Document
from .criteria import NotExpressibleError, criteria, polling_of


def speakeasy(document: Document) -> dict[str, Any]:
    """Return the overlay of a document.

    Raises:
        NotExpressibleError: No job of the document can be expressed.
    """
    actions = []
    for operation in document.operations:
        if not operation.job:
            continue
        success = criteria(operation, ("success", "partial"))
        failure = criteria(operation, ("failure",))
        if len(success) != 1 or len(failure) > 1:
            raise NotExpressibleError(f"{operation.id}: the end has several forms, and the extension has one list")
        polling = polling_of(operation.job)
        entry: dict[str, Any] = {
            "name": "WaitForEnd",
            "delaySeconds": 1,
            "intervalSeconds": polling.interval,
            "limitCount": polling.count,
            "successCriteria": success[0],
        }
        if failure:
            entry["failureCriteria"] = failure[0]
        target = f"$.paths[{_quoted(operation.path)}].{operation.method.lower()}"
        actions.append({"target": target, "update": {"x-speakeasy-polling": [entry]}})
    if not actions:
        raise NotExpressibleError("no operation reports a job; add `x-job`")
    info = {"title": f"Polling of the jobs of {document.title}", "version": str(document.data["info"]["version"])}
    return {"overlay": "1.0.0", "info": info, "actions": actions}


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
