"""`docs/checks.md`: every check of a server, from the registered classes."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ..document import Document, load_folder
from ..project_files import project_file
from ..verify.checks import CHECKS, Check
from ..verify.checks.documented import Scenarios
from ..verify.checks.generated_requests import GeneratedRequestCheck
from ..verify.checks.http_standards import HttpCheck, ResourceCheck
from ..verify.checks.lifecycle import LifecycleCheck, XJobCheck
from ..verify.checks.registry import ResponseCheck
from ..verify.checks.starts import StartCheck
from ..verify.scenarios.edge_cases import EDGE_CASES
from .pages import introduction

# The sections, each with the kind of clause that decides what belongs there.
SECTIONS: Final = (
    ("Documented responses", "The clause is a response of the document, or an operation's parameters and `security`."),
    ("The lifecycle of jobs", "The clause is a key of `x-job`, at whose line the failure is reported."),
    ("Standards", "The clause is a section of a standard of HTTP, JSON, URLs or OpenAPI."),
)
RFC: Final = re.compile(r"RFC (\d+), (\d+(?:\.\d+)*)")
# What the checks look at whose class alone does not say it.
REQUESTS: Final = {
    "detail": "each poll of a job, with every value of the parameter.",
    "ends": "all polls of a job of the simulator.",
    "jobs_apart": "up to three jobs, polled in turn and concurrently.",
    "refused_start": "starts without a valid credential, and with invalid parameters.",
    "stays_known": "each plain request for a job that was reported before.",
    "stays_the_same": "three consecutive statuses of a job that has ended.",
}


def check_reference() -> str:
    """Return the page."""
    documents = load_folder(project_file("openapi"))
    lines = [introduction("checks.md")]
    for title, clause in SECTIONS:
        lines += [f"## {title}", "", clause, ""]
        for check in CHECKS:
            if _section(check) == title:
                lines += _check(check, documents)
    return "\n".join(lines).rstrip() + "\n"


def _section(check: Check) -> str:
    if isinstance(check, XJobCheck) or (not check.clause and _is_about_jobs(check)):
        return SECTIONS[1][0]
    return SECTIONS[2][0] if check.clause else SECTIONS[0][0]


def _is_about_jobs(check: Check) -> bool:
    return isinstance(check, StartCheck) or check.name in {"stays_known", "stays_the_same"}


def _check(check: Check, documents: Sequence[Document]) -> Iterator[str]:
    yield f"### `{check.name}`"
    yield ""
    yield f"{check.description[0].upper()}{check.description[1:]}."
    yield ""
    if clause := _clause(check):
        yield f"- **Clause**: {clause}"
    yield f"- **Looks at**: {_requests(check)}{_profile(check, documents)}"
    yield f"- **If the server is wrong**: {check.fix_server}"
    yield f"- **If the document is wrong**: {check.fix_document}"
    yield ""


def _clause(check: Check) -> str:
    if isinstance(check, XJobCheck):
        return f"[`{check.clause}`](x-job.md#{check.clause.lower()}) of `x-job`."
    return f"{RFC.sub(_linked, check.clause)}." if check.clause else ""


def _linked(match: re.Match[str]) -> str:
    """Return the reference to the section of an RFC, as a link."""
    return f"[{match[0]}](https://www.rfc-editor.org/rfc/rfc{match[1]}#section-{match[2]})"


def _requests(check: Check) -> str:
    """Return which requests or responses a check looks at, as a sentence."""
    probes = next((case.probes for case in EDGE_CASES if case.check == check.name), None)
    if check.name in REQUESTS:
        return REQUESTS[check.name]
    if probes is not None:
        sentence = (probes.__doc__ or "").split(". ")[0].split(".\n")[0].strip().rstrip(".")
        return f"an edge case. {sentence}."
    if isinstance(check, ResponseCheck) and check.any_request:
        return "each response, also to edge cases."
    kinds = (
        (LifecycleCheck, "each poll of a job, against the earlier polls of its run."),
        (StartCheck, "starts: each job is started twice, and polled to its end."),
        (GeneratedRequestCheck, "requests that Schemathesis generates from the document."),
        (Scenarios, "one request for each documented scenario, `x-scenario`."),
        (ResourceCheck, "each response, against the earlier ones for the same URL."),
        (HttpCheck, "each response."),
        (ResponseCheck, "each response to a documented request."),
    )
    return next(sentence for kind, sentence in kinds if isinstance(check, kind))


def _profile(check: Check, documents: Sequence[Document]) -> str:
    """Return a sentence about the profile, if the check does not run in both."""
    cases = [case for case in EDGE_CASES if case.check == check.name]
    is_live = any(check.applies(one, operation, full=False) for one in documents for operation in one.operations)
    return "" if is_live and all(case.live for case in cases) else " In the full profile only."
