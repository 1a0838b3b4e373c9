"""The object behind the fixture ``jama``: what a test says of its steps, and its notes.

Tasks and threads may say it at the same time. Which step is theirs is known by their context; a new
thread has an empty one.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import parse_step
from pytest_jama.core.properties import evidence_properties
from pytest_jama.core.results import LONGEST_READ, WORST_FIRST, WORST_PART_FIRST, Outcome
from pytest_jama.core.text import clean, shorten
from pytest_jama.plugin.soft_checks import SoftChecks
from pytest_jama.plugin.step_ends import ENDS_OF_ALL, StepEnd, read_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.plugin.file_keeper import FileKeeper


class _Step:
    """One time that a step was entered.

    Args:
        number: The step.
        note: What was said at its beginning.
        evidence: Whose step it is.
        parent: The step around it.
    """

    def __init__(
        self, number: int, note: str | None, evidence: JamaFixture, parent: _Step | None
    ) -> None:
        self.number = number
        self.notes = [note] if note else []
        self.evidence = evidence
        self.parent = parent
        self.thread = threading.get_ident()
        self.is_in_task = _is_in_task()
        self.is_open = True
        self.inside: Outcome | None = None
        self.end = StepEnd(None, "it was still open when the test ended")

    @property
    def outcome(self) -> Outcome | None:
        """What became of it; None when its end says nothing."""
        outcomes = (each for each in (self.inside, self.end.outcome) if each is not None)
        return min(outcomes, key=WORST_PART_FIRST.index, default=None)

    def mark(self, outcome: Outcome, reason: str) -> None:
        """Keep what happened inside without raising anything; the worst stands."""
        known = self.inside or outcome
        self.inside = min(known, outcome, key=WORST_PART_FIRST.index)
        self.notes.append(reason)

    def as_said(self, outcome: Outcome, *, reason: str = "") -> _Said:
        """Return what is said of it."""
        return self.number, outcome, _short("\n".join(filter(None, (*self.notes, reason))))

    def is_within(self, other: _Step) -> bool:
        """Whether another step is this one, or around it."""
        return other is self or other in _ancestors(self)


_Said = tuple[int, Outcome, str]

_innermost: ContextVar[_Step | None] = ContextVar("innermost step", default=None)
"""The step in which the code of this context is. It may be one of another test, or closed."""


class JamaFixture:
    """Collects the steps and notes of one attempt of one test.

    Args:
        runs_examples: Whether the test is called for one example after the other (hypothesis).
        keeper: Keeps what is attached; None where nothing is kept: then only paths are named.
    """

    def __init__(self, *, runs_examples: bool = False, keeper: FileKeeper | None = None) -> None:
        self._runs_examples = runs_examples
        self._thread = threading.get_ident()
        self._lock = threading.RLock()
        self._open: list[_Step] = []
        self._closed: list[_Step] = []
        self._notes: list[object] = []
        self._keeper = keeper
        self._attachments: dict[int | None, list[str]] = {}
        self._attached_bytes = 0
        self._is_over = False
        self._checks = SoftChecks(partial(self.mark_open_steps, Outcome.FAILED))

    @contextmanager
    def step(
        self,
        number: int,
        action: str | None = None,
        *,
        note: str | None = None,
        expected: str | None = None,
    ) -> Iterator[None]:
        """Say that the code inside is the evidence of one step of the test's cases.

        The step passes when the code ends, and fails with any exception, which goes on. Exceptions
        that are not errors say nothing of it: a task that is cancelled, an example that hypothesis
        rejects. A step that is entered several times gets the worst of its outcomes.

        Action and expected result belong to the test case; `pytest-jama cases create` makes its
        steps of them.

        Args:
            number: The step as counted in Jama, from 1.
            action: What is done in the step. Alone it is the note as well: that is what a second
                argument has always been.
            note: A text for the step's actual result.
            expected: What is to happen.

        Raises:
            ValueError: When `number` is not a step number.
        """
        outer = _innermost.get()
        said = action if note is None and expected is None else note
        with self._lock:
            step = _Step(parse_step(number), said, self, self._find_step())
            self._open.append(step)
        _innermost.set(step)
        before = self._checks.count()
        try:
            yield
        except ENDS_OF_ALL:  # the step did not end
            self._leave(step, outer)
            raise
        except BaseException as exc:
            self._close(step, outer, read_end(exc), before)
            raise
        else:
            self._close(step, outer, StepEnd(Outcome.PASSED, ""), before)

    def note(self, text: str) -> None:
        """Add a note: to the step in which it is said, or else to the account of the test."""
        text = str(text)
        with self._lock:
            step = self._find_step()
            (self._notes if step is None else step.notes).append(text)

    def attach(
        self, path_or_bytes: str | os.PathLike[str] | bytes, name: str | None = None
    ) -> None:
        """Attach a file: to the step in which it is said, or else to the test as a whole.

        It is read and kept at once, so that the test may remove it. One that is too large (see
        `evidence` in jama.yaml) is not kept, and a note says so.

        Args:
            path_or_bytes: The file, or its content.
            name: What it is called; without it, the name of the file.

        Raises:
            OSError: When the file cannot be read, or is not a regular one: a pipe, a device.
            RuntimeError: When the test has ended, as in a thread that it left running.
            ValueError: When content has no name.
            TypeError: When it is neither a path nor bytes.
        """
        if isinstance(path_or_bytes, (bytes, bytearray, memoryview)):
            content, path = bytes(path_or_bytes), None
            size = len(content)
            if not name:
                raise ValueError("jama.attach(bytes) needs a name: jama.attach(data, name='a.png')")
        else:
            path = os.fspath(path_or_bytes)
            if not isinstance(path, str):
                raise TypeError(f"jama.attach takes a path or bytes, not {path!r}")
            name = name or os.path.basename(path)  # noqa: PTH119 (of a text)
            content, size = self._read(path)
        with self._lock:
            if self._is_over:
                raise RuntimeError(
                    "jama.attach was called when its test had ended: nothing is kept"
                )
            step = self._find_step()
            said = self._keep_content(str(name), content, size, path)
            if said:
                self._attachments.setdefault(None if step is None else step.number, []).append(said)

    def files_of_attempt(self, number: int) -> Iterator[str]:
        """Yield the values of the files that are kept of this attempt, as one before the last.

        Args:
            number: The attempt, counted from 1.
        """
        if self._keeper is None or not self._attachments:
            return
        from pytest_jama.plugin.file_keeper import of_attempt  # noqa: PLC0415 (few tests have any)

        for values in self._attachments.values():
            for value in values:
                yield of_attempt(value, number)

    def end(self) -> None:
        """Take no more files: nobody would see them."""
        with self._lock:
            self._is_over = True

    def _read(self, path: str) -> tuple[bytes, int]:
        """Return the content of a file, no more than shows that it is too large, and its bytes."""
        from pytest_jama.core.trust import open_regular  # noqa: PLC0415 (few tests have any)

        most = 0 if self._keeper is None else self._keeper.max_file
        with os.fdopen(open_regular(Path(path)), "rb") as file:
            content = file.read(most + 1)
            is_whole = len(content) <= most
            return content, len(content) if is_whole else os.fstat(file.fileno()).st_size

    def _keep_content(self, name: str, content: bytes, size: int, path: str | None) -> str:
        """Return the value of the property of a file; empty when it is not kept."""
        if self._keeper is None:
            return os.path.abspath(path) if path else ""  # noqa: PTH100 (of a text)
        why = self._keeper.why_not(max(size, len(content)), before=self._attached_bytes)
        if not why:
            try:
                said = self._keeper.keep(name, content)
            except OSError as exc:
                why = str(exc.strerror or exc)
            else:
                self._attached_bytes += len(content)
                return said
        self._notes.append(f"file {name} is not kept: {why}")
        return ""

    def add_line(self, line: object) -> None:
        """Add a line to the account of the test; its text may change until the test ends."""
        with self._lock:
            self._notes.append(line)

    def mark_open_steps(self, outcome: Outcome, reason: str) -> None:
        """Let something count for the steps in which it happens, though it raises nothing."""
        with self._lock:
            step = self._find_step()
            for each in () if step is None else (step, *_ancestors(step)):
                if each is step or each.is_open:
                    each.mark(outcome, reason)

    def properties(self) -> Iterator[tuple[str, str]]:
        """Yield everything as properties of the test."""
        with self._lock:
            said = list(self._sum_up([*self._closed, *self._open]))
            notes = [_short(str(note)) for note in self._notes]
        steps = [(number, outcome.value, note) for number, outcome, note in dict.fromkeys(said)]
        notes = list(dict.fromkeys(notes)) if self._runs_examples else notes
        return evidence_properties(steps, notes, self._attachments)

    def _find_step(self) -> _Step | None:
        """Return the step in which the code of this context is; None when it is in none."""
        step = _innermost.get()
        while step is not None and step.evidence is not self:
            step = step.parent
        if step is not None and not step.is_open and step.thread != threading.get_ident():
            step = None  # a pool's thread that has inherited the context in which it was started
        return self._find_shared_step() if step is None else step

    def _find_shared_step(self) -> _Step | None:
        """Return the step of the test itself, for code whose context is in no step.

        It is a thread, or has a context from before the step: it belongs to the innermost step that
        is around everything that the thread of the test does; where tasks are in several, to none.
        """
        is_same_thread = threading.get_ident() == self._thread
        steps = [
            step
            for step in self._open
            if step.thread == self._thread and not (step.is_in_task and is_same_thread)
        ]
        for step in reversed(steps):
            if all(step.is_within(each) or each.is_within(step) for each in steps):
                return step
        return None

    def _leave(self, step: _Step, outer: _Step | None) -> None:
        with self._lock:
            step.is_open = False
            self._open.remove(step)
        if _innermost.get() is step:  # a generator may be closed in another context
            _innermost.set(outer)

    def _close(self, step: _Step, outer: _Step | None, end: StepEnd, checks_before: int) -> None:
        failed_check = self._checks.find_failed_since(checks_before)
        if failed_check and step.inside is not Outcome.FAILED:
            self.mark_open_steps(Outcome.FAILED, failed_check)
        with self._lock:
            step.end = end
            self._closed.append(step)
        self._leave(step, outer)

    def _sum_up(self, steps: list[_Step]) -> Iterable[_Said]:
        """Yield what is said of the steps.

        A time that was ended by control flow says nothing beside others; alone it is a step that
        was not brought to its end, which is not evidence of anything.
        """
        worst: dict[int, Outcome] = {}
        for step in steps:
            if step.outcome is not None:
                known = worst.get(step.number, step.outcome)
                worst[step.number] = min(known, step.outcome, key=WORST_FIRST.index)
        last = {step.number: step for step in steps if step.outcome is worst.get(step.number)}
        for step in steps:
            if step.number not in worst:
                yield step.as_said(Outcome.SKIPPED, reason=step.end.reason)
            elif self._runs_examples:
                # The other examples are beside the point, above all the many ones that failed while
                # hypothesis looked for the simplest.
                if step is last[step.number]:
                    yield step.as_said(worst[step.number], reason=step.end.reason)
            elif step.outcome is not None:
                yield step.as_said(step.outcome, reason=step.end.reason)
            elif step.notes and not step.end.is_rejected:
                yield step.as_said(worst[step.number])


def _ancestors(step: _Step) -> Iterator[_Step]:
    while step.parent is not None:
        step = step.parent
        yield step


def _is_in_task() -> bool:
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:  # no loop runs in this thread
        return False


def _short(text: str) -> str:
    return shorten(clean(text), at_most=LONGEST_READ)
