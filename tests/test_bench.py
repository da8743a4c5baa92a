"""The figures of the benchmarks, and the page that shows them."""

import json
from pathlib import Path
from typing import Any

import pytest

from .bench import __main__ as command
from .bench.page import BEGIN, END, markdown, replace_figures, terminal
from .bench.peers.jobs import Job, gives_up, mean
from .bench.results import Results, Spread, Table, machine, number
from .virtual_clock import VirtualClock

RESULTS: dict[str, Any] = {
    "machine": {"system": "Linux 6", "processor": "Processor", "cores": 2, "python": "3.11.7"},
    "parts": {
        "calls": {
            "date": "2026-11-28T09:00:00+00:00",
            "seconds": 12,
            "load": 0.5,
            "versions": {"httpx": "0.28.1"},
            "tables": [
                {
                    "title": "A call",
                    "reference": "httpx",
                    "note": "Wall time.",
                    "figures": [
                        {"of": "httpx", "metric": "sync", "unit": "us", "rounds": [100, 200, 300]},
                        {
                            "of": "job-status",
                            "metric": "sync",
                            "unit": "us",
                            "goal": "up to 1",
                            "rounds": [90, 220, 240],
                        },
                        {"of": "job-status", "metric": "size", "unit": "", "rounds": [0.5]},
                    ],
                }
            ],
        }
    },
}
SECTIONS = """\
Machine: Processor, 2 cores, Linux 6, Python 3.11.7.

## A call

Wall time. \N{MULTIPLICATION SIGN} is the ratio to httpx in the same round. Measured on 28 November 2026 in 12 s; \
load average before: 0.5. With httpx 0.28.1.

| | sync, us (up to 1) | size |
|---|---|---|
| httpx | 200 (100 to 300) |  |
| job-status | 220 (90.0 to 240), \N{MULTIPLICATION SIGN} 0.90 (0.80 to 1.10) | 0.50 |
"""
PRINTED = """\
measured  of          figure    median (minimum to maximum)  ratio                        goal
A call    httpx       sync, us  200 (100 to 300)
A call    job-status  sync, us  220 (90.0 to 240)            0.90 (0.80 to 1.10) x httpx  up to 1
A call    job-status  size      0.50
"""


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Return small results from a file."""
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(RESULTS), encoding="utf-8")
    return Results.load(path)


def test_sections_have_date_machine_spread_and_ratio(results: Results) -> None:
    assert markdown(results) == SECTIONS


def test_one_table_is_printed(results: Results) -> None:
    assert terminal(results.tables("calls")) == PRINTED


def test_page_shows_the_published_results() -> None:
    page = command.PAGE.read_text(encoding="utf-8")

    assert replace_figures(page, markdown(Results.load(command.PUBLISHED))) == page


def test_published_results_are_of_parts_that_exist() -> None:
    parts = set(Results.load(command.PUBLISHED).parts)

    assert {"waiting", "schedules", "calls"} <= parts <= set(command.PARTS)


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="in this order"):
        replace_figures(f"{END}{BEGIN}", "")


def test_ratios_are_those_of_the_same_round() -> None:
    table = Table("A call", "httpx")
    table.add("httpx", "time", "us", [1.0, 10.0, 100.0])
    table.add("job-status", "time", "us", [2e-6, 30e-6, 100e-6], scale=1e6)
    table.add("fewer rounds", "time", "us", [30.0, 40.0])
    figures = {subject: figure for subject, _, figure in table.figures()}

    assert figures["httpx"].ratio is None
    assert figures["job-status"].ratio == Spread(2.0, 1.0, 3.0)
    assert figures["fewer rounds"].ratio == Spread(3.5, 3.5, 3.5)


def test_table_survives_its_file() -> None:
    table = Table("A call", "httpx", "Wall time.")
    table.add("httpx", "time", "us", [1.0, 3.0, 2.0])
    table.add("job-status", "time", "us", [1.0, 1.5, 1.0], goal="up to 1")
    table.add("job-status", "late", "ms", [1.0], compared=False)
    value = json.loads(json.dumps(table.to_json()))

    assert value["figures"][1]["ratio"] == {"median": 0.5, "minimum": 0.5, "maximum": 1.0}
    assert Table.from_json(value) == table


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1234.5, "1234"), (12.34, "12.3"), (0.456, "0.46"), (0.0456, "0.046")]
)
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_parts_that_do_not_run_keep_their_figures(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RESULTS", results.path)
    results.machine = machine()
    results.save()
    monkeypatch.setattr("tests.bench.traffic.tables", lambda: [Table("Traffic")])
    command.main(["traffic"])
    found = Results.load(results.path)

    assert list(found.parts) == ["calls", "traffic"]
    assert found.parts["calls"] == RESULTS["parts"]["calls"]
    assert found.parts["traffic"]["tables"][0]["title"] == "Traffic"


def test_figures_of_another_machine_are_not_kept(results: Results) -> None:
    assert Results.resume(results.path).parts == {}


def test_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["wating"])

    assert "unknown part 'wating'; expected waiting, " in capsys.readouterr().err


def follow_each_ten_seconds(job: Job, limited: bool) -> None:
    """Poll at once and every ten seconds, by default for a minute."""
    while not job.poll():
        if limited and job.last_age >= 60:
            raise TimeoutError
        job.clock.sleep(10.0)


def test_polls_and_overshoot_are_counted() -> None:
    clock = VirtualClock()

    assert mean(clock, follow_each_ten_seconds, [0.0, 5.0, 22.0]) == {
        "polls": 7 / 3,
        "overshoot": pytest.approx(13 / 3),
    }
    assert gives_up(clock, follow_each_ten_seconds) == 60.0
    assert gives_up(clock, lambda job, limited: follow_each_ten_seconds(job, False)) is None


def test_library_that_does_not_follow_a_job_is_an_error() -> None:
    with pytest.raises(AssertionError, match=r"a job of 5.0 s was left at 0.0 s"):
        mean(VirtualClock(), lambda job, limited: job.poll(), [5.0])

    def fail(job: Job, limited: bool) -> None:
        raise TypeError("no such argument")

    with pytest.raises(TypeError):
        gives_up(VirtualClock(), fail)
