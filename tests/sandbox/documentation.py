"""Tables of the sandbox's page in `docs/`."""

from __future__ import annotations

from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def documented_rows(heading: str) -> list[str]:
    """Return the rows of the table that begins with these column headings."""
    _, _, behind = _PAGE.read_text("utf-8").partition(heading)
    table, _, _ = behind.partition("\n\n")
    return [line for line in table.splitlines() if line.startswith("| `")]
