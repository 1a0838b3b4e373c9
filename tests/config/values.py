"""What the tests of the settings share: a file written, loaded, and its problems."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.config import (
    Flags,
    LoadedSettings,
    load_from_journal,
    load_owned,
    load_settings,
)
from pytest_jama.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMPLETE = "url: https://jama.test\nproject: P\nplan: Release 1\ncycle: Build 1\n"
"""A file that says where results go, four lines long."""

LOGIN = {"JAMA_USERNAME": "ann", "JAMA_PASSWORD": "made up"}
NOON = datetime(2024, 2, 1, 12, 30, 5, tzinfo=timezone.utc)


def write(folder: Path, text: str, name: str = "jama.yaml") -> Path:
    """Write a settings file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load(
    folder: Path,
    text: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
    needs_target: bool = True,
    may_keep: bool = False,
) -> LoadedSettings:
    """Load the settings of a folder, after writing its file if a text is given."""
    if text is not None:
        write(folder, text)
    return load_settings(
        start=folder,
        file=None,
        flags=flags or {},
        environ={**LOGIN, **(environ or {})},
        needs_target=needs_target,
        may_keep=may_keep,
        clock=lambda: NOON,
    )


def load_header(
    folder: Path,
    header: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    flags: Flags | None = None,
    label: str = "journal",
) -> LoadedSettings:
    """Load the settings of a journal's header, in the folder of a jama.yaml."""
    given = flags or {}
    owned = load_owned(start=folder, file=None, flags=given, environ=environ)
    return load_from_journal(header, owned=owned, environ=environ, flags=given, label=label)


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
