"""What the configuration file says stands beside what a command line overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.plugin.overrides import read_deselecting, read_override, value_of_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture(autouse=True)
def without_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sessions inside of this one be of pytest alone."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


class Keeper:
    """Keeps the configuration of a session."""

    config: pytest.Config

    def pytest_configure(self, config: pytest.Config) -> None:
        """Keep it."""
        self.config = config


def configure(folder: Path, *arguments: str) -> pytest.Config:
    keeper = Keeper()
    pytest.main([f"--rootdir={folder}", str(folder), "-qq", *arguments], plugins=[keeper])
    return keeper.config


OF_FILE = {
    "pytest.ini": "[pytest]\npython_files =\n  check_*.py\n  'test *.py'\n",
    "tox.ini": "[pytest]\npython_files = check_*.py 'test *.py'\n",
    "setup.cfg": "[tool:pytest]\npython_files = check_*.py 'test *.py'\n",
    "pyproject.toml": "[tool.pytest.ini_options]\npython_files = ['check_*.py', 'test *.py']\n",
    "other.ini": "[pytest]\naddopts = -q -o \"python_files=check_*.py 'test *.py'\"\n",
}


@pytest.mark.parametrize("file", OF_FILE)
def test_value_of_the_file_is_known(tmp_path: Path, file: str) -> None:
    place = tmp_path / file
    place.write_text(OF_FILE[file])
    config = configure(tmp_path, "-c", str(place), "-opython_files=check_a.py")
    assert value_of_file(config, "python_files") == ["check_*.py", "test *.py"]
    assert read_override(config, "python_files") == ["check_a.py"]


@pytest.mark.parametrize(
    "arguments, patterns",
    [
        ([], None),
        (["-o", "python_files=test_*.py *_test.py more.py"], None),
        (["-o", "console_output_style=classic"], None),
        (["--override-ini", "python_files=test_*.py"], ["test_*.py"]),
    ],
    ids=["none", "more", "something else", "less"],
)
def test_override_counts_when_it_leaves_something_out(
    tmp_path: Path, arguments: list[str], patterns: Sequence[str] | None
) -> None:
    assert read_override(configure(tmp_path, *arguments), "python_files") == patterns


def test_override_of_the_environment_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-o python_functions=test_1")
    assert read_override(configure(tmp_path), "python_functions") == ["test_1"]


def test_options_that_deselect_are_known_with_the_place_where_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q -m 'not stress'\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k fast")
    config = configure(tmp_path, "--deselect", "test_a.py")
    assert list(map(str, read_deselecting(config))) == [
        "-m 'not stress' (addopts in pytest.ini)",
        "-k fast (PYTEST_ADDOPTS)",
        "--deselect test_a.py (command line)",
    ]
