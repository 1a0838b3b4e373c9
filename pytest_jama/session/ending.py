"""How a session ends: one rule for every front-end and mode. Pure.

A session ends well when everything that it was given was understood, and everything that its mode
promises was done. docs/exit-status.md says the same for users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.plan import Mode, UploadReport
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.verdicts import Judgement
from pytest_jama.report.summary import shown_path
from pytest_jama.session.exit_status import ExitStatus, exit_status_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config import LoadedSettings, SharedSettings
    from pytest_jama.core.errors import PytestJamaError, Unusable
    from pytest_jama.core.known_tests import Unmatched
    from pytest_jama.report.summary import Summary
    from pytest_jama.report.upload_lines import Line


class Ending(NamedTuple):
    """The end of a session.

    Attributes:
        exit_status: What a command exits with; for pytest see `pytest_exit_status`.
        lines: The summary.
        why_unfinished: Why something is left to send, as the journal keeps it; empty when nothing
            is.
        report: What became of the upload.
        judgement: The verdicts.
        unusable: What the session was given and could not use.
        journal: The path of the journal; empty when there is none.
        unmatched: The keys of the map that match no test.
        redacted: How many passages are hidden, and in how many results.
        redactor: Hides what certainly is a secret wherever this is shown.
        target: Which kind of server it was for, see `json_report`.
        mode: What was done with the verdicts; None when that is what was wanted.
        commands: What a CI system reads in what is printed, see `print_commands`.
    """

    exit_status: ExitStatus
    lines: tuple[Line, ...] = ()
    why_unfinished: str = ""
    report: UploadReport = UploadReport()
    judgement: Judgement = Judgement()
    unusable: tuple[Unusable, ...] = ()
    journal: str = ""
    unmatched: tuple[Unmatched, ...] = ()
    redacted: tuple[int, int] = (0, 0)
    redactor: Redactor = Redactor()
    target: str = "jama"
    mode: Mode | None = None
    commands: tuple[str, ...] = ()


def refuse(error: PytestJamaError) -> Ending:
    """Return the ending of a session that an error kept from beginning: nothing was done."""
    return Ending(
        exit_status=exit_status_of(error),
        why_unfinished=str(error),
        report=UploadReport(stopped=error),
    )


def find_exit_status(
    summary: Summary, *, strict: bool, unmatched: str = "incomplete"
) -> ExitStatus:
    """Return what a session with this summary exits with.

    Args:
        summary: All that is known of the session.
        strict: Whether a session has failed when links are missing: no test is linked to a case, a
            failed test is linked to none, or a key of the map matches no test.
        unmatched: What the last of these means without `strict`: the setting ``map.unmatched``.
    """
    if summary.report.stopped is not None:
        return exit_status_of(summary.report.stopped)
    is_understood = not (
        summary.errors.may_cost_results
        or summary.errors.unusable
        or (strict and (summary.nothing_linked or summary.unlinked_failures))
        or (summary.unmatched and (strict or unmatched == "fail"))
    )
    is_well = is_understood and _is_done(summary)
    return ExitStatus.WELL if is_well else ExitStatus.INCOMPLETE


def _is_done(summary: Summary) -> bool:
    """Return whether what the mode promises was done.

    A dry run ends as the session would, as far as reading tells: a refusal cannot be known.
    """
    if summary.mode is Mode.NO_UPLOAD:
        return bool(summary.journals) and not summary.journal_failure
    return summary.report.is_complete


def next_options(
    report: UploadReport, loaded: LoadedSettings[SharedSettings], *, start: Path
) -> tuple[str, ...]:
    """Return the options with which `pytest-jama upload` can send what is left of a session.

    A journal keeps where its results go, and which cases they are linked to: what was wrong there
    has to be said anew.

    Args:
        report: What became of the upload.
        loaded: The settings of the session.
        start: The folder that the command will be given in.
    """
    from pytest_jama.config import ways_to_find_again  # noqa: PLC0415 (it is there already)

    stopped = report.stopped
    needed: set[str] = {each.asks_for for each in report.unresolved}
    needed.add(stopped.setting if isinstance(stopped, NotUsableError) else "")
    map_file = "jama.yaml" if loaded.file is None else shown_path(loaded.file, start)
    values = {"map": map_file, "project": "KEY", "plan": "NAME", "cycle": "NAME"}
    changes = [f"--{name}={value}" for name, value in values.items() if name in needed]
    return (*changes, *ways_to_find_again(loaded, start=start))


def why_unfinished(summary: Summary) -> str:
    """Return why something is left to send, as the journal keeps it; empty when nothing is."""
    if summary.mode is Mode.DRY_RUN:
        return ""
    if summary.mode is Mode.NO_UPLOAD:
        return "nothing was to be sent"
    if summary.report.stopped is not None:
        return str(summary.report.stopped)
    if not summary.report.is_complete:
        return "not everything was accepted"
    return str(summary.errors.first) if summary.errors.may_cost_results else ""


def pytest_exit_status(ending: ExitStatus, *, on_error: str) -> ExitStatus:
    """Return what a green pytest session exits with.

    Args:
        ending: How the session ended.
        on_error: The setting: ``fail``, or ``warn`` for a summary that says it and no more.
    """
    if ending is ExitStatus.WELL or on_error == "warn":
        return ExitStatus.WELL
    return ExitStatus.PYTEST_INCOMPLETE
