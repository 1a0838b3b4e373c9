"""What `pytest-jama init` finds in a repository: its tests, its reports, its CI system."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.collecting import CollectedSession, collect_tests, read_report_tests
from pytest_jama.cli.init.init_ids import KnownIds, find_ids, read_tests
from pytest_jama.config import Settings
from pytest_jama.core.cases import name_in, read_links, without_none
from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.test_ids import base_of, normal_form
from pytest_jama.core.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.cli.collecting import TestSource
    from pytest_jama.cli.init.init_ids import WrittenTest
    from pytest_jama.config import SharedSettings
    from pytest_jama.core.results import TestResult


class FoundTest(NamedTuple):
    """A test of the repository.

    Attributes:
        test_id: Its ID.
        above: What it is in, the widest first: file and classes, or the class of a report.
        ids: The IDs that it has.
        refs: The cases that it names to us already, by marker or property.
        is_taken_out: Whether it says that it is to have no case.
    """

    test_id: str
    above: tuple[str, ...]
    ids: KnownIds = KnownIds()
    refs: tuple[str, ...] = ()
    is_taken_out: bool = False

    @property
    def base(self) -> str:
        """Its ID without parameters."""
        return base_of(self.test_id)


class Look(NamedTuple):
    """What was found.

    Attributes:
        tests: The tests, in the order of the repository; each once.
        told: What to say of it, a sentence each.
        warnings: What could not be looked at, and why.
        reports: The JUnit reports, where tests are known from them alone.
        build: What stands for the number of a build in the CI system of the repository.
    """

    tests: tuple[FoundTest, ...] = ()
    told: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    build: str = "${BUILD_NUMBER:-local}"


class _Files(NamedTuple):
    """The files that matter: relative paths."""

    python: tuple[str, ...]
    reports: tuple[str, ...]


def look_at(
    folder: Path, settings: SharedSettings, *, junit: Sequence[str], collects: bool
) -> Look:
    """Look at a repository; nothing in it is run, but pytest imports its tests to collect them.

    Args:
        folder: The rootdir of pytest, or the folder of the repository.
        settings: Name what is hidden in messages.
        junit: The JUnit reports that the user names; without them those that lie there are taken.
        collects: Whether pytest may be asked.
    """
    files = _find_files(folder)
    warnings: list[str] = []
    python: list[FoundTest] = []
    if (files.python or _is_configured(folder)) and not junit:
        python += _python_tests(folder, files.python, settings, collects, warnings)
    reports = tuple(junit) or tuple(os.path.relpath(folder / each) for each in files.reports)
    reported = list(_reported_tests(reports, settings, warnings)) if reports else []
    told = []
    if python:
        modules = {each.above[0] for each in python if each.above}
        told += [f"{counted(len(python), 'test')} in {counted(len(modules), 'Python file')}"]
    if reported:
        told += [f"{counted(len(reported), 'test')} in {counted(len(reports), 'JUnit report')}"]
    return Look(
        _merge(python, reported),
        tuple(told),
        tuple(warnings),
        () if python else reports,
        _build_of(folder),
    )


def _merge(python: Sequence[FoundTest], reported: Sequence[FoundTest]) -> tuple[FoundTest, ...]:
    """Return each test once: what a report says of its cases counts for that of pytest, too."""
    tests = {normal_form(each.test_id): each for each in python}
    for each in reported:
        known = tests.setdefault(normal_form(each.test_id), each)
        tests[normal_form(each.test_id)] = known._replace(refs=known.refs or each.refs)
    return tuple(tests.values())


def _python_tests(
    folder: Path,
    files: Sequence[str],
    settings: SharedSettings,
    collects: bool,
    warnings: list[str],
) -> Iterator[FoundTest]:
    session = _collect(settings, warnings) if collects else None
    written = {path: list(read_tests(folder / path, root=folder)) for path in files}
    known = {each.test_id: each for tests in written.values() for each in tests}
    for test, source in _in_order(session):
        beside = known.get(base_of(test.test_id))  # decorators that leave no marker behind
        markers = (*(source.markers if source else ()), *(beside.markers if beside else ()))
        docstring = source.docstring if source else ""
        ids = find_ids(name_in(test.test_id), docstring=docstring, markers=markers)
        refs = tuple(str(link) for link in test.links)
        yield FoundTest(test.test_id, _above(test.test_id), ids, refs, test.is_taken_out)
    uncollected = {where.partition("::")[0] for where, _ in session.uncollected} if session else ()
    for path, tests in written.items():
        if session is None or path in uncollected:
            yield from map(_written_test, tests)


def _written_test(test: WrittenTest) -> FoundTest:
    """Return a test that is known from the text of its file alone."""
    ids = find_ids(name_in(test.test_id), docstring=test.docstring, markers=test.markers)
    own = [text for marker, said in test.markers if marker == "jama" for text in said]
    links = tuple(link for text in own for link in read_links(text).links)
    refs = tuple(map(str, without_none(links)))
    return FoundTest(test.test_id, _above(test.test_id), ids, refs, bool(links) and not refs)


def _in_order(session: CollectedSession | None) -> list[tuple[TestResult, TestSource | None]]:
    """Return the tests as their files have them, whatever a plugin has shuffled."""
    pairs = [(test, session.sources.get(test.test_id)) for test in session.tests] if session else []
    return sorted(
        pairs, key=lambda each: (each[0].test_id.partition("::")[0], each[1].line if each[1] else 0)
    )


def _collect(settings: SharedSettings, warnings: list[str]) -> CollectedSession | None:
    try:
        session = collect_tests([], redactor=settings.redactor)
    except PytestJamaError as error:
        causes = [each for each in error.lines[1:] if _CAUSE.match(each)]
        why = printable((causes or error.lines)[-1]).removeprefix("E ").strip()
        warnings.append(
            f"pytest cannot collect the tests here ({why}); they are read from their files alone"
        )
        return None
    if session.uncollected:
        where, why = session.uncollected[0]
        count = counted(len(session.uncollected), "file")
        remedy = "mend that first, or pytest runs no test"
        warnings.append(f"{count} cannot be imported, such as {where}: {why}; {remedy}")
    return session


def _above(test_id: str) -> tuple[str, ...]:
    parts = base_of(test_id).split("::")[:-1]
    return tuple("::".join(parts[: count + 1]) for count in range(len(parts)))


def _reported_tests(
    reports: Sequence[str], settings: SharedSettings, warnings: list[str]
) -> Iterator[FoundTest]:
    session = read_report_tests(reports, Settings(redactor=settings.redactor))
    for path, why in session.uncollected:
        warnings.append(f"{path}: {why}")
    for test in session.tests:
        name = session.names.get(test.test_id, test.test_id)
        above = test.test_id.removesuffix(name).rstrip(". :/")
        ids = find_ids(name)
        refs = tuple(str(link) for link in test.links)
        yield FoundTest(test.test_id, (above,) if above else (), ids, refs)


_CAUSE = re.compile(r"E +\w+(?:Error|Exception): ")
"""How pytest quotes an exception."""

_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env"})
_OF_FIXTURES = frozenset(
    ("data", "testdata", "test_data", "fixtures", "resources", "samples", "examples", "docs")
)
"""Reports in such folders are what tests read, and not what they wrote."""
_MOST_FOLDERS = 20_000
_MOST_REPORTS = 200
_PYTHON_TEST = re.compile(r"test_.*\.py|.*_test\.py")
_ROOT_OF_REPORT = re.compile(rb"<testsuites?[\s>/]")
_BEFORE_ROOT = ((b"\xef\xbb\xbf", b"\xbf"), (b"<?", b"?>"), (b"<!--", b"-->"))


def _find_files(folder: Path) -> _Files:
    python: list[str] = []
    reports: list[str] = []
    for count, (above, folders, names) in enumerate(os.walk(folder)):
        if count > _MOST_FOLDERS:
            break
        folders[:] = sorted(each for each in folders if _is_looked_into(Path(above, each)))
        way = os.path.relpath(above, folder).replace(os.sep, "/")
        before = "" if way == "." else f"{way}/"
        is_fixture = not _OF_FIXTURES.isdisjoint(way.lower().split("/"))
        for name in sorted(names):
            if _PYTHON_TEST.fullmatch(name):
                python.append(before + name)
            elif name.endswith(".xml") and not is_fixture and len(reports) < _MOST_REPORTS:
                reports += [before + name] if _is_report(Path(above, name)) else []
    return _Files(tuple(python), tuple(reports))


def _is_looked_into(folder: Path) -> bool:
    name = folder.name
    is_hidden = name.startswith(".") or name.endswith(".egg-info")
    return not (is_hidden or name in _PASSED_OVER or (folder / "pyvenv.cfg").exists())


def _is_report(file: Path) -> bool:
    """Return whether a file begins as a JUnit report does."""
    try:
        if not file.is_file():  # a pipe would be waited for
            return False
        with file.open("rb") as opened:
            head = opened.read(4096)
    except OSError:
        return False
    return bool(_ROOT_OF_REPORT.match(_skip_prolog(head)))


def _skip_prolog(head: bytes) -> bytes:
    """Return what an XML file begins with behind its declaration and comments."""
    while True:
        head = head.lstrip()
        end = next((end for begin, end in _BEFORE_ROOT if head.startswith(begin)), None)
        if end is None:
            return head
        head = head.partition(end)[2]


_BUILDS: Iterable[tuple[str, str]] = (
    (".github/workflows", "${GITHUB_RUN_NUMBER:-local}"),
    (".gitlab-ci.yml", "${CI_PIPELINE_IID:-local}"),
    ("Jenkinsfile", "${BUILD_NUMBER:-local}"),
    ("azure-pipelines.yml", "${BUILD_BUILDNUMBER:-local}"),
    (".teamcity", "${BUILD_NUMBER:-local}"),
    ("bitbucket-pipelines.yml", "${BITBUCKET_BUILD_NUMBER:-local}"),
    (".circleci", "${CIRCLE_BUILD_NUM:-local}"),
)
"""What a CI system is known by, and the variable of its jobs that counts builds."""


def _build_of(folder: Path) -> str:
    found = (build for name, build in _BUILDS if (folder / name).exists())
    return next(found, Look().build)


_INI_FILES: Iterable[tuple[str, str]] = (
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pytest.toml", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
)


def find_rootdir(start: Path) -> Path:
    """Return the folder that pytest takes for its rootdir, from which it looks for our settings.

    Args:
        start: Where pytest is going to be called.
    """
    for folder in (start, *start.parents):
        if _is_configured(folder):
            return folder
        if (folder / ".git").exists():
            break
    return start


def _is_configured(folder: Path) -> bool:
    return any(_has_section(folder / name, section) for name, section in _INI_FILES)


def _has_section(file: Path, section: str) -> bool:
    try:
        return file.is_file() and section in file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
