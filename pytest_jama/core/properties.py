"""The test properties that carry steps and notes through JUnit XML. Pure.

They are written in this order: ``jama_step`` begins a step, the ``jama_step_status`` and the
``jama_step_note`` after it belong to it; each ``jama_note`` is a note of the whole test. Case
references are in `pytest_jama.core.cases`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STEP = "jama_step"
STEP_STATUS = "jama_step_status"
STEP_NOTE = "jama_step_note"
NOTE = "jama_note"


def evidence_properties(
    steps: Iterable[tuple[int, str, str]],
    notes: Iterable[str],
) -> Iterator[tuple[str, str]]:
    """Yield names and values of the properties that say what a test said of itself.

    Args:
        steps: Number, outcome and note of each step, in the order in which they ended.
        notes: The notes outside of steps.
    """
    for number, outcome, note in steps:
        yield STEP, str(number)
        yield STEP_STATUS, outcome
        if note:
            yield STEP_NOTE, note
    for note in notes:
        yield NOTE, note
