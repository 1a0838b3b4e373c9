"""Tests that are collected, but not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def collect(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], dict[str, pytest.Item]]:
    """Collect the tests of a module, by their names; of plugins there is ours alone.

    `pytester` forgets what was imported, so that each test would import all of the others anew.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.plugins = ["pytest_jama.plugin"]

    def collect(source: str) -> dict[str, pytest.Item]:
        items = pytester.getitems(source)
        return {item.nodeid.partition("::")[2]: item for item in items}

    return collect
