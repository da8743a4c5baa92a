"""Nothing outside the family of errors escapes hostile answers, and nothing outlives its deadline."""

from .fuzz import SLACK, TIMEOUT, Fuzz


def test_five_thousand_hostile_answers() -> None:
    tally = Fuzz(seed=20261123).run(5100)

    assert tally.escaped == []
    assert "InvalidArgumentError" not in tally.outcomes
    assert tally.slowest < TIMEOUT + SLACK
    assert tally.count >= 5000
    assert tally.objects >= 0.6 * tally.count
    assert tally.terminal >= 0.1 * tally.count
    assert {"a model", "UnexpectedResponseError", "TransportError", "ServerError"} <= set(tally.outcomes)
