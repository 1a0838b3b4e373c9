"""What ``${NAME}`` can stand for: the environment, and what clock, host, git and CI tell.

The same facts are the provenance of a session; `BUILT_IN` is the list of them that docs/settings.md
shows.
"""

import platform
import socket
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from pytest_jama.config.environment import (
    CI_SYSTEMS,
    CiJob,
    find_ci_job,
    find_pair,
    value_of,
)
from pytest_jama.config.interpolation import FormError, LaterError, Lookup, UnsetError
from pytest_jama.config.kinds import JAMA, OCTANE, SECRET_VARIABLES, TargetKind
from pytest_jama.core.text import first_line

_GIT_TIMEOUT_S = 5.0


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)


class Checkout(NamedTuple):
    """What git says of a folder.

    Attributes:
        commit: The commit that is checked out; empty when there is none.
        branch: The branch; empty when none is checked out.
        is_modified: Whether files that git tracks differ from the commit; None when unknown.
    """

    commit: str = ""
    branch: str = ""
    is_modified: bool | None = None


@dataclass
class Variables:
    """Looks up names for `interpolate`; asks clock, host and git only when needed, once each.

    Args:
        environ: The environment; an empty variable counts as unset.
        folder: Where git is asked.
        clock: Returns the time in UTC.
    """

    environ: Mapping[str, str] = field(repr=False)
    folder: Path
    clock: Callable[[], datetime] = utc_now
    _found: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _now: datetime | None = field(default=None, init=False)

    def look_up(self, name: str) -> str:
        """Return the value of a name.

        Raises:
            UnsetError: When it has none.
            FormError: When it is a secret, which must not get into plan names and the like.
        """
        if name in SECRET_VARIABLES:
            raise FormError(
                f"uses ${{{name}}}, which is a secret",
                "remove it: credentials are read from the environment without being named here",
            )
        value = self.environ.get(name) or self._found.get(name)
        if not value:
            built_in = BUILT_IN.get(name)
            value = self._found[name] = (built_in and built_in.find(self)) or _is_unset(name)
        return value

    @property
    def now(self) -> datetime:
        """The time of the first reading of the clock: all settings agree on it."""
        self._now = self._now or self.clock()
        return self._now

    def ask_git(self, *arguments: str) -> str:
        """Return what git prints.

        Raises:
            GitError: When git is missing, too slow or fails; with its own message.
        """
        command = ["git", "--no-optional-locks", "-C", str(self.folder), *arguments]
        try:
            answer = subprocess.run(  # noqa: S603 (constant arguments)
                command,
                capture_output=True,
                check=True,
                encoding="utf-8",
                errors="replace",
                timeout=_GIT_TIMEOUT_S,
            ).stdout.strip()
        except subprocess.CalledProcessError as exc:
            raise GitError(first_line(exc.stderr)) from exc
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise GitError(str(exc)) from exc
        if not answer:
            raise GitError("no answer")
        return answer

    def find_checkout(self) -> Checkout:
        """Return commit, branch and whether files were edited, with one question to git.

        A commit of the environment (``GIT_COMMIT``) is the one under test. Whether *it* was edited
        is known only when it is checked out. Untracked files do not count, as with ``git describe
        --dirty``: reports and caches of the job itself are among them.
        """
        try:
            found = _parse_status(self.ask_git(*_STATUS))
        except GitError as exc:  # an old git, or a broken index, may know the commit
            is_outside = _OUTSIDE in str(exc)
            found = Checkout("" if is_outside else _or_nothing(self.look_up, "GIT_COMMIT"))
        stated = self.environ.get("GIT_COMMIT", "")
        if stated and stated != found.commit:
            found = Checkout(stated)
        job = find_ci_job(self.environ)
        return Checkout(
            found.commit or job.commit,
            self.environ.get("GIT_BRANCH") or found.branch or job.branch,
            found.is_modified,
        )


class GitError(Exception):
    """Git does not know what it was asked."""


_OUTSIDE = "not a git repository"
"""What git says where there is nothing to ask for; in another language, it is asked once more."""

_OUR_FOLDERS = ":(top,exclude,glob)**/.jama/**"
_STATUS = (
    *("status", "--porcelain=v2", "--branch", "--untracked-files=no"),
    *("--", ":/", _OUR_FOLDERS),
)


def _parse_status(answer: str) -> Checkout:
    """Read ``git status --porcelain=v2 --branch``: lines with ``#`` tell of the branch."""
    lines = answer.splitlines()
    about = dict(line[2:].partition(" ")[::2] for line in lines if line.startswith("# "))
    commit, branch = about.get("branch.oid", ""), about.get("branch.head", "")
    is_committed = commit != "(initial)"
    is_edited = any(not line.startswith("#") for line in lines)
    return Checkout(
        commit if is_committed else "",
        "" if branch == "(detached)" else branch,
        is_edited if is_committed else None,
    )


def _or_nothing(look_up: Callable[[str], str], name: str) -> str:
    try:
        return look_up(name)
    except UnsetError:
        return ""


def _is_unset(name: str) -> NoReturn:
    if name in BUILT_IN:
        raise UnsetError(
            f"uses ${{{name}}}, but {BUILT_IN[name].why_unknown}",
            f"give what to say where that is so: ${{{name}:-...}}",
        )
    raise UnsetError(
        f"uses ${{{name}}}, but {name} is not set",
        f"set the environment variable {name}, or give a default: ${{{name}:-...}}",
    )


Find = Callable[[Variables], str]
"""Returns a value; empty for none."""


