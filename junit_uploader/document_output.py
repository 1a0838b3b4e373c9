"""``--output``: what would be sent to ALM Octane, written into files; nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.plan import Plan, UploadReport
from pytest_jama.report.summary import shown_path, unusable_lines
from pytest_jama.report.upload_lines import Line, Tone
from pytest_jama.session.ending import Ending
from pytest_jama.session.exit_status import ExitStatus
from pytest_jama.targets.octane.document import build_documents, write_documents
from pytest_jama.targets.octane.stated_head import state_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from pytest_jama.config import SharedSettings
    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.results import TestResult
    from pytest_jama.session.session import Session
    from pytest_jama.targets.octane.document import ResultDocument
    from pytest_jama.targets.octane.document_head import DocumentHead


def stated_head(settings: SharedSettings) -> DocumentHead:
    """Return what the documents say of all runs.

    Args:
        settings: Those of ALM Octane.

    Raises:
        SettingsError: When a name needs the server.
    """
    return state_head(cast("OctaneSettings", settings))  # who has the flag has these


def write_output(
    results: Iterable[TestResult],
    path: Path,
    *,
    started: datetime,
    session: Session,
    about: dict[str, Any],
    extra: Iterable[Line],
    verbose: bool,
) -> Ending:
    """Write the documents; return how that ended.

    Args:
        results: All results, without secrets.
        path: The file of the first document.
        started: When the command began: no run of a report without times began later.
        session: The settings, and what could not be used.
        about: Told of the files, for the JSON document.
        extra: What else the summary says.
        verbose: Whether to name every single thing.

    Raises:
        SettingsError: When a file cannot be written.
    """
    documents = build_documents(results, stated_head(session.settings), started=started.timestamp())
    try:
        paths = write_documents(documents, path) if documents else ()
    except OSError as exc:
        why = f"cannot be written: {exc.strerror or exc}"
        remedy = "check the path and its permissions"
        raise SettingsError(Problem(why, remedy, str(exc.filename or path))) from exc
    about["written"] = list(map(str, paths))
    errors = session.errors
    is_well = not (errors.unusable or errors.may_cost_results)
    return Ending(
        exit_status=ExitStatus.WELL if is_well else ExitStatus.INCOMPLETE,
        lines=(
            *_written_lines(documents, paths),
            *unusable_lines(errors.unusable, verbose=verbose),
            *extra,
        ),
        report=UploadReport(Plan(updates=documents, noun="document")),
        unusable=tuple(errors.unusable),
        redactor=session.settings.redactor,
        target=session.settings.kind.name,
    )


def _written_lines(documents: Sequence[ResultDocument], paths: Sequence[Path]) -> Iterator[Line]:
    if not documents:
        yield Line("nothing", "to write: no test was run", Tone.WARNING)
    for document, path in zip(documents, paths, strict=True):
        yield Line("written", f"{shown_path(path, Path.cwd())}: {document.describe()}")
