"""What the tests of octane.yaml share: a file written, loaded, and its problems."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.config import OCTANE, load_from_journal, load_owned, load_settings
from pytest_jama.core.errors import SettingsError
from tests.config.values import NOON, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_jama.config import Flags, LoadedSettings
    from pytest_jama.config.octane_settings import OctaneSettings

BROWSER = "https://octane.test/ui/?p=1001/1002"
WHERE = f"url: {BROWSER}\n"
"""A file that says where results go, one line long."""

KEY = {"OCTANE_CLIENT_ID": "a key", "OCTANE_CLIENT_SECRET": "made up"}


def load(
    folder: Path,
    text: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
    needs_target: bool = True,
) -> LoadedSettings[OctaneSettings]:
    """Load the settings of a folder, after writing its file if a text is given."""
    if text is not None:
        write(folder, text, "octane.yaml")
    return load_settings(
        start=folder,
        file=None,
        flags=flags or {},
        environ={**KEY, **(environ or {})},
        needs_target=needs_target,
        kind=OCTANE,
        clock=lambda: NOON,
    )


def problems_of(
    folder: Path,
    text: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
    needs_target: bool = True,
) -> list[str]:
    """Return the messages about wrong settings, as people see them."""
    with pytest.raises(SettingsError) as caught:
        load(folder, text, environ=environ, flags=flags, needs_target=needs_target)
    return str(caught.value).splitlines()


def kept_of(loaded: LoadedSettings[OctaneSettings]) -> dict[str, Any]:
    """Return what a journal has of settings, as it is read from one."""
    kept: dict[str, Any] = json.loads(json.dumps(loaded.settings.for_journal()))
    return kept


def load_kept(
    folder: Path,
    kept: Mapping[str, Any],
    *,
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
) -> LoadedSettings[OctaneSettings]:
    """Load the settings of a journal, in the folder of an octane.yaml."""
    given, around = flags or {}, {**KEY, **(environ or {})}
    owned = load_owned(start=folder, file=None, flags=given, environ=around, kind=OCTANE)
    return load_from_journal(kept, owned=owned, environ=around, flags=given)
