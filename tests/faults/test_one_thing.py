"""One thing that never works, while everything else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import RandomFault
from tests.faults.world import INTENDED, Stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.world import World


@pytest.mark.parametrize(
    "kind, label", [("500", "REFUSED "), ("garbage", "REFUSED "), ("reset-before", "NOT SENT")]
)
def test_run_that_never_works_is_named_and_the_others_are_sent(
    make_world: Callable[[str], World], kind: str, label: str
) -> None:
    world = make_world("10s")
    world.repository.start_cycle()
    broken = world.repository.runs()[f"{world.repository.key}-TC-2"].id
    with world.struck_by(RandomFault(kind, method="PATCH", path=f"/testruns/{broken}")):
        session = world.report("pytest-jama upload")
    assert session.status == 1
    assert f"{label}   {world.repository.key}-TC-2" in session.said
    assert "while other requests are answered" in session.said
    assert world.stored() == {**INTENDED, 2: Stored("NOT_RUN")}
    assert world.resume().status == 0
    assert world.stored() == INTENDED


@pytest.mark.parametrize("kind", ["drop-after", "reset-after", "truncate", "empty"])
def test_creations_of_which_nobody_is_ever_told_are_looked_up(
    make_world: Callable[[str], World], kind: str
) -> None:
    world = make_world("600s")
    with world.struck_by(RandomFault(kind, method="POST", path="/testplans*")):
        session = world.report("pytest-jama upload")
    assert session.status == 0, session.said
    assert world.stored() == INTENDED
    assert set(world.created().values()) == {1}


def test_storm_of_a_fifth_faulty_answers_loses_nothing(make_world: Callable[[str], World]) -> None:
    world = make_world("600s")
    kinds = ("429-bare", "503-bare", "reset-after", "drop-before", "truncate", "garbage", "empty")
    with world.struck_by(*(RandomFault(kind, probability=0.03) for kind in kinds)):
        session = world.report("pytest-jama upload")
    assert session.status == 0, session.said
    assert world.stored() == INTENDED
    assert set(world.created().values()) == {1}
