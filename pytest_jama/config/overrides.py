"""Flags and environment variables that beat jama.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_jama.config.credentials import KINDS, variables_of
from pytest_jama.config.declaration import Given, find_metadata
from pytest_jama.config.models import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN_PREFIX = "--jama-"
"""What the flags of pytest begin with; those of our own command lines begin with two hyphens."""

OVERRIDABLE: Mapping[str, Given] = {
    name: given
    for name, info in Settings.model_fields.items()
    if (given := find_metadata(info, Given))
}
"""Which settings have a variable and a flag, in the order of the model."""

FLAGS: Mapping[str, str] = {
    name: f"{PLUGIN_PREFIX}{given.option}" for name, given in OVERRIDABLE.items()
}
"""The flag of pytest for each setting that has one; our command lines: without ``jama-``."""

VARIABLES: Mapping[str, str] = {
    **{name: given.variable for name, given in OVERRIDABLE.items()},
    **{name: variable for kind in KINDS for name, variable in variables_of(kind).items()},
}
"""The environment variable of each setting and each part of the credentials that has one."""


@dataclass(frozen=True, slots=True)
class Override:
    """A value that beats the file.

    Attributes:
        text: The value as given.
        origin: ``--jama-plan`` or ``environment JAMA_PLAN``.
    """

    text: str = field(repr=False)  # a URL may contain a password, until that is refused
    origin: str


def find_overrides(
    flags: Mapping[str, tuple[str, str]],
    environ: Mapping[str, str],
) -> dict[str, Override]:
    """Return what flags and variables say, by setting; flags win.

    An empty variable counts as unset: CI systems set variables that nobody defined to nothing.
    An empty flag was typed by somebody, so it stands and is found wrong.
    """
    found = {}
    for name, given in OVERRIDABLE.items():
        if name in flags:
            flag, text = flags[name]
            found[name] = Override(text, flag)
        elif environ.get(given.variable, "").strip():
            found[name] = Override(environ[given.variable], f"environment {given.variable}")
    return found


def ways_to_set(name: str, *, prefix: str, in_file: bool) -> str:
    """Say where a setting can be given, for the remedy of a message.

    Args:
        name: One of `OVERRIDABLE`.
        prefix: What flags begin with in this front-end.
        in_file: Whether jama.yaml is one of the places.
    """
    given = OVERRIDABLE[name]
    file = f"`{name}:` in jama.yaml, " if in_file else ""
    return f"{file}{given.variable} in the environment, or {prefix}{given.option}=..."
