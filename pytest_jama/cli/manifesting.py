"""``pytest-jama manifest``: the record of an upload as an in-toto Statement, from journals."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_jama.cli.jama_alone import require_jama_file, require_jama_journals
from pytest_jama.cli.upload_settings import find_journal_folder
from pytest_jama.config import load_owned
from pytest_jama.core.errors import Problem, PytestJamaError, SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.shown_results import ShownResults
from pytest_jama.core.text import counted, printable
from pytest_jama.core.trust import open_regular, written_whole
from pytest_jama.journal.folder import shown
from pytest_jama.report.evidence.journal_sources import find_sources
from pytest_jama.report.evidence.statement import NamedDigest, encode_statement, statement_of
from pytest_jama.report.streams import columns_of
from pytest_jama.report.summary_layout import wrapped
from pytest_jama.session.exit_status import ExitStatus, exit_status_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.session.command_line import OutputOptions

PROGRAM = "pytest-jama manifest"

_STDOUT = Path("-")
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """The command line.

    Attributes:
        journals: Files and folders; empty takes the newest journal.
        output: The file to write; ``-`` for standard output.
        subjects: The files that were tested.
        config: The settings file that says where the journals are.
    """

    journals: tuple[Path, ...]
    output: Path = _STDOUT
    subjects: tuple[Path, ...] = ()
    config: Path | None = None


def run_manifest(
    options: ManifestOptions, output: OutputOptions, *, predicate_only: bool = False
) -> int:
    """Write the statement; no server is asked.

    Args:
        options: What it is made of, and where it goes.
        output: Form of the output; as JSON it says what was written to a file.
        predicate_only: Leave out the statement around the predicate.

    Returns:
        The exit status.
    """
    try:
        facts = _write(options, output, predicate_only=predicate_only)
        status, error = ExitStatus.WELL, ""
    except PytestJamaError as exc:
        output.complain(exc, program=PROGRAM)
        facts, status, error = None, exit_status_of(exc), str(exc)
    if not output.as_json or (facts is not None and options.output == _STDOUT):
        return int(status)
    document = {**(facts or {}), "error": error, "exit_status": int(status)}
    return output.write_json(document, status=int(status), redactor=Redactor())


def _write(
    options: ManifestOptions, output: OutputOptions, *, predicate_only: bool
) -> Mapping[str, object]:
    """Write the statement; return what is to be said of it."""
    files = _name_subjects(options.subjects)
    if not options.journals:
        require_jama_file(options.config, "has cases that a manifest tells")
    owned = load_owned(start=Path.cwd(), file=options.config, flags={}, environ=os.environ)
    folder = None if options.journals else find_journal_folder(owned)
    sources = find_sources(options.journals, folder=folder)
    require_jama_journals((each.recording for each in sources), "has cases that a manifest tells")
    shown_results = ShownResults(owned.settings.redactor)
    statement = statement_of(sources, files=files, shown_results=shown_results)
    predicate = statement["predicate"]
    content = encode_statement(predicate if predicate_only else statement)
    names = ", ".join(shown(each.recording.path) for each in sources)
    tested = f"{counted(len(files), 'file')} named" if files else "no tested file named (--subject)"
    text = f"manifest of {names}: the result is {predicate['result']}; {tested}"
    if options.output == _STDOUT:
        click.echo(content, nl=False)
        for row in wrapped(printable(text), width=columns_of(sys.stderr), indent=4):
            click.echo(row, err=True)
        return {}
    with written_whole(options.output) as part, part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if not output.as_json:
        output.announce(text, f"written: {shown(options.output)}")
    return {
        "manifest": str(options.output),
        "sha256": hashlib.sha256(content).hexdigest(),
        "result": predicate["result"],
        "subjects": statement["subject"],
    }


def _name_subjects(paths: Sequence[Path]) -> list[NamedDigest]:
    """Return names and hashes of the files that were tested.

    A file below the working folder is named from there, any other one by its last part, so that no
    path of this machine is told.

    Raises:
        SettingsError: With every file that cannot be read, and all that have one name.
    """
    problems: list[Problem] = []
    found: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        name = _name_of(path)
        try:
            sha256 = digest_of(path)
        except OSError as exc:
            why = f"cannot be read: {exc.strerror or exc}"
            problems.append(Problem(why, "check the path behind --subject", str(path)))
            continue
        if found.setdefault(name, sha256) != sha256:
            remedy = "go to the folder that both lie below, so that their names differ"
            problems.append(Problem(f"another subject is named {name!r}, too", remedy, str(path)))
    if problems:
        raise SettingsError(*problems)
    return [NamedDigest(*each) for each in found.items()]


def _name_of(path: Path) -> str:
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 (links stay as named)
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else path.name


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; it is read in pieces.

    Raises:
        OSError: When it cannot be read, or is not a regular file.
    """
    digest = hashlib.sha256()
    with os.fdopen(open_regular(path), "rb") as file:
        for block in iter(partial(file.read, _BLOCK_BYTES), b""):
            digest.update(block)
    return digest.hexdigest()
