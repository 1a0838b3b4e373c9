"""Any value in any place of any answer: an error of ours or a report, and nothing written amiss."""

from __future__ import annotations

import itertools
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.plan import SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.sandbox.jama.server import Sandbox
from tests.targets.garbler import DELETED, Garble
from tests.targets.jama_world import CYCLE, PLAN, JamaWorld, updates_for
from tests.targets.scripted import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_jama.core.cases import CaseRef

_numbers = itertools.count(1)

REQUESTS_AT_MOST = 2_500
"""A list that is not complete is read four times, and is asked for in every wait."""

SECONDS_AT_MOST = 900
"""Pauses; each place of the flow waits for a fraction of `give_up_after`."""

NESTED = json.loads("[" * 400 + "]" * 400)

ODD = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1, 2, 3, 5, 49, 50, 10**6, 2**31, 2**63 - 1, 2**63, 10**30),
        *(1.5, -0.0, 1e308, "", " ", "0", "7", "-1", "9" * 5_000, "1/../../users", "٣"),
        *("../../users", "NOT_RUN", "PASSED", "EXPLODED", PLAN, CYCLE, "\x1b[2J", "\ud800"),
        *("x" * 100_000, "\u202e", "a\r\nb\x00", [], {}, [None], [[]], {"id": 1}, NESTED),
        *([{"status": "PASSED"}], [{"id": 1}, {"id": 1}], "https://example.com/rest/v1/x/9"),
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
GARBLES = st.builds(
    Garble,
    which=st.integers(0, 25),
    times=st.sampled_from([1, 1, 2, 3, 1_000]),
    place=st.integers(0, 400),
    name=st.sampled_from(
        [
            *("", "id", "id", "meta", "data", "fields", "pageInfo", "totalResults", "type"),
            *("name", "project", "projectKey", "documentKey", "itemType", "testCaseSteps"),
            *("testCycle", "testPlan", "testCase", "testRunStatus", "testRunSteps", "status"),
            *("actualResults", "action", "location", "startDate"),
        ]
    ),
    value=ODD | ODD | ANYTHING | st.just(DELETED),
)


def _fuzz(sandbox: Sandbox, garbles: Sequence[Garble], *, is_new: bool) -> None:
    time = FakeTime()
    with JamaWorld(sandbox, f"G{next(_numbers)}") as world:
        refs = [world.add_case(1), world.add_case(2, steps=2), world.add_case(3)]
        world.start(refs, plan="Another", cycle="Other")
        others = {run.id: run for run in world.runs()}
        if not is_new:
            world.start(refs)
        sandbox.clear_requests()
        with sandbox.faults.during(*garbles), suppress(PytestJamaError):
            _report(world, time, refs)
        written = {
            int(request.path.removeprefix("/testruns/"))
            for request in sandbox.requests
            if request.method == "PATCH"
        }
        assert len(sandbox.requests) <= REQUESTS_AT_MOST
        assert sum(time.slept) < SECONDS_AT_MOST
        # A server that gives one run the ID of another one cannot be seen through.
        written -= {number for garble in garbles for number in _numbers_in(garble.value)}
        assert written <= {run.id for run in world.runs()} - others.keys()


def _report(world: JamaWorld, time: FakeTime, refs: list[CaseRef]) -> None:
    upload = {"concurrency": 1, "give_up_after": "30s"}
    target = world.target(clocks=time.clocks, upload=upload, run={"assigned_to": "me"})
    resolution = target.resolve(refs, create=True, observer=Observer())
    for each in resolution.unresolved:
        assert str(each)
    updates = updates_for(resolution, Verdict.PASSED)
    for update in updates:
        assert update.describe()
    for receipt in target.push(updates, observer=Observer()):
        assert receipt.state in SendState


def _numbers_in(value: Any) -> set[int]:
    text = "" if value is DELETED else json.dumps(value)
    return {int(digits) for digits in re.findall(r"\d{1,18}", text)}


@pytest.fixture(scope="module")
def own_sandbox() -> Iterator[Sandbox]:
    """A sandbox that no other test speaks to: its requests are those of the fuzz alone."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.no_cover
@pytest.mark.parametrize("is_new", [False, True], ids=["in place", "all new"])
def test_any_value_in_any_place_ends_in_a_report_or_an_error_of_ours(
    own_sandbox: Sandbox, pytestconfig: pytest.Config, is_new: bool
) -> None:
    count = 1_000 if pytestconfig.getoption("--every-cell") else 8

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(GARBLES, min_size=1, max_size=3))
    def fuzz(garbles: list[Garble]) -> None:
        _fuzz(own_sandbox, garbles, is_new=is_new)

    fuzz()
