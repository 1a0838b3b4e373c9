"""What is stored already does not make a push or a look-up dearer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.octane import OctaneSandbox
from tests.sandbox.growth import AT_MOST, counted
from tests.sandbox.octane.workspace import Workspace, document, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW, MANY = 250, 1_000


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Workspace, Workspace]]:
    with OctaneSandbox() as small, OctaneSandbox() as large:
        spaces = Workspace(small), Workspace(large)
        for space, size in zip(spaces, (FEW, MANY), strict=True):
            space.pushed(document(*(run_of(f"test_{number}") for number in range(size))))
        yield spaces
        for space in spaces:
            space.close()


@pytest.mark.parametrize(
    "path, query",
    [
        ("tests", "name EQ ^test_7^"),
        ("tests", "name IN ^test_7^,^test_8^"),
        ("automated_runs", "id IN {},{}"),
        ("previous_runs", "test_name EQ ^test_7^"),
    ],
)
def test_a_look_up_costs_the_same_among_four_times_as_many(
    both: tuple[Workspace, Workspace], path: str, query: str
) -> None:
    work = []
    for space in both:
        asked = query.format(*space.get("automated_runs", limit=2).ids)
        with counted(space.store.database) as steps:
            found = space.get(path, asked)
        assert found.ids
        work.append(steps[0])
    assert work[1] <= AT_MOST * work[0]


def test_a_push_costs_the_same_among_four_times_as_many(both: tuple[Workspace, Workspace]) -> None:
    work = []
    for space in both:
        with counted(space.store.database) as steps:
            space.push(document(*(run_of(f"new_{number}") for number in range(20))))
        work.append(steps[0])
    assert work[1] <= AT_MOST * work[0]
