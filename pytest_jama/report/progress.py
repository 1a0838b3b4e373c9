"""What people see while an upload is under way: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from pytest_jama.core.plan import Plan, SendState
from pytest_jama.core.port import Observer
from pytest_jama.core.text import counted, printable
from pytest_jama.report.streams import make_tolerant, takes_colours

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from pytest_jama.core.plan import Change, Receipt

FIRST_CHANGES = 3
PLAIN_CHANGES = 100
"""Which changes a log shows: the first few, then one in so many."""

PLAIN_STEPS = 10
"""How many plain lines a long upload prints at most, besides the first one."""


class PlainProgress(Observer):
    """Prints a line now and then, for logs.

    Args:
        file: Where to.
        label: What each line begins with.
    """

    def __init__(self, file: TextIO, label: str = "jama") -> None:
        self._file = file
        self._label = label
        self._total = 0
        self._done = 0
        self._prepared = 0
        self._begun: Change | None = None

    def begins(self, change: Change) -> None:
        """Print the change before it is made: a slow server may take minutes for it."""
        self._show(change)
        self._begun = change

    def waits(self, why: str) -> None:
        """Say why nothing seems to happen."""
        self._print(f"{self._label}: {why}")

    def troubled(self, why: str) -> None:
        """Say at once why nothing happens, and how long that may last."""
        self._print(f"{self._label}: {why}")

    def changed(self, change: Change) -> None:
        """Print the first changes, and then one in a hundred."""
        if change != self._begun:
            self._show(change)

    def _show(self, change: Change) -> None:
        self._prepared += 1
        if self._prepared <= FIRST_CHANGES or self._prepared % PLAIN_CHANGES == 0:
            self._print(f"{self._label}: {change}")
        elif self._prepared == FIRST_CHANGES + 1:
            self._print(f"{self._label}: ...")

    def planned(self, plan: Plan) -> None:
        """Say what begins."""
        self._total = len(plan.updates)
        if plan.updates:
            verb = "updating" if plan.noun == Plan().noun else "sending"
            self._print(f"{self._label}: {verb} {counted(self._total, plan.noun)}")

    def received(self, receipt: Receipt) -> None:
        """Print at every tenth part of a long upload."""
        if _is_queued(receipt):
            return
        self._done += 1
        step = max(PLAIN_STEPS, self._total // PLAIN_STEPS)
        if self._done % step == 0 and self._done < self._total:
            self._print(f"{self._label}: {self._done} of {self._total}")

    def _print(self, text: str) -> None:
        self._file.write(printable(text) + "\n")
        self._file.flush()


class BarProgress(Observer):
    """Draws a progress bar with rich, and a line that says what is prepared before.

    Args:
        file: Where to.
        label: What it is called.
    """

    def __init__(self, file: TextIO, label: str = "jama") -> None:
        self._file = file
        self._label = label
        self._progress: RichProgress | None = None
        self._task: TaskID | None = None
        self._done = 0
        self._what = ""
        self._said = ""

    def begins(self, change: Change) -> None:
        """Show the change before it is made."""
        self.changed(change)

    def waits(self, why: str) -> None:
        """Say why nothing seems to happen; what the bar would cut off stands whole above it."""
        progress, task = self._shown()
        line = printable(f"{self._label}: {why}")
        if len(line) < progress.console.width:
            progress.update(task, description=line)
        elif why != self._said:
            self._said = why
            progress.console.print(line, markup=False, highlight=False, emoji=False)

    def troubled(self, why: str) -> None:
        """Say above the bar why it stands still, and how long that may last."""
        progress, _ = self._shown()
        text = printable(f"{self._label}: {why}")
        progress.console.print(text, markup=False, highlight=False)

    def changed(self, change: Change) -> None:
        """Show the change beside a bar without a known end."""
        progress, task = self._shown()
        progress.update(task, description=printable(f"{self._label}: {change}"))

    def planned(self, plan: Plan) -> None:
        """Draw the empty bar."""
        if plan.updates:
            progress, task = self._shown()
            self._what = counted(len(plan.updates), plan.noun)
            progress.update(task, description=self._count(), total=len(plan.updates))

    def _count(self) -> str:
        return f"{self._label}: {self._done} of {self._what}"

    def _shown(self) -> tuple[RichProgress, TaskID]:
        """Return the display, which the first call begins."""
        if self._progress is None or self._task is None:
            from rich.console import Console  # noqa: PLC0415 (only on a terminal)
            from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
            from rich.progress import Progress as RichProgress  # noqa: PLC0415

            # Without markup: the name of a plan may be "Release [/b]".
            name = TextColumn("{task.description}", markup=False)
            left = TextColumn("{task.fields[left]}", markup=False)
            console = Console(file=self._file)
            self._progress = RichProgress(name, BarColumn(), left, console=console, transient=True)
            self._task = self._progress.add_task(self._label, total=None, left="")
            self._progress.start()
        return self._progress, self._task

    def received(self, receipt: Receipt) -> None:
        """Move the bar on."""
        if self._progress is not None and self._task is not None and not _is_queued(receipt):
            self._done += 1
            seconds = self._progress.tasks[0].time_remaining
            left = "" if seconds is None else f"{timedelta(seconds=int(seconds))} left"
            self._progress.update(self._task, advance=1, description=self._count(), left=left)

    def stopped(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()


class QuietProgress(Observer):
    """Prints only that the server does not answer, which may last for minutes.

    Args:
        file: Where to.
        label: What the line begins with.
    """

    def __init__(self, file: TextIO, label: str = "jama") -> None:
        self._plain = PlainProgress(file, label)

    def troubled(self, why: str) -> None:
        """Say at once why nothing happens, and how long that may last."""
        self._plain.troubled(why)


def _is_queued(receipt: Receipt) -> bool:
    """Return whether the server has it and works it off: another receipt follows."""
    return receipt.task is not None and receipt.state is SendState.UNVERIFIED


def make_progress(file: TextIO | None, *, quiet: bool, label: str = "jama") -> Observer:
    """Choose how to show progress.

    Args:
        file: Where to: standard output or standard error; None when the process has none.
        quiet: Whether to show only trouble.
        label: What each line begins with: the name of the kind of server.
    """
    plain = make_tolerant(file)
    if quiet:
        return QuietProgress(plain, label)
    if takes_colours(plain):
        return BarProgress(make_tolerant(file, is_drawn_on=True), label)
    return PlainProgress(plain, label)
