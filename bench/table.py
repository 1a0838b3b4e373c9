"""The printed table: what was demanded, what was measured, whether it is met."""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        measured: The figure.
        demanded: The bound; empty for what is printed for comparison only.
        verdict: ``met``, ``not met`` or empty.
    """

    what: str
    measured: str
    demanded: str = ""
    verdict: str = ""


def compare(what: str, value: float, *, bound: float, form: str) -> Row:
    """Return the row of a figure that must not exceed a bound.

    Args:
        what: What was measured.
        value: The figure.
        bound: The bound, in the same unit.
        form: How both are written, such as ``{:,.0f} instructions``.
    """
    verdict = "met" if value <= bound else "NOT MET"
    return Row(what, form.format(value), "<= " + form.format(bound), verdict)


def print_table(title: str, rows: list[Row]) -> None:
    """Print rows below a title, as Markdown."""
    head = ("", "measured", "demanded", "")
    cells = [(title, *head[1:]), *map(astuple, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    rule = tuple("-" * width for width in widths)
    print()
    for line in (cells[0], rule, *cells[1:]):
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        print(f"| {' | '.join(padded)} |", flush=True)
