"""The exceptions of pytest-jama, one class per situation that a user can tell apart.

::

    PytestJamaError
    ├── SettingsError          jama.yaml, a flag or a variable is wrong: nothing was done
    ├── InterruptedUploadError the user pressed Ctrl-C during the upload
    └── TargetError            the target could not be used
        ├── OutOfReachError    no answer, or none within `give_up_after`
        ├── CredentialsError   the server does not let us in
        ├── NotUsableError     a project, plan or cycle is missing and not to be created
        └── RefusedError       one request was answered with a refusal
            └── LockedError    ... because another user has locked the object

Messages are one line, lower case: what is wrong, with the value and where it came from; then what
to do. Only front-ends turn them into output and exit codes.

What a session was given and could not use is not an exception: the session goes on and says so at
its end; see `Unusable`.
"""

from __future__ import annotations

import logging
import traceback
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOGGER = "pytest_jama"
"""The one logger of ours: pytest goes through all that there are, six times for each test."""


class PytestJamaError(Exception):
    """Anything pytest-jama raises on purpose.

    Args:
        message: One line, or one for each mistake.
        below: What another program said of it, line by line.

    Attributes:
        lines: The lines in which it is shown; what a message quotes may hold line breaks, too.
    """

    def __init__(self, *message: str, below: Sequence[str] = ()) -> None:
        self.lines = (*message, *below)
        super().__init__("\n".join(self.lines))


class Problem(NamedTuple):
    """One mistake in the settings.

    Attributes:
        message: What is wrong, with the offending value.
        remedy: What the user can do about it.
        origin: Where the value came from: ``jama.yaml:12``, ``--jama-plan``,
            ``environment JAMA_URL``.
    """

    message: str
    remedy: str
    origin: str

    def __str__(self) -> str:
        message = shorten(self.message, at_most=_LONGEST_MESSAGE)
        return f"{self.origin}: {message}; {self.remedy}"


_LONGEST_MESSAGE = 1000
_MOST_TOLD = 100


class SettingsError(PytestJamaError):
    """The settings are wrong; holds every mistake that was found, not the first one only.

    Its text tells the first hundred: a broken file may have any number of them.

    Args:
        problems: At least one mistake, in the order in which a reader of the file meets them.
        below: What another program said of it, line by line.
    """

    def __init__(self, *problems: Problem, below: Sequence[str] = ()) -> None:
        told = list(map(str, problems[:_MOST_TOLD]))
        if len(problems) > _MOST_TOLD:
            told.append("... and more mistakes: correct these first")
        super().__init__(*told, below=below)
        self.problems = problems


class InterruptedUploadError(PytestJamaError):
    """The user stopped the upload; what was sent until then stands."""

    def __init__(self, message: str = "interrupted before anything was sent") -> None:
        super().__init__(message)


class TargetError(PytestJamaError):
    """The target could not be used."""


class OutOfReachError(TargetError):
    """The target did not answer, or nothing succeeded for `give_up_after`."""


class CredentialsError(TargetError):
    """The target does not accept the credentials, or they do not allow the REST API."""


class NotUsableError(TargetError):
    """A project, plan, group or cycle is missing and may not be created, or cannot be used.

    Args:
        lines: What is wrong, and what to do.
        setting: The setting that names it, where another value would help; it has a flag.
    """

    def __init__(self, *lines: str, setting: str = "") -> None:
        super().__init__(*lines)
        self.setting = setting


class RefusedError(TargetError):
    """The target understood one request and refused it.

    Args:
        message: What was asked for, what the server said to it, and what to do.
        http_status: The HTTP status code of the answer.
        words: What the server itself said, alone; may be empty.
    """

    def __init__(self, message: str, *, http_status: int, words: str = "") -> None:
        super().__init__(message)
        self.http_status = http_status
        self.words = words


class LockedError(RefusedError):
    """Another user has locked the object; we report that and never unlock it."""


class ErrorLog:
    """What went wrong in a session beside the upload itself; the summary shows it.

    Attributes:
        first: The first error; None while there is none. It is shown in full.
        where: The hook or step that it comes from.
        count: How many errors there were.
        may_cost_results: Whether one of them may have kept a result from arriving as it should.
        unusable: What the session was given and could not use, each once.
        on_unusable: Told of each of these at once; the session lets the journal keep it.
        hide: Returns a text of others without secrets.
        name_of: Returns a test ID or a path as it is shown.
    """

    def __init__(self) -> None:
        self.first: Exception | None = None
        self.where = ""
        self.count = 0
        self.may_cost_results = False
        self.unusable: dict[Unusable, None] = {}
        self.on_unusable: Callable[[Unusable], None] | None = None
        self.hide: Callable[[str], str] = str
        self.name_of: Callable[[str], str] = str

    def add(
        self,
        error: Exception,
        *,
        where: str,
        costs_nothing: bool = False,
        outlasts: bool = False,
    ) -> None:
        """Keep an error and write it to the log, with its traceback.

        Args:
            error: The error.
            where: The hook or step it comes from.
            costs_nothing: Whether all results arrive in spite of it.
            outlasts: Whether no later upload can make up for it, so that the journal keeps it.
        """
        log = logging.getLogger(LOGGER)
        if log.isEnabledFor(logging.DEBUG):
            told = "".join(traceback.format_exception(error))
            log.debug("error in %s\n%s", where, self.hide(told).rstrip())
        self.may_cost_results = self.may_cost_results or not costs_nothing
        self.count += 1
        if self.first is None:
            self.first, self.where = error, where
        if outlasts and self.on_unusable is not None:
            why = self.hide(f"{type(error).__name__}: {error}")
            self.on_unusable(Unusable(UnusableKind.HOOK, where, why))

    def add_unusable(self, unusable: Unusable) -> None:
        """Keep what could not be used, each thing once."""
        unusable = self.as_shown(unusable)
        if unusable not in self.unusable:
            self.unusable[unusable] = None
            if self.on_unusable is not None:
                self.on_unusable(unusable)

    def as_shown(self, unusable: Unusable) -> Unusable:
        """Return what could not be used without secrets."""
        kind, where, why = unusable
        return Unusable(kind, self.name_of(where), self.hide(why))


class UnusableKind(str, Enum):
    """What could not be used; the value is the word in the journal."""

    REFERENCE = "reference"
    """A case reference of a test: in a property, a marker or its name."""
    REPORT = "report"
    """A whole report."""
    JOURNAL = "journal"
    """A journal, or a line of one."""
    EDITED = "edited"
    """A journal that was changed after it was written."""
    FILE = "file"
    """A file of a test: it is gone, or cannot be kept."""
    HOOK = "hook"
    """A hook of an extension raised an error."""


class Unusable(NamedTuple):
    """One thing that a session was given and could not use.

    Attributes:
        kind: What it is.
        where: The test ID, the path, or the name of the hook.
        why: Why it could not be used, with the value.
    """

    kind: UnusableKind
    where: str
    why: str
