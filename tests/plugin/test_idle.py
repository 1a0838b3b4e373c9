"""Installed and not enabled, the plugin must not be noticed. Costs are measured by `make bench`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fork_server import run_command
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from pathlib import Path

LIBRARIES = (
    "click",
    "fastapi",
    "junitparser",
    "lxml",
    "pydantic",
    "requests",
    "rich",
    "tenacity",
    "yaml",
)

PROBE = """
import json, os, sys
import pytest

opened = []
sys.addaudithook(
    lambda event, args: opened.append(args[0]) if event == "open" else None
)

class Probe:
    def pytest_unconfigure(self, config):
        assert config.pluginmanager.has_plugin("jama")
        paths = [os.fspath(path) for path in opened if isinstance(path, (str, os.PathLike))]
        with open(sys.argv[1], "w") as file:
            json.dump({"modules": sorted(sys.modules), "opened": paths}, file)

# the other plugins of this environment must not import the libraries in our place
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
status = pytest.main(["-p", "no:cacheprovider", "-p", "jama", *sys.argv[2:]], plugins=[Probe()])
sys.exit(status)
"""


class Session:
    """What a pytest session imported and touched.

    Attributes:
        modules: The names of all modules at its end.
        opened: All files that it opened.
        left: What is in its folder afterwards.
    """

    def __init__(self, folder: Path, test: str, *arguments: str) -> None:
        folder.joinpath("test_it.py").write_text(test, encoding="utf-8")
        folder.joinpath("jama.yaml").write_text("this is: [no settings file", encoding="utf-8")
        answer = folder.with_name(f"{folder.name}.json")
        command = [sys.executable, "-B", "-c", PROBE, str(answer), *arguments, str(folder)]
        environ = {name: text for name, text in os.environ.items() if name not in _MISLEADING}
        subprocess.run(  # noqa: S603 (our own command)
            command,
            cwd=folder,
            env=environ,
            check=True,
            capture_output=True,
        )
        seen = json.loads(answer.read_text(encoding="utf-8"))
        self.modules = frozenset(seen["modules"])
        self.opened = frozenset(seen["opened"])
        self.left = {path.name for path in folder.iterdir()}


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest where what is imported does not count; return its status and what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, "PYTEST_ADDOPTS": ADDOPTS}
    command = [sys.executable, "-m", "pytest", *arguments]
    return run_command(command, folder=folder, environment=environment)


_MISLEADING = frozenset({"PYTEST_ADDOPTS", "PYTEST_PLUGINS", "COV_CORE_SOURCE"})


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session of one test without `--jama`, in a folder with a jama.yaml that cannot be read."""
    return Session(tmp_path_factory.mktemp("idle"), "def test_it():\n    pass\n")


@pytest.mark.parametrize("library", LIBRARIES)
def test_imports_no_library_while_idle(idle: Session, library: str) -> None:
    assert library not in idle.modules


def test_imports_only_the_plugin_itself_while_idle(idle: Session) -> None:
    ours = {name for name in idle.modules if name.partition(".")[0] == "pytest_jama"}

    assert ours == {"pytest_jama", "pytest_jama.plugin"}


def test_reads_no_settings_while_idle(idle: Session) -> None:
    assert not [path for path in idle.opened if path.endswith(("jama.yaml", "jama.yml"))]


def test_leaves_nothing_behind_while_idle(idle: Session) -> None:
    assert idle.left == {"test_it.py", "jama.yaml"}


def test_dry_run_alone_is_refused_rather_than_silent(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--jama-dry-run")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "--jama-dry-run says what --jama would do: give both" in said


def test_imports_no_library_for_the_fixture_and_the_marker(tmp_path: Path) -> None:
    folder = tmp_path / "used"
    folder.mkdir()

    used = Session(
        folder,
        """
import pytest

@pytest.mark.jama("DEMO-TC-1")
def test_it(jama):
    with jama.step(1):
        jama.note("a note")
""",
    )

    assert not used.modules & set(LIBRARIES)


def test_file_of_junitxml_has_markers_and_steps_without_settings_or_libraries(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "file"
    folder.mkdir()
    report = tmp_path / "report.xml"

    session = Session(
        folder,
        """
import pytest

@pytest.mark.jama("DEMO-TC-1", step=2)
def test_it(jama):
    with jama.step(1):
        jama.note("a note")

@pytest.mark.jama("DEMO-TC-2", stp=1)
def test_wrong_marker(): pass
""",
        f"--junitxml={report}",
        "-Werror",
    )

    assert not session.modules & set(LIBRARIES)
    assert not [path for path in session.opened if path.endswith("jama.yaml")]
    assert session.left == {"test_it.py", "jama.yaml"}
    found = re.findall(r'<property name="(.*?)" value="(.*?)"', report.read_text(encoding="utf-8"))
    assert found == [
        ("jama", "DEMO-TC-1#2"),
        ("jama_step", "1"),
        ("jama_step_status", "passed"),
        ("jama_step_note", "a note"),
        ("jama", "@pytest.mark.jama('DEMO-TC-2', stp=1)"),
    ]


def test_wrong_marker_is_a_warning_where_nothing_is_reported(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.jama('nonsense')\ndef test_it(): pass\n"
    tmp_path.joinpath("test_it.py").write_text(source, encoding="utf-8")
    status, said = run(tmp_path, "--junitxml=report.xml", "-n1", "test_it.py")
    assert status == 0, said
    assert "@pytest.mark.jama('nonsense'): 'nonsense' is not a case reference" in said


@pytest.mark.parametrize("workers", [["-p", "no:xdist"], ["-n1"]], ids=["serial", "xdist"])
def test_file_of_junitxml_says_where_a_rootdir_below_jama_yaml_is(
    tmp_path: Path, workers: list[str]
) -> None:
    folder = tmp_path / "my" / "sub"
    folder.mkdir(parents=True)
    folder.joinpath("test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    folder.joinpath("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    tmp_path.joinpath("jama.yml").write_text("this is: [no settings file", encoding="utf-8")
    status, said = run(folder, "--junitxml=r.xml", *workers)
    assert status == 0, said
    report = folder.joinpath("r.xml").read_text(encoding="utf-8")
    assert '<properties><property name="jama_rootdir" value="my/sub" /></properties>' in report
    assert str(tmp_path) not in report


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_file_of_junitxml_says_nothing_of_a_jama_yaml_that_everyone_may_write(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    folder.joinpath("test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    folder.joinpath("pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    tmp_path.joinpath("jama.yaml").touch()
    tmp_path.joinpath("jama.yaml").chmod(0o666)
    status, said = run(folder, "--junitxml=r.xml")
    assert status == 0, said
    assert "jama_rootdir" not in folder.joinpath("r.xml").read_text(encoding="utf-8")
