"""The matrix fault x phase x front-end: how it ends, what is stored, and how it is finished."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import KINDS
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from tests.faults.expectations import Cell, Extent, Fate
from tests.faults.hurried import EXTENSION
from tests.faults.phases import PHASES, SENDING
from tests.faults.world import FRONT_ENDS, INTENDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_jama.sandbox.recorder import RecordedRequest
    from tests.faults.world import World

pytestmark = pytest.mark.no_cover  # a fifth of all tests, by ways that the others measure

STRUCK = [
    cell
    for extent in Extent
    for kind in KINDS
    for phase in PHASES
    if (cell := Cell(kind, phase, extent)).fate
]
SILENT = frozenset({"hang-before", "hang-after", "drip"})
UNNOTICED = frozenset({"slow", "empty"})
"""Faults after which a PATCH has been answered well enough."""

WAITS_S = {True: 0.3, False: READ_TIMEOUT_S}
"""For how long answers are waited for, by whether there will be none; in seconds of ours."""

GIVES_UP = {Extent.ONCE: "600s", Extent.FROM_THEN_ON: "10s"}


def pairs(front_end: str) -> list[Cell]:
    """Return each fault in each phase once, by an extent that others of the three do not have.

    The others share what follows the targets: whatever they bring, a front-end makes of it what
    the ending, the phase and the extent say. So the cells that it has of these are added.
    """
    half = len(STRUCK) // len(Extent)
    own = [STRUCK[number + _extent(front_end, number) * half] for number in range(half)]
    return completed(own, meets_by_pairs)


def share(front_end: str) -> list[Cell]:
    """Return the cells of a front-end where the three share them: each fault once, in some phase.

    What it makes of them is what the ending, the phase and the extent say: it meets each of these,
    and the three together each fault by each extent. All other cells are for `make faults`.
    """
    turn = list(FRONT_ENDS).index(front_end)
    own = []
    for number, kind in enumerate(KINDS):
        extent = list(Extent)[_extent(front_end, number)]
        cells = [cell for cell in STRUCK if (cell.kind, cell.extent) == (kind, extent)]
        own += cells[(number + turn) % max(1, len(cells)) :][:1]
    return completed(own, meets)


def _extent(front_end: str, number: int) -> int:
    """Return the place of an extent: for each number, two front-ends have different ones."""
    return (number % 2, 1 - number % 2, number // 2 % 2)[list(FRONT_ENDS).index(front_end)]


def completed(own: list[Cell], meets: Callable[[Cell], tuple[object, ...]]) -> list[Cell]:
    """Add the cells of others until everything is met."""
    met = set(chain.from_iterable(map(meets, own)))
    for cell in STRUCK:
        if not met.issuperset(meets(cell)):
            own.append(cell)
            met.update(meets(cell))
    return own


def meets(cell: Cell) -> tuple[object, ...]:
    return cell.kind, (cell.extent, cell.phase), cell.fate


def meets_by_pairs(cell: Cell) -> tuple[object, ...]:
    return (
        *(*meets(cell), (cell.extent, cell.kind)),
        *((cell.kind, cell.phase), (cell.extent, cell.phase, cell.fate)),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each front-end go through its share, or with `--every-cell` through its pairs."""
    if "cell" in metafunc.fixturenames:
        cells = pairs if metafunc.config.getoption("--every-cell") else share
        metafunc.parametrize(
            "front_end, cell",
            [
                pytest.param(front_end, cell, id=f"{front_end}, {cell}")
                for front_end in FRONT_ENDS
                for cell in cells(front_end)
            ],
        )


REFUSALS = frozenset({"400", "403", "404"})
"""Where these strike once, the verdict of the run goes alone, and then what goes along with it."""


def delivered(requests: Iterable[RecordedRequest]) -> Counter[str]:
    """Count the updates of each run whose answer reached the client."""
    return Counter(
        request.path
        for request in requests
        if request.method in ("PATCH", "PUT")
        and request.served == HTTPStatus.OK
        and UNNOTICED.issuperset(request.faults)
    )


def test_a_fault_ends_as_the_page_says_and_is_made_good_afterwards(
    make_world: Callable[[str], World], front_end: str, cell: Cell
) -> None:
    fate = cell.fate
    assert fate is not None
    world = make_world(GIVES_UP[cell.extent])
    with EXTENSION.waiting_for(WAITS_S[cell.kind in SILENT]), world.struck_by(*cell.faults()):
        session = world.report(front_end)
    if cell.kind == "404" and cell.phase is SENDING and Fate.REFUSED.value.says in session.said:
        fate = Fate.REFUSED  # another PATCH was taken before: then it means that this run is gone

    assert fate.value.says in session.said
    assert session.status == fate.value.exits[front_end != "pytest --jama"], session.said
    assert ("next       pytest-jama upload " in session.said) is (fate is not Fate.SENT)
    assert world.is_finished is (fate is Fate.SENT)

    resumed = world.resume()
    assert resumed.status == fate.value.resumed, resumed.said
    assert world.is_finished is (fate.value.resumed == 0)
    expected = dict(INTENDED)
    if fate is Fate.LEFT_OUT:
        expected = {number: INTENDED[number] for number in world.stored()}
        assert len(expected) < len(INTENDED)
    assert world.stored() == expected
    assert set(world.created().values()) == {1}
    sent = delivered((*session.requests, *resumed.requests))
    assert len(sent) == len(expected)
    is_in_parts = cell.phase is SENDING and cell.kind in REFUSALS
    assert set(sent.values()) <= ({1, 2} if is_in_parts else {1})


def test_each_share_meets_everything_and_together_each_fault_by_each_extent() -> None:
    shares = [share(front_end) for front_end in FRONT_ENDS]
    everything = set(chain.from_iterable(map(meets, STRUCK)))
    assert sum(map(len, shares)) < len(STRUCK) / 3
    together = {(cell.extent, cell.kind) for cell in chain.from_iterable(shares)}
    assert together == {(cell.extent, cell.kind) for cell in STRUCK}
    assert all(set(chain.from_iterable(map(meets, each))) == everything for each in shares)
    assert {fate for fate in everything if isinstance(fate, Fate)} == set(Fate)


def test_each_front_end_meets_each_fault_in_each_phase_and_together_they_meet_all_cells() -> None:
    of_each = [pairs(front_end) for front_end in FRONT_ENDS]
    everything = set(chain.from_iterable(map(meets_by_pairs, STRUCK)))
    assert all(
        set(chain.from_iterable(map(meets_by_pairs, each))) == everything for each in of_each
    )
    assert all(len(each) == len(set(each)) for each in of_each)
    assert set(chain.from_iterable(of_each)) == set(STRUCK)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_without_a_fault_all_front_ends_leave_the_same(
    make_world: Callable[[str], World], front_end: str
) -> None:
    world = make_world("600s")
    session = world.report(front_end)
    assert session.status == 0, session.said
    assert world.stored() == INTENDED
    assert set(world.created().values()) == {1}
    assert set(delivered(session.requests).values()) == {1}
