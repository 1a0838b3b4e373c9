"""The rootdir, which test IDs are relative to, where it lies below the folder of jama.yaml.

The file of ``--junitxml`` does not say where it is, unless we write it there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.core.properties import ROOTDIR
from pytest_jama.core.test_ids import OCTANE_FILES, SETTINGS_FILES
from pytest_jama.core.trust import check_file
from pytest_jama.plugin.guard import Guarded, guarded

if TYPE_CHECKING:
    import pytest

    from pytest_jama.core.errors import ErrorLog


def way_to_rootdir(file: Path | None, config: pytest.Config) -> str:
    """Return the path of the rootdir relative to the folder of jama.yaml.

    Args:
        file: jama.yaml, if there is one.
        config: Knows the rootdir.

    Returns:
        The path, with ``/``; empty when the rootdir is not below that folder.
    """
    folder = Path(os.path.normpath(file.absolute())).parent if file else config.rootpath
    if folder == config.rootpath or not config.rootpath.is_relative_to(folder):
        return ""
    return config.rootpath.relative_to(folder).as_posix()


class RootdirForFile(Guarded):
    """Writes where the rootdir is into the file of ``--junitxml``, for `junit-uploader`.

    Args:
        errors: Told of errors in our hooks.
        config: Knows the rootdir, and who writes the file.
    """

    def __init__(self, errors: ErrorLog, config: pytest.Config) -> None:
        super().__init__(errors)
        self._config = config

    @guarded
    def pytest_sessionstart(self) -> None:
        """Write it, unless the rootdir is not below the folder of jama.yaml."""
        folder = way_to_rootdir(_find_settings(self._config), self._config)
        for writer in self._config.pluginmanager.get_plugins() if folder else ():
            if hasattr(writer, "add_global_property"):  # a worker of xdist writes no file
                writer.add_global_property(ROOTDIR, folder)


_FILES = (SETTINGS_FILES, OCTANE_FILES)
"""The settings files of each kind of server; where there is one for Jama, it counts."""


def _find_settings(config: pytest.Config) -> Path | None:
    """Return the settings file, if it is trusted; it is not read, and may be missing."""
    named = config.getoption("--jama-config") or config.getoption("--octane-config")
    if named:
        return Path(config.invocation_params.dir, named)
    root = config.rootpath
    folders = (root, *root.parents)
    files = (folder / name for names in _FILES for folder in folders for name in names)
    file = next(filter(os.path.lexists, files), None)
    if file is not None:
        with suppress(OSError):
            check_file(file)
            return file
    return None
