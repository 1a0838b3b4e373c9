"""Figures, and how they are shown: what was measured, how, on which Python, and the bound."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.probes import Command

NONE = "-"


class Row(NamedTuple):
    """One figure.

    Attributes:
        what: What was measured.
        value: The figure.
        form: How it is written, with its unit: ``{:,.0f} instructions``.
        how: How it follows from the commands of the table, by their names: ``jama / deps - 1``.
        at_most: The largest value that is good; None where that is not demanded.
        at_least: The smallest one.
        aside: What else was seen: ``21.7 s, 0 x 429``.
    """

    what: str
    value: float
    form: str
    how: str = ""
    at_most: float | None = None
    at_least: float | None = None
    aside: str = ""

    def __str__(self) -> str:
        text = self.form.format(self.value)
        return f"{text} ({self.aside})" if self.aside else text

    @property
    def demanded(self) -> str:
        """The bound in words; empty without one."""
        if self.at_most is not None:
            return "<= " + self.form.format(self.at_most)
        return "" if self.at_least is None else ">= " + self.form.format(self.at_least)

    @property
    def is_met(self) -> bool:
        """Whether the bound is met, as far as there is one."""
        too_much = self.at_most is not None and self.value > self.at_most
        return not too_much and (self.at_least is None or self.value >= self.at_least)


class Figures(NamedTuple):
    """What one generator measured on one Python.

    Attributes:
        rows: The figures.
        commands: The commands that `Row.how` names.
    """

    rows: Sequence[Row]
    commands: Mapping[str, Command]


class Generator(Protocol):
    """Measures the figures of a table."""

    def __call__(self, version: str, *, quick: bool) -> Figures:
        """Measure on one Python.

        Args:
            version: Which Python: ``3.11``.
            quick: Whether to leave out what takes minutes.
        """
        ...


def table_of(title: str, figures: Mapping[str, Figures]) -> list[str]:
    """Return the lines of a table in Markdown, and of the commands below it.

    Args:
        title: What the table is about.
        figures: What was measured, by the version of Python. All have the same rows.
    """
    by_what: dict[str, dict[str, Row]] = {}
    for version, each in figures.items():
        for row in each.rows:
            by_what.setdefault(row.what, {})[version] = row
    lines = [(title, "from", *figures, "demanded")]
    for what, rows in by_what.items():
        shown = (str(rows[version]) if version in rows else NONE for version in figures)
        how = next(iter(rows.values())).how
        lines.append((what, f"`{how}`" if how else "", *shown, _demanded(rows)))
    commands = dict(item for each in figures.values() for item in each.commands.items())
    return [*_markdown(lines), "", "```text", *_command_lines(commands), "```"]


def _demanded(rows: Mapping[str, Row]) -> str:
    """Return the bounds of all versions, each once, and whether they are met."""
    parts = []
    for bound, group in groupby(rows.items(), key=lambda item: item[1].demanded):
        found = list(group)
        missed = [version for version, row in found if not row.is_met]
        named = "" if len(found) == len(rows) else f"{', '.join(each for each, _ in found)}: "
        where = "" if len(missed) == len(found) else f" on {', '.join(missed)}"
        parts += [f"{named}{bound}: " + (f"NOT MET{where}" if missed else "met")] if bound else []
    return "; ".join(parts)


def _markdown(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = tuple("-" * width for width in widths)
    return [
        "| " + " | ".join(map(str.ljust, line, widths)) + " |"
        for line in (lines[0], rule, *lines[1:])
    ]


def _command_lines(commands: Mapping[str, Command]) -> list[str]:
    width = max(map(len, commands), default=0)
    return [f"{name.ljust(width)}  {command}" for name, command in commands.items()]
