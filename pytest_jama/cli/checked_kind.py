"""Which kind of server ``pytest-jama check`` asks, when the command line may not say it."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_jama.config import find_file, find_kind_by_variable, find_kinds
from pytest_jama.core.errors import Problem, SettingsError


def find_checked_kind(target: str | None, config: Path | None) -> str:
    """Return the name of the kind: what was said, else that of the settings file.

    Where there is no such file, the variable that names a server says it.

    Args:
        target: What the command line says.
        config: The settings file that it names.

    Raises:
        SettingsError: When there are settings files for several.
    """
    if target:
        return target
    kinds = find_kinds(Path.cwd(), config)
    if len(kinds) > 1:
        what = " and ".join(kind.file for kind in kinds)
        remedy = "say which server: --target jama or --target octane"
        raise SettingsError(Problem(f"{what} are both there", remedy, "command line"))
    has_file = config is not None or find_file(Path.cwd(), kinds[0]) is not None
    named = None if has_file else find_kind_by_variable(os.environ)
    return (named or kinds[0]).name
