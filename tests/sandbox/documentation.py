"""Tables of the sandbox's pages in `docs/`."""

from __future__ import annotations

from pathlib import Path

_DOCS = Path(__file__).parents[2] / "docs"
_PAGES = ("sandbox-knobs.md", "sandbox-faults.md", "octane-sandbox.md")


def documented_rows(heading: str) -> list[str]:
    """Return the rows of the table that begins with these column headings."""
    pages = (_DOCS.joinpath(name).read_text("utf-8") for name in _PAGES)
    _, _, behind = "\n\n".join(pages).partition(heading)
    table, _, _ = behind.partition("\n\n")
    return [line for line in table.splitlines() if line.startswith("| `")]
