"""What people see while an upload is under way: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

FIRST_CHANGES = 3
PLAIN_CHANGES = 100
"""Which changes a log shows: the first few, then one in so many."""

PLAIN_STEPS = 10
"""How many plain lines a long upload prints at most, besides the first one."""


class Progress(Protocol):
    """Shows how far an upload is: first what is prepared at the target, then the updates."""

    def prepare(self, change: str) -> None:
        """Show a change that prepares the updates, such as a case added to the plan."""

    def start(self, total: int) -> None:
        """Begin, with the number of updates to come."""

    def advance(self) -> None:
        """Count one update."""

    def stop(self) -> None:
        """End; also when it broke off."""


class NoProgress:
    """Shows nothing."""

    def prepare(self, change: str) -> None:
        """Show nothing."""

    def start(self, total: int) -> None:
        """Show nothing."""

    def advance(self) -> None:
        """Show nothing."""

    def stop(self) -> None:
        """Show nothing."""


class PlainProgress:
    """Prints a line now and then, for logs."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._total = 0
        self._done = 0
        self._prepared = 0

    def prepare(self, change: str) -> None:
        """Print the first changes, and then one in a hundred."""
        self._prepared += 1
        if self._prepared <= FIRST_CHANGES or self._prepared % PLAIN_CHANGES == 0:
            self._print(f"jama: {change}")
        elif self._prepared == FIRST_CHANGES + 1:
            self._print("jama: ...")

    def start(self, total: int) -> None:
        """Say what begins."""
        self._total = total
        self._print(f"jama: updating {total} test run{'' if total == 1 else 's'}")

    def advance(self) -> None:
        """Print at every tenth part of a long upload."""
        self._done += 1
        step = max(PLAIN_STEPS, self._total // PLAIN_STEPS)
        if self._done % step == 0 and self._done < self._total:
            self._print(f"jama: {self._done} of {self._total}")

    def stop(self) -> None:
        """Print nothing more: the summary follows."""

    def _print(self, text: str) -> None:
        self._file.write(text + "\n")
        self._file.flush()


class BarProgress:
    """Draws a progress bar with rich, and a line that says what is prepared before."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._progress: RichProgress | None = None
        self._task: TaskID | None = None

    def prepare(self, change: str) -> None:
        """Show the change beside a bar that does not know its end."""
        progress, task = self._shown()
        progress.update(task, description=f"jama: {change}")

    def start(self, total: int) -> None:
        """Draw the empty bar."""
        progress, task = self._shown()
        progress.update(task, description="jama", total=total)

    def _shown(self) -> tuple[RichProgress, TaskID]:
        """Return the display, which the first call begins."""
        if self._progress is None or self._task is None:
            from rich.console import Console  # noqa: PLC0415 (only on a terminal)
            from rich.progress import Progress as RichProgress  # noqa: PLC0415

            self._progress = RichProgress(console=Console(file=self._file), transient=True)
            self._task = self._progress.add_task("jama", total=None)
            self._progress.start()
        return self._progress, self._task

    def advance(self) -> None:
        """Move the bar on."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)

    def stop(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()


def make_progress(file: TextIO, *, quiet: bool) -> Progress:
    """Choose how to show progress.

    Args:
        file: Where to: standard output or standard error.
        quiet: Whether to show nothing.
    """
    if quiet:
        return NoProgress()
    return BarProgress(file) if file.isatty() else PlainProgress(file)
