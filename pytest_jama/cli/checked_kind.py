"""Which kind of server ``pytest-jama check`` asks, when the command line may not say it."""

from __future__ import annotations

from pathlib import Path

from pytest_jama.config import find_kinds
from pytest_jama.core.errors import Problem, SettingsError


def find_checked_kind(target: str | None, config: Path | None) -> str:
    """Return the name of the kind: what was said, else that of the settings file.

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
    return kinds[0].name
