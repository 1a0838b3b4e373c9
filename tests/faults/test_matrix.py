"""The matrix fault x phase x front-end: how it ends, what is stored, and how it is finished."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import KINDS
from tests.faults.expectations import Cell, Extent, Fate
from tests.faults.hurried import EXTENSION
from tests.faults.phases import PHASES
from tests.faults.world import FRONT_ENDS, INTENDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_jama.sandbox.recorder import RecordedRequest
    from tests.faults.world import World

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

WAITS_S = {True: 0.3, False: 10.0}
"""For how long answers are waited for, by whether there will be none; in seconds of ours."""

GIVES_UP = {Extent.ONCE: "600s", Extent.FROM_THEN_ON: "10s"}


def covering(cells: Iterable[Cell]) -> list[Cell]:
    """Return cells in which every fault, every phase and every ending is met."""
    met: set[object] = set()
    chosen = []
    for cell in cells:
        meets = {cell.kind, cell.phase, cell.fate}
        if not meets <= met:
            chosen.append(cell)
            met |= meets
    return chosen


MATRIX = {
    "pytest-jama upload": STRUCK,
    "junit-uploader": covering(STRUCK),
    "pytest --jama": covering(reversed(STRUCK)),
}
"""One front-end meets everything; what the others share with it is met once."""


def parameters() -> Iterator[object]:
    for front_end, cells in MATRIX.items():
        yield from (pytest.param(front_end, cell, id=f"{front_end}, {cell}") for cell in cells)


def delivered(requests: Iterable[RecordedRequest]) -> Counter[str]:
    """Count the updates of each run whose answer reached the client."""
    return Counter(
        request.path
        for request in requests
        if request.method == "PATCH"
        and request.served == HTTPStatus.OK
        and UNNOTICED.issuperset(request.faults)
    )


@pytest.mark.parametrize("front_end, cell", list(parameters()))
def test_a_fault_ends_as_the_page_says_and_is_made_good_afterwards(
    make_world: Callable[[str], World], front_end: str, cell: Cell
) -> None:
    fate = cell.fate
    assert fate is not None
    world = make_world(GIVES_UP[cell.extent])
    with EXTENSION.waiting_for(WAITS_S[cell.kind in SILENT]), world.struck_by(*cell.faults()):
        session = world.report(front_end)

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
    assert set(sent.values()) <= {1}


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
