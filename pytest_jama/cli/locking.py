"""``pytest-jama lock``: write jama.lock, or find out whether it would change."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.cli.collecting import collect_tests, read_report_tests
from pytest_jama.cli.jama_alone import require_jama_file, require_jama_server
from pytest_jama.config import describe_exposure, load_settings
from pytest_jama.config.lock_file import (
    NewerLockError,
    UntrustedLockError,
    lock_folder,
    read_lock,
    render_lock,
)
from pytest_jama.core.errors import PytestJamaError, SettingsError
from pytest_jama.core.lock import FILE_NAME, Lock
from pytest_jama.core.lock_differences import compare
from pytest_jama.core.text import counted
from pytest_jama.report.upload_lines import LISTED, Line, Tone, exposure_lines
from pytest_jama.session.exit_status import ExitStatus
from pytest_jama.targets.jama.case_texts import open_client, read_cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.cli.collecting import CollectedSession
    from pytest_jama.config import Flags, LoadedSettings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import LockedCase
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.targets.jama.case_texts import ReadCases

PROGRAM = "pytest-jama lock"


@dataclass(frozen=True, slots=True)
class LockOptions:
    """The command line.

    Attributes:
        arguments: What pytest gets; or the JUnit reports.
        is_junit: Whether they are reports.
        checks: Whether nothing is written.
        config: The settings file.
        flags: What the flags say, by setting.
    """

    arguments: Sequence[str]
    is_junit: bool
    checks: bool
    config: Path | None
    flags: Flags


def run_lock(options: LockOptions, output: OutputOptions) -> int:
    """Write jama.lock, or compare it with what it would become.

    Args:
        options: Which tests, and whether anything is written.
        output: How much is said.

    Returns:
        The exit status.
    """
    try:
        with output.logging():
            return _run(options, output)
    except PytestJamaError as error:
        return output.refuse(error, program=PROGRAM)


def _run(options: LockOptions, output: OutputOptions) -> int:
    require_jama_file(options.config, "has test cases to lock")
    loaded = load_settings(
        start=Path.cwd(),
        file=options.config,
        flags={**options.flags, "plan": "not-used", "cycle": "not-used"},
        environ=os.environ,
        needs_target=False,
        unused=("plan", "cycle", "run"),
        flag_prefix="--",
    )
    require_jama_server(loaded.settings, f"{FILE_NAME} holds test cases of Jama", PROGRAM)
    output.announce(*(f"jama: warning: {text}" for text in describe_exposure(loaded.settings)))
    try:
        return _lock(loaded, options, output)
    finally:
        output.say(*exposure_lines(loaded.settings))


def _lock(loaded: LoadedSettings, options: LockOptions, output: OutputOptions) -> int:
    folder = lock_folder(loaded, start=Path.cwd())
    old = _read_old(folder, options, output)
    session = _collect(options, loaded)
    tests_of = _tests_by_case(session)
    if not session.is_whole or not tests_of:
        output.say(*_unusable_lines(session, is_linked=bool(tests_of)))
        return int(ExitStatus.INCOMPLETE)
    client = open_client(loaded.settings)
    with closing(client.api.connection):
        found = read_cases(
            client,
            loaded.settings.project,
            tests_of,
            known=old,
            on_wait=lambda why: output.announce(f"jama: {why}"),
        )
    output.say(*(Line("warning", text, Tone.WARNING) for text in found.warnings))
    if found.unresolved:
        output.say(*_unresolved_lines(found))
        return int(ExitStatus.INCOMPLETE)
    return _finish(Lock(found.cases), old, folder, options, output)


def _read_old(folder: Path, options: LockOptions, output: OutputOptions) -> Lock | None:
    """Read the lock that is there; one that is broken is written anew, if it may be."""
    try:
        named_by = "" if options.config else "--config"
        return read_lock(folder, start=Path.cwd(), named_by=named_by)
    except (NewerLockError, UntrustedLockError):
        raise
    except SettingsError as error:
        if options.checks:
            raise
        output.say(*(Line("lock", problem.message, Tone.WARNING) for problem in error.problems))
        return None


def _collect(options: LockOptions, loaded: LoadedSettings) -> CollectedSession:
    if options.is_junit:
        return read_report_tests(options.arguments, loaded.seen_in(Path.cwd()).settings)
    return collect_tests(options.arguments, redactor=loaded.settings.redactor, config=loaded.file)


def _tests_by_case(session: CollectedSession) -> dict[CaseRef, list[str]]:
    tests_of: dict[CaseRef, list[str]] = {}
    for test in session.tests:
        for link in test.links:
            tests_of.setdefault(link.case_ref, []).append(test.test_id)
    return tests_of


_LEFT = Line("lock", f"{FILE_NAME} is left as it is", Tone.BAD)


def _unusable_lines(session: CollectedSession, *, is_linked: bool) -> Iterator[Line]:
    for where, why in session.uncollected:
        yield Line("UNREADABLE", f"{where}: {why}", Tone.BAD)
    for mistake in session.mistakes:
        yield Line("NOT LINKED", mistake, Tone.BAD)
    if session.is_whole and not is_linked:
        what = f"none of {counted(len(session.tests), 'test')} is linked to a test case"
        yield Line("nothing", f"to lock: {what}", Tone.BAD)
    yield _LEFT


def _unresolved_lines(found: ReadCases) -> Iterator[Line]:
    for case in found.unresolved:
        yield Line("UNRESOLVED", f"{case.case_ref}: {case.reason}; {case.remedy}", Tone.BAD)
    yield _LEFT


def _finish(
    new: Lock, old: Lock | None, folder: Path, options: LockOptions, output: OutputOptions
) -> int:
    """Say what changes, and write it unless it is only a check."""
    path = folder / FILE_NAME
    shown = os.path.relpath(path)
    changes = list(_changes(old or Lock({}), new))
    is_same = old is not None and not changes
    lacks_ids = is_same and any(case.api_id is None for case in (old or new).cases.values())
    count = counted(len(new.cases), "case")
    if is_same and (options.checks or not lacks_ids):
        hint = f"; it has no API IDs yet, `{PROGRAM}` adds them" if lacks_ids else ""
        output.say(Line("lock", f"{shown} is up to date: {count}{hint}", Tone.GOOD))
        return int(ExitStatus.WELL)
    output.say(*(changes if output.verbose else _some(changes)))
    if options.checks:
        what = f"{shown} would change" if old is not None else f"there is no {shown}"
        remedy = f"run `{PROGRAM}`, review the difference, commit it"
        output.say(Line("lock", f"{what}: {remedy}", Tone.BAD))
        return int(ExitStatus.INCOMPLETE)
    _write(path, render_lock(new))
    output.say(Line("lock", f"{shown} is written: {count}; review and commit it", Tone.GOOD))
    return int(ExitStatus.WELL)


def _some(changes: Sequence[Line]) -> list[Line]:
    left = len(changes) - LISTED
    return [
        *changes[:LISTED],
        *([Line("changed", f"{left} more (list with -v)")] if left > 0 else []),
    ]


def _changes(old: Lock, new: Lock) -> Iterator[Line]:
    """Yield a line for each case that changes."""
    for name in new.cases:
        case = new.cases[name]
        if name not in old.cases:
            tests = counted(len(case.tests), "test")
            yield Line("new", f"{name} {case.name.shown}: {tests}")
        elif (was := old.cases[name].with_id_of(case)) != case:
            yield Line("changed", f"{name}: {'; '.join(_describe(was, case))}")
    for name, case in old.cases.items():
        if name not in new.cases:
            yield Line("gone", f"{name} {case.name.shown}: no test is linked to it")


def _describe(old: LockedCase, new: LockedCase) -> Iterable[str]:
    said = list(compare(old, new).sentences)
    if old.is_another(new):
        said.insert(0, f"it was item {old.api_id} and is item {new.api_id} now: another test case")
    said += [f"{test} is new" for test in new.tests if test not in old.tests]
    said += [f"{test} is gone" for test in old.tests if test not in new.tests]
    return said or ["the version alone"]


def _write(path: Path, text: str) -> None:
    """Write a file so that it is whole whatever happens."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with part.open("x", encoding="utf-8", newline="\n") as file:  # through no link
            file.write(text)
        part.replace(path)
    except OSError as exc:
        raise PytestJamaError(f"cannot write {path}: {exc.strerror or exc}") from exc
