"""``pytest-jama selftest``: choose checks, conduct them, write what became of them."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Conclusion, differences
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.text import counted, printable, quoted
from pytest_jama.report.streams import make_tolerant
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from rich.progress import Progress, TaskID

    from pytest_jama.cli.selftest.qualification_record import SelftestRecord
    from pytest_jama.cli.selftest.scene import Judged, Scene
    from pytest_jama.session.command_line import OutputOptions

SUFFIXES = (".html", ".json")
PROGRAM = "pytest-jama selftest"
_FACTS_NAMED = 3


@dataclass(frozen=True, slots=True)
class SelftestOptions:
    """The options of the command line.

    Attributes:
        files: Where the report goes, by suffix.
        words: Only checks in which one of them occurs.
    """

    files: tuple[Path, ...] = ()
    words: tuple[str, ...] = ()


def run_selftest(options: SelftestOptions, output: OutputOptions) -> int:
    """Conduct the checks and write the reports.

    Returns:
        0 all passed, 1 a check failed or a report could not be written, 3 the sandbox is not
        installed.

    Raises:
        SettingsError: When a report has no usable name, or no check is chosen.
    """
    for file in options.files:
        _check_file(file)
    from pytest_jama.cli.selftest.catalogue import SCENES, select  # noqa: PLC0415 (pydantic)

    scenes = select(SCENES, options.words)
    if not scenes:
        words = " ".join(options.words)
        raise SettingsError(
            Problem(
                f"no check has {quoted(words)} in its ID, scene or requirement",
                remedy="docs/qualification.md lists the checks",
                origin="-k",
            )
        )
    missing = _find_missing_extra()
    if missing:
        text = f"the sandbox needs {missing}, which is not installed"
        error = PytestJamaError(f"{text}; run: pip install 'pytest-jama[sandbox]'")
        output.complain(error, program=PROGRAM)
        return ExitStatus.OUT_OF_REACH
    record = _make_record(scenes, options, output)
    status = ExitStatus.WELL if record.has_passed else ExitStatus.INCOMPLETE
    return _report(record, status, options, output)


def _check_file(file: Path) -> None:
    """Refuse what cannot become a report before anything is done."""
    if file.suffix.lower() not in SUFFIXES:
        problem = f"{quoted(str(file))}: the suffix says the format"
        remedy = f"use one of {', '.join(SUFFIXES)}"
    elif file.is_dir() or not file.parent.is_dir():
        problem = f"{quoted(str(file))} cannot be written"
        remedy = "name a file in a folder that exists"
    else:
        return
    raise SettingsError(Problem(problem, remedy=remedy, origin="--output"))


def _find_missing_extra() -> str:
    """Return the first module that the sandbox lacks; empty when it can be started."""
    try:
        import pytest_jama.sandbox.jama.server  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as exc:
        return exc.name or "a module"
    return "" if pytest_jama.sandbox.jama.server else "a module"


def _make_record(
    scenes: Sequence[Scene], options: SelftestOptions, output: OutputOptions
) -> SelftestRecord:
    from pytest_jama.cli.selftest.conducting import conduct  # noqa: PLC0415 (an extra)
    from pytest_jama.cli.selftest.qualification_record import (  # noqa: PLC0415
        SelftestRecord,
        find_circumstances,
    )

    where = find_circumstances()
    started = datetime.now(timezone.utc)
    count = sum(len(scene.checks) for scene in scenes)
    version = where.installation.version
    output.announce(
        f"selftest: {counted(count, 'check')} of pytest-jama {version} in "
        f"{counted(len(scenes), 'scene')}, {where.python}, {where.os}"
    )
    with _Display(output, count) as display:
        judged = conduct(scenes, on_end=display.show)
    return SelftestRecord(judged, where, started, datetime.now(timezone.utc), options.words)


def _report(
    record: SelftestRecord, status: ExitStatus, options: SelftestOptions, output: OutputOptions
) -> int:
    from pytest_jama.cli.selftest.qualification_record import as_json  # noqa: PLC0415

    output.say(*_lines(record))
    document = as_json(record, exit_status=status)
    for file in options.files:
        if file.suffix.lower() == ".html":
            from pytest_jama.cli.selftest.qualification_page import render  # noqa: PLC0415

            text = render(document)
        else:
            text = json.dumps(document, indent=2) + "\n"
        try:
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as exc:
            line = f"{file}: {exc.strerror or exc}; the report is not written"
            output.say(Line("ERROR", line, Tone.BAD))
            status = ExitStatus.INCOMPLETE
        else:
            output.say(Line("report", str(file)))
    if not output.as_json:
        return status
    return output.write_json(
        document | {"exit_status": status}, status=status, redactor=Redactor(has_builtin=False)
    )


def _lines(record: SelftestRecord) -> Iterator[Line]:
    """Yield what a person must know: each check that has not passed, then the totals."""
    for judged in record.of(Conclusion.FAILED):
        yield Line("FAILED", f"{judged.check.id} {judged.check.requirement}", Tone.BAD)
        names = differences(judged.check.expected, judged.observed)
        for name in names[:_FACTS_NAMED]:
            values = f"expected {judged.check.expected[name]}, observed {judged.observed[name]}"
            yield Line("", f"{name}: {values}", Tone.BAD)
        if len(names) > _FACTS_NAMED:
            yield Line("", f"{len(names) - _FACTS_NAMED} more", Tone.BAD)
        if judged.reason:
            yield Line("", judged.reason, Tone.BAD)
    left_out: dict[str, list[str]] = {}
    for judged in record.of(Conclusion.NOT_RUN):
        left_out.setdefault(judged.reason, []).append(judged.check.id)
    for reason, ids in left_out.items():
        yield Line("not run", f"{' '.join(ids)}: {reason}", Tone.WARNING)
    passed = len(record.of(Conclusion.PASSED))
    seconds = (record.ended - record.started).total_seconds()
    tone = Tone.GOOD if record.has_passed else Tone.FAILURE
    part = f" (a part, chosen by -k {' '.join(record.words)})" if record.words else ""
    total = counted(len(record.judged), "check")
    yield Line("selftest", f"{passed} of {total} passed{part} in {seconds:.0f} s", tone)


class _Display(AbstractContextManager["_Display"]):
    """Shows how it goes on: a bar on a terminal, else a line for each scene."""

    def __init__(self, output: OutputOptions, total: int) -> None:
        self._file: TextIO | None = None if output.quiet else output.stream
        self._total = total
        self._done = 0
        self._bar: tuple[Progress, TaskID] | None = None
        if self._file is not None and self._file.isatty():
            self._bar = self._draw(sys.stderr if output.as_json else sys.stdout)

    def _draw(self, file: TextIO) -> tuple[Progress, TaskID]:
        from rich.console import Console  # noqa: PLC0415 (only on a terminal)
        from rich.progress import Progress, TextColumn  # noqa: PLC0415

        name = TextColumn("{task.description}", markup=False)
        console = Console(file=make_tolerant(file, is_drawn_on=True))
        bar = Progress(name, *Progress.get_default_columns()[1:], console=console, transient=True)
        bar.start()
        return bar, bar.add_task("selftest", total=self._total)

    def show(self, scene: Scene, judged: Sequence[Judged]) -> None:
        """Tell of a scene that has ended."""
        self._done += len(judged)
        failed = sum(each.conclusion is Conclusion.FAILED for each in judged)
        what = f"{failed} failed" if failed else judged[0].conclusion.value.lower()
        if self._bar:
            bar, task = self._bar
            bar.update(task, completed=self._done, description=printable(f"selftest: {scene.name}"))
        elif self._file is not None:
            text = f"selftest: {self._done} of {self._total}: {scene.name} {what}"
            self._file.write(f"{printable(text)} ({judged[0].seconds:.1f} s)\n")
            self._file.flush()

    def __exit__(self, *exc: object) -> None:
        if self._bar:
            self._bar[0].stop()
