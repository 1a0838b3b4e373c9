"""Where results go: what the command line says, else the settings file that is there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from junit_uploader.options import (
    OCTANE_FLAGS,
    OCTANE_LISTS,
    OCTANE_OTHERS,
    SETTING_FLAGS,
    SHARED_FLAGS,
)
from pytest_jama.config import JAMA, OCTANE, find_kind_by_variable, find_kinds, kind_of
from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from pytest_jama.config import TargetKind

_OWN_FLAGS = {
    JAMA: tuple(SETTING_FLAGS),
    OCTANE: (*OCTANE_FLAGS, *OCTANE_LISTS, *OCTANE_OTHERS),
}
"""The flags that mean something for one kind of server alone."""

_OF_BROWSER = re.compile(r"/ui/?\?([^#]*&)?p=")
"""What the browser's address of a workspace of ALM Octane has, ``.../ui/?p=1001/1002``."""

_SETTINGS = {"module": "modules", "field": "fields", "skip-errors": "skip_errors"}
"""The names of settings that have another name than their flag."""


def choose_kind(options: Namespace) -> TargetKind[Any]:
    """Return the kind of server that results go to.

    Without a settings file and without ``--target``, flags that only one kind has tell it, then
    the address.

    Args:
        options: The command line.

    Raises:
        SettingsError: When that is not certain, or flags are of another kind.
    """
    kind = kind_of(options.target) if options.target else _find_kind(options)
    foreign = (flag for each in _OWN_FLAGS if each is not kind for flag in _given(options, each))
    problems = [
        Problem(
            f"is a flag for {_other(kind).title}, and the results go to {kind.title}",
            f"leave it out, or say --target {_other(kind).name}",
            f"--{flag}",
        )
        for flag in foreign
    ]
    if problems:
        raise SettingsError(*problems)
    return kind


def _find_kind(options: Namespace) -> TargetKind[Any]:
    file = Path(options.config) if options.config is not None else None
    found = find_kinds(Path.cwd(), file)
    if len(found) > 1:
        files = " and ".join(each.file for each in found)
        remedy = " or ".join(f"--target {each.name}" for each in found)
        raise SettingsError(
            Problem(f"both {files} are there", f"say where results go: {remedy}", str(Path.cwd()))
        )
    is_there = file is not None or any(_has_file(found[0]))
    wanted = [] if is_there else [each for each in _OWN_FLAGS if _given(options, each)]
    by_address = None if is_there or wanted else _find_kind_by_address(options)
    return by_address or (wanted[0] if len(wanted) == 1 else found[0])


def _find_kind_by_address(options: Namespace) -> TargetKind[Any] | None:
    """Return the kind of server as far as its address tells; None for one that may be either."""
    if options.url:
        return OCTANE if _OF_BROWSER.search(options.url) else None
    return find_kind_by_variable(os.environ)


def _has_file(kind: TargetKind[Any]) -> Iterator[bool]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        yield from ((folder / name).exists() for name in kind.files)


def _other(kind: TargetKind[Any]) -> TargetKind[Any]:
    return next(each for each in _OWN_FLAGS if each is not kind)


def _given(options: Namespace, kind: TargetKind[Any]) -> list[str]:
    return [flag for flag in _OWN_FLAGS[kind] if _value(options, flag) not in (None, False)]


def _value(options: Namespace, flag: str) -> Any:
    return getattr(options, flag.replace("-", "_"))


def flags_of(options: Namespace, kind: TargetKind[Any]) -> dict[str, Any]:
    """Return what flags say of settings, by setting.

    Args:
        options: The command line.
        kind: The kind of server that the settings are of.
    """
    own = (flag for flag in _OWN_FLAGS[kind] if flag != "output")
    return {_SETTINGS.get(flag, flag): _value(options, flag) for flag in (*SHARED_FLAGS, *own)}
