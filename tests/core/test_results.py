from __future__ import annotations

import pytest

from pytest_jama.core.results import WORST_FIRST, Outcome
from tests.every import every


@every(
    "outcome, did_run",
    [
        pytest.param(Outcome.PASSED, True, id="passed"),
        pytest.param(Outcome.FAILED, True, id="failed"),
        pytest.param(Outcome.ERROR, True, id="error"),
        pytest.param(Outcome.XFAILED, True, id="xfailed"),
        pytest.param(Outcome.XPASSED, True, id="xpassed"),
        pytest.param(Outcome.SKIPPED, False, id="skipped"),
        pytest.param(Outcome.NOT_REACHED, False, id="not reached"),
        pytest.param(Outcome.DESELECTED, False, id="deselected"),
    ],
)
def test_an_outcome_tells_whether_the_test_was_executed(outcome: Outcome, did_run: bool) -> None:
    assert outcome.did_run is did_run


def test_each_outcome_has_its_place_among_the_worst() -> None:
    assert sorted(WORST_FIRST) == sorted(Outcome)


@every("bad", [Outcome.FAILED, Outcome.ERROR])
@every("other", sorted(set(Outcome) - {Outcome.FAILED, Outcome.ERROR}))
def test_nothing_is_worse_than_a_failure(bad: Outcome, other: Outcome) -> None:
    assert WORST_FIRST.index(bad) < WORST_FIRST.index(other)
