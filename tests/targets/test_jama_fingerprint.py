from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.runs import RunUpdate
from tests.core.values import case_of, run_of, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER = "https://acme.example"
VERDICT = case_of(Verdict.FAILED, (1, Verdict.PASSED, "ok"), (2, Verdict.FAILED, "0 V \udc80"))
UPDATE = RunUpdate(
    run_of("NOT_RUN", "NOT_RUN"),
    VERDICT,
    Verdict.FAILED,
    steps_of("PASSED", "FAILED"),
    ("FAILED: pytest 9", "t.py::t[\udc80]: failed"),
)


def test_fingerprint_is_the_same_after_the_update_has_arrived() -> None:
    arrived = replace(UPDATE, run=replace(run_of("PASSED", "FAILED"), status="FAILED"), steps=())
    assert arrived.fingerprint(SERVER) == UPDATE.fingerprint(SERVER)


@pytest.mark.parametrize(
    "change",
    [
        lambda update: replace(update, run=run_of(run_id=72)),
        lambda update: replace(update, account=("FAILED: pytest 10",)),
        lambda update: replace(update, verdict=replace(VERDICT, verdict=Verdict.BLOCKED)),
        lambda update: replace(update, verdict=replace(VERDICT, steps=VERDICT.steps[:1])),
    ],
    ids=["run", "account", "verdict", "steps"],
)
def test_fingerprint_tells_other_updates_apart(change: Callable[[RunUpdate], RunUpdate]) -> None:
    assert change(UPDATE).fingerprint(SERVER) != UPDATE.fingerprint(SERVER)


def test_fingerprint_tells_servers_apart() -> None:
    assert UPDATE.fingerprint("https://other.example") != UPDATE.fingerprint(SERVER)
