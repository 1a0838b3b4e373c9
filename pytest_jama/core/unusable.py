"""Case references that tests name and that cannot be used: a result that does not arrive. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnusableReference:
    """A case reference, or a step, that a test names and that cannot be used.

    Attributes:
        test_id: The test.
        text: What it names, as written.
        why: Why that cannot be used, and where it is written, in one line.
    """

    test_id: str
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.test_id}: {self.why}"
