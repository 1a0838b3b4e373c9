"""Folders and files of a pytest session: how they are named, and which may hold tests.

Source: pytest, ``_pytest/main.py``, ``pytest_ignore_collect`` and ``resolve_collection_argument``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.core.known_tests import Coverage
from pytest_jama.plugin.overrides import read_override, value_of_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    import pytest


def address_of(path: Path, config: pytest.Config) -> str:
    """Return a path as node IDs have it: relative to the rootdir, with ``/``; empty for that."""
    if path == config.rootpath:
        return ""
    try:
        return os.path.relpath(path, config.rootpath).replace(os.sep, "/")
    except ValueError:  # Windows: another drive
        return path.as_posix()


def may_hold_tests(path: Path, config: pytest.Config) -> bool:
    """Return whether something that is ignored may be a test file, or a folder with some.

    What pytest ignores in every project is not: caches, virtual environments, hidden folders.
    """
    if path.is_dir():
        return not _is_never_searched(path, config)
    return any(path.match(pattern) for pattern in value_of_file(config, "python_files"))


def _is_never_searched(folder: Path, config: pytest.Config) -> bool:
    if folder.name == "__pycache__" or (folder / "pyvenv.cfg").is_file():
        return True
    return any(folder.match(pattern) for pattern in value_of_file(config, "norecursedirs"))


def read_coverage(
    config: pytest.Config, collected: Mapping[str, Any], *, failed: Sequence[str]
) -> Coverage:
    """Return what a session looked at.

    Args:
        config: pytest's configuration.
        collected: See `CollectedPlain`.
        failed: What could not be collected, or was skipped as a whole.
    """
    test_ids = [test_id for name in ("NOT_REACHED", "DESELECTED") for test_id, _ in collected[name]]
    test_paths = _find_test_paths(config)
    roots = collected["roots"]
    return Coverage(
        test_ids=[*test_ids, *collected["ambiguous"]],
        missed=[*collected["missed"], *_find_other_files(config, roots, test_ids)],
        failed=failed,
        roots=roots,
        is_whole=_is_whole(config, test_paths),
        test_paths=[address_of(path, config) for path in test_paths],
        holds_tests=lambda address: _holds_tests(address, config),
        partial=_find_partial(config, roots),
        exists=lambda address: (config.rootpath / address.partition("::")[0]).exists(),
    )


def _find_other_files(
    config: pytest.Config, roots: Sequence[str], test_ids: Sequence[str]
) -> Sequence[str]:
    """Return the test files that were not looked at because of ``-o python_files=...``."""
    patterns = read_override(config, "python_files")
    if patterns is None:
        return ()
    named = {test_id.partition("::")[0] for test_id in test_ids}
    return [
        address
        for address, path in _files_below(config, roots)
        if address not in named and not any(path.match(pattern) for pattern in patterns)
    ]


def _find_partial(config: pytest.Config, roots: Sequence[str]) -> Sequence[str]:
    """Return the test files, where the command line says which functions or classes are tests."""
    names = ("python_functions", "python_classes")
    if all(read_override(config, name) is None for name in names):
        return ()
    return [address for address, _ in _files_below(config, roots)]


def _files_below(config: pytest.Config, roots: Sequence[str]) -> Iterator[tuple[str, Path]]:
    for root in roots:
        place = config.rootpath / root
        for path in _test_files(place, config) if place.is_dir() else (place,):
            yield address_of(path, config), path


def _find_test_paths(config: pytest.Config) -> list[Path]:
    """Return the folders and files of the setting ``testpaths``; the rootdir without it."""
    root = config.rootpath
    found = [
        path for each in value_of_file(config, "testpaths") for path in sorted(root.glob(str(each)))
    ]
    return found or [root]


def _is_whole(config: pytest.Config, test_paths: Sequence[Path]) -> bool:
    """Return whether the arguments leave nothing of the test paths out."""
    folder = config.invocation_params.dir
    arguments = [
        Path(os.path.normpath(folder / argument))
        for argument in config.args
        if "::" not in argument
    ]
    return all(any(path.is_relative_to(each) for each in arguments) for path in test_paths)


def _holds_tests(address: str, config: pytest.Config) -> bool:
    """Return whether there is a test file in a folder; other addresses are files and classes."""
    if not address.endswith("/"):
        return True
    folder = config.rootpath / address
    return not folder.is_dir() or any(_test_files(folder, config))


def _test_files(folder: Path, config: pytest.Config) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if not _is_never_searched(here / name, config)]
        yield from (here / name for name in files if may_hold_tests(here / name, config))
