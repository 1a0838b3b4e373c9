"""The files that reports name, found without trusting these, and kept beside the journal.

A report is a stranger's: of what it names, only regular files below one folder are opened.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections import Counter
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from junit_uploader.sources import STDIN
from pytest_jama.core.attached_file import log_text
from pytest_jama.core.errors import Unusable, UnusableKind
from pytest_jama.core.properties import Offered
from pytest_jama.core.text import counted, quoted
from pytest_jama.core.trust import OddFileError
from pytest_jama.session.kept_files import (
    FoundFile,
    KeptFiles,
    count_in,
    find_named,
    find_path,
    latest_first,
    name_in,
    name_of_test,
    read_kept,
    shown_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from junit_uploader.junit.captured import CapturedTexts
    from junit_uploader.junit.reported_test import ReportedTest
    from pytest_jama.core.results import TestResult

MOST_FILES = 100
"""Most files of one test; a report may name any number."""

_FLAG = "--files-root FOLDER"


class FileFault(Enum):
    """Why a file of a report is not taken: what is said of it, and what to do about it."""

    OUTSIDE = (
        "it does not lie below {root}",
        f"name the folder that holds it: {_FLAG}",
    )
    GONE = (
        "there is no such file below {root}",
        f"keep it beside the report, or name the folder that its path begins in: {_FLAG}",
    )
    HIDDEN = (
        "a name in its path begins with a dot, as those of settings and keys do",
        f"move it, or name the folder below that name: {_FLAG}",
    )
    ODD = ("it {why}", "name a regular file")
    CHANGED = ("it is not what the test attached", "keep files as the session left them")
    UNREADABLE = ("{why}", "see to that, and upload the report again")
    NO_FOLDER = ("a report from standard input lies in no folder", f"name one: {_FLAG}")
    NO_JOURNAL = (
        "it would be kept beside the journal, and there is none",
        "see the journal's line",
    )


_SAYS_LITTLE = (FileFault.OUTSIDE, FileFault.GONE)
"""Where a path may begin in several folders, another fault says more than these."""

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL})


class FaultyFileError(OSError):
    """A file of a report is not taken.

    Args:
        fault: Why.
        root: The folder that it has to lie below.
        why: What the system says of it.
    """

    def __init__(self, fault: FileFault, *, root: str = "", why: str = "") -> None:
        says, self.remedy = fault.value
        super().__init__(errno.EPERM, says.format(root=quoted(root), why=why))
        self.fault = fault
        self.brief = says.format(root="its folder", why=why)
        """The same without a path of this machine."""


class FileOptions(NamedTuple):
    """Which files are taken.

    Attributes:
        root: The folder that named files must lie below; empty for that of each report.
        takes_named: Whether those are taken that reports name.
        patterns: The setting ``evidence.files``; only those with ``{test}`` find anything.
        captured: Has the logs of tests; None without any.
    """

    root: str = ""
    takes_named: bool = True
    patterns: tuple[str, ...] = ()
    captured: CapturedTexts | None = None


class _PathRules(NamedTuple):
    """Where the paths of a report may lead.

    Attributes:
        root: Files lie below it.
        bases: Where relative paths begin, the nearest first.
    """

    root: str
    bases: tuple[str, ...]


class ReportFiles:
    """Gives results the files that their reports name, their logs, and what patterns find.

    Args:
        kept: Keeps them; None where nothing can be kept.
        reports: The paths of the reports, by their numbers.
        options: What is taken.
    """

    def __init__(
        self, kept: KeptFiles | None, reports: Sequence[str], options: FileOptions
    ) -> None:
        self._kept = kept
        self._reports = reports
        self._options = options
        root = options.root
        self._root = os.path.abspath(root) if root else ""  # noqa: PTH100 (without links resolved)
        self._faults: dict[FileFault, Unusable] = {}
        self._counts: Counter[FileFault] = Counter()

    def add(self, result: TestResult, test: ReportedTest) -> TestResult:
        """Return a result with its files.

        Args:
            result: The result.
            test: What the reports say of its test.
        """
        if test.files and self._options.takes_named:
            result = self._add_named(result, test)
        if self._kept is not None and (test.log or self._options.patterns):
            found = self._find_unnamed(self._kept, test)
            report = test.reports[0]

            def refuse(file: FoundFile, error: OSError) -> None:
                self._refuse(result, report, Offered(file.name), error)

            return self._kept.add(result, found, refuse)
        return result

    def _add_named(self, result: TestResult, test: ReportedTest) -> TestResult:
        named = [(report, file) for file in latest_first(test.files) for report in test.reports]
        if self._kept is None:
            for report, file in named:
                self._refuse(result, report, file, FaultyFileError(FileFault.NO_JOURNAL))
            return result
        more = len(named) - MOST_FILES
        if more > 0:
            note = f"{counted(more, 'more file')} not kept: a test has at most {MOST_FILES}"
            result = result._replace(notes=(*result.notes, note))
        notes: list[str] = []
        for report, file in named[:MOST_FILES]:
            result = self._add_one(self._kept, result, report, file, notes)
        return self._kept.note(result, notes)

    def _find_unnamed(self, kept: KeptFiles, test: ReportedTest) -> Iterator[FoundFile]:
        """Yield the log of a test, and the files that patterns find for it."""
        captured = self._options.captured
        if captured is not None and test.log:
            parts = map(captured.take, test.log[:MOST_FILES])
            yield kept.find_log(test.name, log_text(test.test_id, parts))
        root, name = self._root or str(Path.cwd()), name_of_test(test.name)
        for pattern in self._options.patterns:  # whose `{test}` is a stranger's word
            has_dot = any(part.startswith(".") for part in Path(pattern).parts)
            for path in find_named([pattern], Path(root), name):
                with suppress(OSError):  # hidden, gone, or not a regular file
                    yield find_below(root, root, str(path), takes_hidden=has_dot)

    def _add_one(
        self, kept: KeptFiles, result: TestResult, report: int, file: Offered, notes: list[str]
    ) -> TestResult:
        def refuse(_: FoundFile, error: OSError) -> None:
            self._refuse(result, report, file, error)

        try:
            found = self._find(file, report)
        except OSError as exc:
            self._refuse(result, report, file, exc)
            why = exc.brief if isinstance(exc, FaultyFileError) else exc.strerror or str(exc)
            notes.append(f"file {shown_name(name_in(file.value))} is not kept: {why}")
            return result
        return kept.add(result, [found], refuse)

    def faults(self) -> Iterator[Unusable]:
        """Yield what could not be used: one of each kind, and how many more there are."""
        for fault, unusable in self._faults.items():
            more = self._counts[fault] - 1
            so = f" (so it is with {counted(more, 'more file')})" if more else ""
            yield unusable._replace(why=f"{unusable.why}{so}")

    def _refuse(self, result: TestResult, report: int, file: Offered, error: OSError) -> None:
        if not isinstance(error, FaultyFileError):
            error = FaultyFileError(FileFault.UNREADABLE, why=error.strerror or str(error))
        self._counts[error.fault] += 1
        if error.fault not in self._faults:
            what = f"file {quoted(name_in(file.value))} is not attached: {error.strerror}"
            why = f"{self._reports[report]}: {what}; {error.remedy}"
            self._faults[error.fault] = Unusable(UnusableKind.FILE, result.test_id, why)

    def _find(self, file: Offered, report: int) -> FoundFile:
        """Find a file.

        Raises:
            FaultyFileError: When it is not taken.
        """
        kept = read_kept(file.value)
        path = file.value if kept is None else str(kept.get("path", ""))
        place = self._place_of(report)
        faults = []
        for base in place.bases:
            found = _look_below(place.root, base, path, takes_hidden=kept is not None)
            if isinstance(found, FoundFile):
                return _named(found if kept is None else _as_kept(found, kept), file)
            faults.append(found)
        raise max(faults, key=lambda each: _weight(each.fault))

    def _place_of(self, report: int) -> _PathRules:
        name = self._reports[report]
        if name == STDIN:
            if not self._root:
                raise FaultyFileError(FileFault.NO_FOLDER)
            return _PathRules(self._root, (self._root,))
        folder = os.path.dirname(os.path.abspath(name))  # noqa: PTH100, PTH120 (as above)
        root = self._root or folder
        return _PathRules(root, tuple(dict.fromkeys((folder, root))))


def _weight(fault: FileFault) -> int:
    return _SAYS_LITTLE.index(fault) if fault in _SAYS_LITTLE else len(_SAYS_LITTLE)


def _named(found: FoundFile, file: Offered) -> FoundFile:
    attempt = f"attempt-{file.attempt}-" if file.attempt else ""
    return found._replace(name=attempt + shown_name(found.name), step=file.step)


def _as_kept(found: FoundFile, kept: dict[str, Any]) -> FoundFile:
    """Return a file that pytest-jama has kept, if it is still what the report says of it."""
    sha256 = kept["sha256"]

    def read(most: int) -> bytes:
        content = found.read(most)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FaultyFileError(FileFault.CHANGED)
        return content

    hidden = count_in(kept, "redacted")
    return found._replace(name=str(kept["name"]), read=read, key=None, redacted=hidden)


def _look_below(
    root: str, base: str, path: str, *, takes_hidden: bool
) -> FoundFile | FaultyFileError:
    try:
        return find_below(root, base, path, takes_hidden=takes_hidden)
    except FaultyFileError as exc:
        return exc
    except UnicodeError:  # no file system has such a name
        return FaultyFileError(FileFault.GONE, root=root)


def find_below(root: str, base: str, path: str, *, takes_hidden: bool = False) -> FoundFile:
    """Find a regular file below a folder, wherever a path and symbolic links would lead.

    Args:
        root: The folder, absolute.
        base: Where a relative path begins, absolute.
        path: What a stranger names. What lies outside is not even looked for: on Windows a path
            may name another machine.
        takes_hidden: Whether a name below the folder may begin with a dot.

    Raises:
        FaultyFileError: When it is not taken.
    """
    real_root = os.path.realpath(root)
    named = os.path.normpath(os.path.join(base, path))  # noqa: PTH118 (not to be looked at yet)
    if "\0" in path or not (_is_below(named, root) or _is_below(named, real_root)):
        raise FaultyFileError(FileFault.OUTSIDE, root=root)
    real = os.path.realpath(named)
    if not _is_below(real, real_root):
        raise FaultyFileError(FileFault.OUTSIDE, root=root)
    parts = Path(os.path.relpath(real, real_root)).parts
    if not takes_hidden and any(part[:1] == "." for part in parts if part != "."):
        raise FaultyFileError(FileFault.HIDDEN)
    return _open_at(Path(real), root)._replace(name=Path(named).name)


def _open_at(path: Path, root: str) -> FoundFile:
    try:
        return find_path(path, follows=False)
    except OddFileError as exc:
        raise FaultyFileError(FileFault.ODD, why=exc.why) from exc
    except OSError as exc:
        fault = FileFault.GONE if exc.errno in _NOT_THERE else FileFault.UNREADABLE
        raise FaultyFileError(fault, root=root, why=exc.strerror or str(exc)) from exc


def _is_below(path: str, root: str) -> bool:
    """Return whether a path leads to a folder or into it, as it is written."""
    path, root = os.path.normcase(path), os.path.normcase(root)
    try:
        return os.path.commonpath([path, root]) == root
    except ValueError:  # Windows: another drive, or another machine
        return False
