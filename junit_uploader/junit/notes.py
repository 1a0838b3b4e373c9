"""What is odd about a report: said once for each kind, with a number and an example."""

from __future__ import annotations

BAD_REFERENCE = "a reference or step cannot be used"
"""The kind of note that tells of a result which does not arrive as the test meant it."""


class Notes:
    """Counts oddities of one file by kind."""

    def __init__(self) -> None:
        self._examples: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, kind: str, example: str = "") -> None:
        """Count one oddity.

        Args:
            kind: What is odd, as a sentence without its end.
            example: Where, or which; the first of a kind are shown.
        """
        self._counts[kind] = self._counts.get(kind, 0) + 1
        examples = self._examples.setdefault(kind, [])
        if example and len(examples) < _MOST_EXAMPLES and example not in examples:
            examples.append(example)

    def lines(self) -> tuple[str, ...]:
        """Return one line for each kind."""
        return tuple(self._line(kind, count) for kind, count in self._counts.items())

    def _line(self, kind: str, count: int) -> str:
        times = f" ({count} times)" if count > 1 else ""
        examples = "; ".join(self._examples[kind])
        more = "; ..." if examples and count > len(self._examples[kind]) else ""
        return f"{kind}{times}{': ' if examples else ''}{examples}{more}"


_MOST_EXAMPLES = 3
