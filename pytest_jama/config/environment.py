"""What the environment gives: credentials, and values for ``${NAME}`` and ``${NAME:-default}``.

Credentials come from nowhere else, and are hidden wherever values get printed.

The rules of ``${...}`` are the shell's, for what is supported: an empty value counts as unset, a
default may itself contain ``${...}`` and is looked at only when it is needed, and what was filled
in is not searched again. ``$${`` stands for a literal ``${``; a ``$`` before anything else is
itself.
"""

import re
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pytest_jama.config.types import Given, find_metadata
from pytest_jama.core.errors import Problem
from pytest_jama.core.text import first_line


class _Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("credentials are not pickled: they would be readable in plain text")


class OAuthCredentials(_Credentials):
    """A pair of API credentials, made in the user's profile; exchanged for a token."""

    kind: Literal["oauth"] = "oauth"
    client_id: Annotated[str, Given("JAMA_CLIENT_ID")] = Field(
        description="Client ID of the API credentials (OAuth).",
    )
    client_secret: Annotated[SecretStr, Given("JAMA_CLIENT_SECRET")] = Field(
        description="Client secret of the API credentials (OAuth).",
    )


class BasicCredentials(_Credentials):
    """User name and password; does not work where single sign-on is enabled."""

    kind: Literal["basic"] = "basic"
    username: Annotated[str, Given("JAMA_USERNAME")] = Field(
        description="User name (Basic authentication).",
    )
    password: Annotated[SecretStr, Given("JAMA_PASSWORD")] = Field(
        description="Password (Basic authentication).",
    )


Credentials = OAuthCredentials | BasicCredentials

KINDS: tuple[type[OAuthCredentials | BasicCredentials], ...] = (OAuthCredentials, BasicCredentials)
"""The kinds of credentials; the first that is complete is used."""


def variables_of(kind: type[BaseModel]) -> dict[str, str]:
    """Return the environment variable of each field that has one."""
    declared = {name: find_metadata(field, Given) for name, field in kind.model_fields.items()}
    return {name: given.variable for name, given in declared.items() if given}


CREDENTIAL_VARIABLES: Mapping[str, str] = {
    name: variable for kind in KINDS for name, variable in variables_of(kind).items()
}
"""The environment variable of each part of the credentials."""

SECRET_VARIABLES = frozenset(
    CREDENTIAL_VARIABLES[name]
    for kind in KINDS
    for name, field in kind.model_fields.items()
    if field.annotation is SecretStr
)
"""The variables whose values are never shown and never filled into a setting."""


def find_credentials(environ: Mapping[str, str]) -> tuple[Credentials | None, tuple[Problem, ...]]:
    """Take the credentials from the environment; an empty variable counts as unset.

    Returns:
        The credentials, OAuth before Basic, or None and what is missing.
    """
    problems = []
    for kind in KINDS:
        variables = variables_of(kind)
        values = {name: _value(environ, variable) for name, variable in variables.items()}
        if all(values.values()):
            return kind.model_validate(values), ()
        if any(values.values()):
            problems.append(_half_a_pair(variables, values))
            break  # do not sign in as another user because one variable was forgotten
    return None, tuple(problems) or (_NO_CREDENTIALS,)


def _value(environ: Mapping[str, str], variable: str) -> str:
    # a secret that was read from a file often ends with a line break
    return environ.get(variable, "").strip("\r\n")


def _half_a_pair(variables: Mapping[str, str], values: Mapping[str, str]) -> Problem:
    present = next(variables[name] for name, value in values.items() if value)
    absent = next(variables[name] for name, value in values.items() if not value)
    return Problem(
        message=f"{present} is set, but {absent} is not",
        remedy=f"set {absent} too",
        origin=f"environment {present}",
    )


_NO_CREDENTIALS = Problem(
    message="no credentials for Jama",
    remedy="set "
    + ", or ".join(
        f"{' and '.join(variables_of(kind).values())} ({name})"
        for kind, name in zip(KINDS, ("OAuth", "Basic"), strict=True)
    )
    + "; in CI as masked secrets",
    origin="environment",
)


Lookup = Callable[[str], str]
"""Returns the value of a name."""


class InterpolationError(Exception):
    """A text cannot be filled in.

    Args:
        message: What is wrong.
        remedy: What the user can do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UnsetError(InterpolationError):
    """A name has no value; a default helps."""


class FormError(InterpolationError):
    """A ``${`` is not followed by a name and a ``}``; a default does not help."""


def interpolate(text: str, lookup: Lookup) -> str:
    """Fill in every ``${...}`` of a text.

    Args:
        text: The text as written.
        lookup: Returns the value of a name, which is not empty, or raises `UnsetError`.

    Raises:
        UnsetError: When a name without default has no value.
        FormError: When there is anything but a name and a default between the braces.
    """
    parts = []
    position = 0
    while match := _OPENING.search(text, position):
        parts.append(text[position : match.start()])
        if match[0] == _ESCAPED:
            parts.append("${")
            position = match.end()
        else:
            end = _find_end(text, match.end())
            parts.append(_value_of(text[match.end() : end], lookup))
            position = end + 1
    return "".join((*parts, text[position:]))


_ESCAPED = "$${"
_OPENING = re.compile(r"\$?\$\{")
_BRACE = re.compile(r"\$?\$\{|\}")
_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.ASCII | re.DOTALL)


def _find_end(text: str, start: int) -> int:
    """Return where the brace that was opened before `start` is closed."""
    depth = 1
    for match in _BRACE.finditer(text, start):
        depth += {"}": -1, "${": 1, _ESCAPED: 0}[match[0]]
        if depth == 0:
            return match.start()
    raise FormError("has a ${ without }", "close it, or write $${ for a literal ${")


def _value_of(reference: str, lookup: Lookup) -> str:
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise FormError(
            f"has ${{{reference}}}, which is not understood",
            "use ${NAME} or ${NAME:-default}, or write $${ for a literal ${",
        )
    name, default = match.groups()
    try:
        return lookup(name)
    except UnsetError:
        if default is None:
            raise
    return interpolate(default, lookup)


_GIT_TIMEOUT_S = 5.0


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)


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
            UnsetError: When git is missing, too slow or fails; with its own message.
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
"""What is filled in for a name that the environment does not have."""