def _ask(name: str, otherwise: Callable[[CiJob], str], *arguments: str) -> Find:
    """Return what asks git, and then looks what the CI system says."""

    def find(variables: Variables) -> str:
        try:
            return variables.ask_git(*arguments)
        except GitError as exc:
            known = otherwise(find_ci_job(variables.environ))
            if known:
                return known
            raise UnsetError(
                f"uses ${{{name}}}, but {name} is not set and git does not know it ({exc})",
                f"set the environment variable {name}, or give a default: ${{{name}:-...}}",
            ) from exc

    return find


_USERS: Mapping[str, TargetKind[Any]] = {"JAMA_USER": JAMA, "OCTANE_USER": OCTANE}
"""The names that stand for whose credentials are used."""


def _ask_for_user(name: str) -> Find:
    """Return what finds the user of a name."""

    def find(variables: Variables) -> str:
        user = find_user(variables.environ, _USERS[name])
        if not user:  # it is known where the results are sent, if they are
            raise LaterError(f"uses ${{{name}}}, but there are no credentials", "")
        return user

    return find


def fill_in_user(value: Any, look_up: Lookup) -> Any:
    """Return a value of a journal with the user that its session, without credentials, left open.

    Args:
        value: The value, with whatever is in it; nothing else in it is filled in.
        look_up: Knows whose credentials are used.
    """
    if isinstance(value, Mapping):
        return {name: fill_in_user(each, look_up) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_in_user(each, look_up) for each in value]
    for name in _USERS if isinstance(value, str) else ():
        placeholder = f"${{{name}}}"
        with suppress(LaterError):  # that the credentials are missing is said elsewhere
            value = value.replace(placeholder, look_up(name)) if placeholder in value else value
    return value


def _say_modified(variables: Variables) -> str:
    is_modified = variables.find_checkout().is_modified
    return "" if is_modified is None else str(is_modified).lower()


def find_user(environ: Mapping[str, str], kind: TargetKind[Any] = JAMA) -> str:
    """Return whose credentials are used: the user name, or the client ID of API credentials."""
    pair, _ = find_pair(environ, kind)
    return value_of(environ, pair.name) if pair else ""


def find_actor(environ: Mapping[str, str]) -> str:
    """Return who started the session: whom the CI system names, else who is signed in here."""
    job = find_ci_job(environ)
    if job.name:
        return job.actor
    import getpass  # noqa: PLC0415 (only here)

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # none in a container; no module pwd on Windows
        return ""


def describe_system() -> str:
    """Return the operating system, its version and the kind of machine."""
    return " ".join(filter(None, (platform.system(), platform.release(), platform.machine())))


def _list_pytest_plugins(_: Variables) -> str:
    from importlib.metadata import entry_points  # noqa: PLC0415 (only when asked for)

    found = (point.dist for point in entry_points(group="pytest11"))
    return ", ".join(sorted({f"{dist.name} {dist.version}" for dist in found if dist}))


class KnownName(NamedTuple):
    """What is filled in for a name that the environment does not have.

    Attributes:
        meaning: What it is, for docs/settings.md.
        find: Finds it.
        why_unknown: What is so where it has no value, as a clause.
    """

    meaning: str
    find: Find
    why_unknown: str = "it is not known here"


BUILT_IN: Mapping[str, KnownName] = {
    "DATE": KnownName(
        "the day in UTC, such as `2024-02-01`",
        lambda variables: f"{variables.now:%Y-%m-%d}",
    ),
    "TIME": KnownName(
        "the time in UTC, such as `13:05:59`; the clock is read once, so that all settings agree",
        lambda variables: f"{variables.now:%H:%M:%S}",
    ),
    "GIT_COMMIT": KnownName(
        "the full hash of the commit that is checked out where the file is; without git, the one "
        "that the CI system names",
        _ask("GIT_COMMIT", lambda job: job.commit, "rev-parse", "--verify", "HEAD"),
    ),
    "GIT_BRANCH": KnownName(
        "the branch that is checked out there, or the one that the CI system names",
        _ask("GIT_BRANCH", lambda job: job.branch, "symbolic-ref", "--short", "HEAD"),
    ),
    "GIT_MODIFIED": KnownName(
        "`true` when files that git tracks differ from the commit, else `false`; new files do not "
        "count",
        _say_modified,
        "git does not know it here",
    ),
    "HOSTNAME": KnownName("the name of the machine", lambda _: socket.gethostname()),
    "OS_VERSION": KnownName(
        "the operating system, such as `Linux 6.8.0 x86_64`", lambda _: describe_system()
    ),
    "PYTHON_VERSION": KnownName(
        "the version of Python, such as `3.12.8`", lambda _: platform.python_version()
    ),
    "PYTEST_PLUGIN_VERSIONS": KnownName(
        "the installed plugins of pytest, such as `pytest-cov 6.0.0, pytest-xdist 3.6.1`",
        _list_pytest_plugins,
        "there are none",
    ),
    "CI_NAME": KnownName(
        "the CI system: " + ", ".join(system.name for system in CI_SYSTEMS),
        lambda variables: find_ci_job(variables.environ).name,
        "this is not a job of a CI system that is known",
    ),
    "CI_JOB_URL": KnownName(
        "the page of the CI job or run",
        lambda variables: find_ci_job(variables.environ).url,
        "this is not a job of a CI system that tells its page",
    ),
    "ACTOR": KnownName(
        "who started the session: whom the CI system names; outside of CI, who is signed in",
        lambda variables: find_actor(variables.environ),
        "neither a CI system nor this machine names anyone",
    ),
    **{
        name: KnownName(
            f"whose credentials for {kind.title} are used: the user name, or the client ID; "
            f"without credentials, as with `{kind.flags}no-upload`, the upload fills it in",
            _ask_for_user(name),
        )
        for name, kind in _USERS.items()
    },
}
"""The names; what the environment itself has wins."""
