"""What is odd about a report, and why it cannot be read. Pure.

There is one note for each kind of oddity, counted, with examples.

Notes are values: what follows from one is decided by its kind, never by its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pytest_jama.core.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.core.errors import Unusable


class NoteKind(Enum):
    """What may be odd about a report: a sentence, with ``{}`` for what differs between reports."""

    UNUSABLE_REFERENCE = "a reference or step cannot be used"
    SUITE_REFERENCE = "case references of a suite are not used, only a testcase's"
    UNSEEN_FAILURES = "failures are declared, but no testcase failed: look at the log of the tests"
    WRONG_TOTALS = "declared totals contradict the testcases"
    FAILED_SUITE = "a suite failed by itself; that is a result of its own"
    SKIPPED_SUITE = "a suite is marked as skipped; its testcases are not"
    BAD_STATUS = 'status="{}" without a failure inside counts as passed'
    RERUN_ALONE = "a repeated failure without a final one counts as passed"
    REPEATED = "testcases that repeat an earlier test ID: {}; each counts, the worst decides"
    UNNAMED = "a testcase without a name"
    NO_TESTCASE = "no testcase"
    SEVERAL_DOCUMENTS = "{} documents in one file, each was read"
    DROPPED_BEGINNING = "{} bytes before the first tag were dropped"
    WRONG_ENCODING = "declared as {}, read as utf-8, which it is"
    NOT_UTF8 = (
        "bytes that are not UTF-8 were replaced; a report in another encoding has to declare it"
    )
    FORBIDDEN_CHARACTER = "a character that XML forbids was replaced"
    CUT_TEXT = "a text was cut"


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd about a report.

    Attributes:
        kind: What is odd.
        detail: What stands for ``{}`` in the sentence of the kind.
        count: How often.
        examples: Where, or which; the first ones.
    """

    kind: NoteKind
    detail: str = ""
    count: int = 1
    examples: tuple[str, ...] = ()

    @property
    def is_serious(self) -> bool:
        """Whether results do not arrive, or are missing in the report itself."""
        return self.kind in (NoteKind.UNUSABLE_REFERENCE, NoteKind.UNSEEN_FAILURES)

    def __str__(self) -> str:
        times = f" ({self.count} times)" if self.count > 1 else ""
        examples = "; ".join(self.examples)
        more = "; ..." if examples and self.count > len(self.examples) else ""
        what = self.kind.value.format(self.detail)
        return f"{what}{times}{': ' if examples else ''}{examples}{more}"


class Notes:
    """Counts the oddities of one report.

    Attributes:
        unusable: Every case reference and step that cannot be used.
        lacks_zone: Whether a time is said without its zone.
        commits: The commits that properties name, each once.
        rootdirs: The folders that test IDs are relative to, each once.
    """

    def __init__(self) -> None:
        self.unusable: list[Unusable] = []
        self.lacks_zone = False
        self.commits: dict[str, None] = {}
        self.rootdirs: dict[str, None] = {}
        self._counts: dict[tuple[NoteKind, str], int] = {}
        self._examples: dict[tuple[NoteKind, str], list[str]] = {}

    def add(
        self, kind: NoteKind, example: str = "", *, detail: object = "", count: int = 1
    ) -> None:
        """Count one oddity.

        Args:
            kind: What is odd.
            example: Where, or which; the first of a kind are kept.
            detail: What stands for ``{}`` in the sentence of the kind.
            count: How often it was met.
        """
        key = kind, str(detail)
        self._counts[key] = self._counts.get(key, 0) + count
        examples = self._examples.setdefault(key, [])
        if example and len(examples) < _MOST_EXAMPLES:
            example = shorten(example, at_most=_LONGEST_EXAMPLE)
            examples += [example] if example not in examples else []

    def add_commits(self, commits: Iterable[str]) -> None:
        """Keep the commits that properties name."""
        self.commits.update(dict.fromkeys(commits))

    def add_rootdir(self, folder: str) -> None:
        """Keep the folder that test IDs of a suite are relative to."""
        self.rootdirs[folder] = None

    def add_unusable(self, reference: Unusable) -> None:
        """Keep a case reference or step that cannot be used."""
        self.unusable.append(reference)
        self.add(NoteKind.UNUSABLE_REFERENCE, str(reference))

    def all(self) -> tuple[Note, ...]:
        """Return one note for each kind and detail."""
        return tuple(
            Note(kind, detail, count, tuple(self._examples[kind, detail]))
            for (kind, detail), count in self._counts.items()
        )


_MOST_EXAMPLES = 3
_LONGEST_EXAMPLE = 2000


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
