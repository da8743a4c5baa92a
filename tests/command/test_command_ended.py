"""Jobs that have ended when a wait is left: they are reported, and are not among those that keep running."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from job_status._client.command import follow
from job_status._client.command.parser import leaf_parser
from job_status._client.command.status import StoppedError
from job_status._client.command.verbs import wait
from job_status._client.polling.threads import as_completed
from job_status._commands import DISTRIBUTION

from scripts.simulate.remote import RunningSimulator

from .installed import connection
from .test_command import FAILING, PENDING, job

ENDED = {"good": [[0, "SUCCESS"]], "bad": [[0, "FAILED"]], "also bad": FAILING, "slow": PENDING}


def leave_when_others_have_ended(monkeypatch: pytest.MonkeyPatch, end: Callable[[list[Any]], Iterator[Any]]) -> None:
    """Let a wait be left when all jobs but one have ended, and one of them has been reported."""

    def until(handles: list[Any], **options: Any) -> Iterator[Any]:
        found = []
        for outcome in as_completed(handles, **options):
            found.append(outcome)
            if len(found) == len(handles) - 1:
                break
        yield from end(sorted(found, key=lambda outcome: handles.index(outcome.job)))

    monkeypatch.setattr(follow, "as_completed", until)


def followed(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, dict[str, str]]:
    """Wait for the jobs, and return the exit status and their ids."""
    for name, value in connection(simulator, ["ai-for-process"]).items():
        monkeypatch.setenv(name, value)
    ids = {name: job(simulator, after) for name, after in ENDED.items()}
    (product,) = [one for one in DISTRIBUTION.products if one.name == "ai-for-process"]
    parser = leaf_parser("job-status", "wait", product, product.jobs[0])
    argv = [*ids.values(), *options]
    parsed = parser.parse(argv)
    return wait(DISTRIBUTION, product, product.jobs[0], parsed, ["wait", "ai-for-process", "dock-status", *argv]), ids


def first(found: list[Any]) -> Iterator[Any]:
    """Yield the first outcome, a success."""
    yield found[0]


def second(found: list[Any]) -> Iterator[Any]:
    """Yield the second outcome, a failure."""
    yield found[1]


def signal(found: list[Any]) -> Iterator[Any]:
    """Yield an outcome, and then be interrupted."""
    yield found[0]
    raise StoppedError(15)


@pytest.mark.parametrize(
    ("options", "end", "status"),
    [(["--any"], first, 0), (["--fail-fast"], second, 1), ([], signal, 143), (["--any", "--quiet"], first, 0)],
)
def test_job_that_has_ended_is_reported(
    simulator: RunningSimulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    options: list[str],
    end: Callable[[list[Any]], Iterator[Any]],
    status: int,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    leave_when_others_have_ended(monkeypatch, end)

    found, ids = followed(simulator, monkeypatch, *options)

    out, err = capsys.readouterr()
    assert found == status
    states = {"good": "SUCCESS", "bad": "FAILED", "also bad": "FAILED"}
    assert sorted(out.splitlines()) == sorted(f"{ids[name]} {state}" for name, state in states.items())
    (detached,) = [line for line in err.splitlines() if line.startswith("detached: ")]
    assert [name for name in ids if ids[name] in detached] == ["slow"]
    (command,) = [line for line in err.splitlines() if line.startswith("continue with: ")]
    assert [name for name in ids if ids[name] in command] == ["slow"]
    assert err.count("::error ") == 2
    rows = (tmp_path / "summary").read_text().splitlines()[2:]
    results = {name: next(row for row in rows if ids[name] in row).split("|")[3].strip() for name in ids}
    assert results == {"good": "success", "bad": "failure", "also bad": "failure", "slow": "running"}
