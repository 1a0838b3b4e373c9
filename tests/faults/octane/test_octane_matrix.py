"""The matrix fault x phase x front-end of ALM Octane: how it ends, and how it is finished."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import KINDS
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from tests.faults.expectations import Extent
from tests.faults.hurried import EXTENSION
from tests.faults.octane.octane_expectations import OctaneCell, OctaneFate
from tests.faults.octane.octane_fault_world import INTENDED, OCTANE_FRONT_ENDS
from tests.faults.octane.octane_phases import OCTANE_PHASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.octane.octane_fault_world import OctaneFaultWorld

pytestmark = pytest.mark.no_cover  # by ways that other tests measure

STRUCK = [
    cell
    for extent in Extent
    for kind in KINDS
    for phase in OCTANE_PHASES
    if (cell := OctaneCell(kind, phase, extent)).fate
]
SILENT = frozenset({"hang-before", "hang-after", "drip"})
WAITS_S = {True: 0.3, False: READ_TIMEOUT_S}
"""For how long answers are waited for, by whether there will be none; in seconds of ours."""

GIVES_UP = {Extent.ONCE: "600s", Extent.FROM_THEN_ON: "10s"}

SHARED: frozenset[str] = frozenset({"400", "404", "429", "500", "drop-after", "garbage", "lie"})
"""What `make test` strikes with; all others are for `--every-cell`."""


def share(front_end: str) -> list[OctaneCell]:
    """Return the cells of a front-end where the three share them: all together each fate once."""
    met: set[object] = set()
    chosen = []
    for cell in (each for each in STRUCK if each.kind in SHARED):
        new = {(cell.extent, cell.phase), cell.fate} - met
        if new:
            met |= new
            chosen.append(cell)
    met_by_all = {cell.fate for cell in chosen}
    chosen += [
        next(cell for cell in STRUCK if cell.fate is fate)
        for fate in OctaneFate
        if fate not in met_by_all
    ]
    turn = list(OCTANE_FRONT_ENDS).index(front_end)
    return chosen[turn :: len(OCTANE_FRONT_ENDS)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each front-end go through its share of some cells, or with `--every-cell` also of all.

    They share the target, and the matrix of Jama lets each front-end meet each fault.
    """
    if "cell" in metafunc.fixturenames:
        has_all = metafunc.config.getoption("--every-cell")
        turns = len(OCTANE_FRONT_ENDS)
        metafunc.parametrize(
            "front_end, cell",
            [
                pytest.param(front_end, cell, id=f"{front_end}, {cell}")
                for turn, front_end in enumerate(OCTANE_FRONT_ENDS)
                for cell in dict.fromkeys(
                    [*(STRUCK[turn::turns] if has_all else ()), *share(front_end)]
                )
            ],
        )


def test_a_fault_costs_no_result_and_brings_none_twice(
    make_octane_world: Callable[[str], OctaneFaultWorld], front_end: str, cell: OctaneCell
) -> None:
    fate = cell.fate
    assert fate is not None
    world = make_octane_world(GIVES_UP[cell.extent])
    with EXTENSION.waiting_for(WAITS_S[cell.kind in SILENT]), world.struck_by(*cell.faults()):
        session = world.report(front_end)

    assert fate.value.says in session.said
    assert session.status == fate.value.exits[front_end != "pytest --octane"], session.said
    assert world.is_finished is (fate is OctaneFate.SENT)
    if fate.value.is_taken is not None:
        assert (world.stored() == INTENDED) is fate.value.is_taken

    resumed = world.resume()
    assert resumed.status == 0, resumed.said
    assert world.is_finished
    assert world.stored() == INTENDED
    assert world.pushed() == dict.fromkeys(INTENDED, 1)
    assert set(world.made().values()) == {1}


def test_the_shares_meet_every_phase_and_ending() -> None:
    cells = list(chain.from_iterable(map(share, OCTANE_FRONT_ENDS)))
    assert len(cells) == len(set(cells))
    assert {cell.fate for cell in cells} == set(OctaneFate)
    assert {(cell.extent, cell.phase) for cell in cells} == {
        (extent, phase) for extent in Extent for phase in OCTANE_PHASES
    }


@pytest.mark.parametrize("front_end", OCTANE_FRONT_ENDS)
def test_without_a_fault_all_front_ends_leave_the_same(
    make_octane_world: Callable[[str], OctaneFaultWorld], front_end: str
) -> None:
    world = make_octane_world("600s")
    session = world.report(front_end)
    assert session.status == 0, session.said
    assert world.stored() == INTENDED
    assert world.pushed() == dict.fromkeys(INTENDED, 1)
    assert set(world.made().values()) == {1}
