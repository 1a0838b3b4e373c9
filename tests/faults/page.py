"""Write the tables of docs/faults.md: ``python -m tests.faults.page``, in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.config.reference import fill_in, table
from pytest_jama.sandbox.faults import KINDS
from tests.faults.expectations import Cell, Extent, Fate
from tests.faults.phases import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def page_text(page: str) -> str:
    """Return the page with fresh tables; its prose is kept."""
    return fill_in(
        page,
        {
            "phases": phases_table,
            "endings": endings_table,
            "once": lambda: matrix_table(Extent.ONCE),
            "from_then_on": lambda: matrix_table(Extent.FROM_THEN_ON),
        },
    )


def phases_table() -> str:
    """Return what each phase asks for."""
    return table(
        ("phase", "requests"),
        (
            (
                phase.name,
                ", ".join(f"`{request.method} {request.path}`" for request in phase.requests)
                + (" after the last `PATCH`" if phase.comes_after else ""),
            )
            for phase in PHASES
        ),
    )


def endings_table() -> str:
    """Return what the words of the matrix mean."""
    return table(
        ("", "what happens", "`pytest`", "commands", "`pytest-jama upload` afterwards"),
        (
            (
                f"**{ending.word}**",
                ending.meaning,
                *map(str, ending.exits),
                f"{ending.afterwards}: {ending.resumed}",
            )
            for ending in (fate.value for fate in Fate)
        ),
    )


def matrix_table(extent: Extent) -> str:
    """Return a row for each fault, or for several with the same row."""
    kinds_by_row: dict[tuple[str, ...], list[str]] = {}
    for kind in KINDS:
        kinds_by_row.setdefault(tuple(_row(kind, extent)), []).append(f"`{kind}`")
    columns = ("fault", *(phase.name for phase in PHASES))
    return table(columns, ((" ".join(kinds), *row) for row, kinds in kinds_by_row.items()))


def _row(kind: str, extent: Extent) -> Iterator[str]:
    for phase in PHASES:
        fate = Cell(kind, phase, extent).fate
        yield fate.value.word if fate else ""


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
