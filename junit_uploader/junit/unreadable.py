"""Why a report cannot be read."""

from __future__ import annotations


class UnreadableError(Exception):
    """A report, or a part of it, is not JUnit XML that can be trusted.

    Args:
        reason: What is wrong, in one line.
        line: Where, counted from 1; 0 when there is no place.
        column: The same.
        is_final: Whether no other way of reading could help.
        is_too_big: Whether a single text is too big for the fast way of reading.
    """

    def __init__(
        self,
        reason: str,
        *,
        line: int = 0,
        column: int = 0,
        is_final: bool = False,
        is_too_big: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())
        self.line = line
        self.column = column
        self.is_final = is_final
        self.is_too_big = is_too_big
        self.testcases_before = 0

    def move_down(self, lines: int) -> None:
        """Count the lines that stand in the file before the part that was parsed."""
        self.line += lines if self.line else 0

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        count = self.testcases_before
        before = f"; whole testcases before that: {count}, none is used" if count else ""
        return f"{place}{self.reason}{before}"
