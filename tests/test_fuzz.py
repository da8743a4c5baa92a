"""The client raises only `JobStatusError` for corrupt responses, within its timeout."""

from .fuzz import SLACK, TIMEOUT, Fuzzer


def test_corrupt_responses_raise_only_job_status_errors() -> None:
    summary = Fuzzer(seed=20261123).run(5100)

    assert summary.escaped == []
    assert "InvalidArgumentError" not in summary.outcomes
    assert summary.slowest < TIMEOUT + SLACK
    assert summary.count >= 5000
    assert summary.objects >= 0.6 * summary.count
    assert summary.terminal >= 0.1 * summary.count
    assert {"parsed", "UnexpectedResponseError", "TransportError", "ServerError"} <= set(summary.outcomes)
