"""The values that ``${...}`` can stand for: the environment, and what is filled in without it."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pytest_jama.config.credentials import SECRET_VARIABLES
from pytest_jama.config.interpolation import FormError, UnsetError
from pytest_jama.core.text import first_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_GIT_TIMEOUT_S = 5.0


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)


@dataclass
class Variables:
    """Looks names up for `interpolate`; asks clock, host and git at most once each, when needed.

    Args:
        environ: The environment; an empty variable counts as unset.
        folder: Where git is asked.
        clock: Tells the time in UTC.
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
                "remove it; the variable is read without being mentioned",
            )
        value = self.environ.get(name) or self._found.get(name)
        if not value:
            built_in = _BUILT_IN.get(name, _is_unset)
            value = self._found[name] = built_in(self, name)
        return value

    @property
    def now(self) -> datetime:
        """The time of the first reading of the clock: all settings agree on it."""
        self._now = self._now or self.clock()
        return self._now

    def ask_git(self, name: str, *arguments: str) -> str:
        """Return what git prints.

        Raises:
            UnsetError: When git is missing, too slow or refuses; says what it said.
        """
        command = ["git", "-C", str(self.folder), *arguments]
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
            raise _unknown_to_git(name, first_line(exc.stderr)) from exc
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise _unknown_to_git(name, str(exc)) from exc
        if not answer:
            raise _unknown_to_git(name, "no answer")
        return answer


def _is_unset(_: Variables, name: str) -> str:
    raise UnsetError(
        f"uses ${{{name}}}, but {name} is not set",
        f"set the environment variable {name}, or give a default: ${{{name}:-...}}",
    )


def _unknown_to_git(name: str, reason: str) -> UnsetError:
    return UnsetError(
        f"uses ${{{name}}}, but {name} is not set and git does not know it ({reason})",
        f"set the environment variable {name}, or give a default: ${{{name}:-...}}",
    )


_BUILT_IN: Mapping[str, Callable[[Variables, str], str]] = {
    "DATE": lambda variables, _: f"{variables.now:%Y-%m-%d}",
    "TIME": lambda variables, _: f"{variables.now:%H:%M:%S}",
    "GIT_COMMIT": lambda variables, name: variables.ask_git(name, "rev-parse", "--verify", "HEAD"),
    "GIT_BRANCH": lambda variables, name: variables.ask_git(
        name,
        "symbolic-ref",
        "--short",
        "HEAD",
    ),
    "HOSTNAME": lambda _, name: socket.gethostname() or _is_unset(_, name),
}
"""What is filled in when the environment says nothing."""
