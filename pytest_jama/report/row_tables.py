"""Rows as a table for a terminal, as CSV and as JSON. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from pytest_jama.core.text import clean, printable, shorten

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    Rows = Sequence[Mapping[str, Any]]

_GAP = "  "

_LEAST = 8
"""How many characters of a cell stay at least, in a terminal however narrow."""


def cell_text(value: Any) -> str:
    """Return a value as a cell of a table shows it; several have commas between them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell_text, value))
    return str(value)


def table_lines(
    columns: Sequence[str], rows: Rows, *, width: int = 0, may_cut: Container[str] = ()
) -> Iterator[str]:
    """Yield the lines of a table: what the columns are called, and a line for each row.

    Args:
        columns: The keys of the rows.
        rows: The rows; what has no value stays empty.
        width: How many columns the terminal has; 0 where it is not one.
        may_cut: The columns whose cells may be cut to fit into it.
    """
    cells = [[printable(cell_text(row.get(column))) for column in columns] for row in rows]
    lines = [[column.upper() for column in columns], *cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if width:
        spare = [number for number, column in enumerate(columns) if column in may_cut]
        _narrow(widths, spare, room=width - len(_GAP) * (len(widths) - 1))
    for line in lines:
        padded = (
            shorten(cell, at_most=width).ljust(width)
            for cell, width in zip(line, widths, strict=True)
        )
        yield _GAP.join(padded).rstrip()


def _narrow(widths: list[int], spare: Sequence[int], *, room: int) -> None:
    """Take from the widest of some columns until all of them have room, or none has much left."""
    while sum(widths) > room:
        at = max(spare, key=widths.__getitem__, default=None)
        if at is None or widths[at] <= _LEAST:
            return
        widths[at] -= 1


def csv_text(columns: Sequence[str], rows: Rows) -> str:
    """Return rows as CSV; a spreadsheet takes none of it for a formula.

    Args:
        columns: The keys of the rows, and the first line.
        rows: The rows.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless_cell(cell_text(row.get(column))) for column in columns])
    return file.getvalue()


def harmless_cell(text: str) -> str:
    """Return a text that begins with nothing that spreadsheets evaluate."""
    text = clean(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
