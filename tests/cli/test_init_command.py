"""``pytest-jama init``: what it finds, asks and writes; and that it overwrites nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli import main as toolbox
from pytest_jama.config import OCTANE, load_settings
from pytest_jama.core.verdicts import Verdict
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from tests.harness import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

    from pytest_jama.config import Settings
    from tests.cli.octane_world import OctaneWorld
    from tests.harness import Finished

pytestmark = pytest.mark.usefixtures("quick_children")

_PYTHON = sys.executable  # that of the tests is another
_TESTS = '''
import pytest


@pytest.mark.testrail("C101")
def test_flow():
    """Flow is kept."""


@pytest.mark.xray("PROJ-9")
class TestAlarm:
    def test_sounds(self): ...

    def test_stops(self): ...


def test_purge():
    """Air is purged.

    Verifies KEY-TC-2.
    """


@pytest.mark.parametrize("rate", [1, 2], ids=["KEY-TC-1", "KEY-TC-3"])
def test_rate(rate): ...


@pytest.mark.jama("KEY-TC-3")
def test_bolus(): ...


def test_menu(): ...
'''
_REPORT = """<?xml version="1.0"?>
<!-- of a build --><testsuite name="Pump" tests="2">
<testcase classname="acme.PumpTest" name="stops [KEY-TC-1]"/>
<testcase classname="acme.PumpTest" name="starts"/>
</testsuite>
"""


@pytest.fixture
def bare(repository: Repository) -> Repository:
    """A repository with tests and without settings; its project has three cases."""
    for number in (1, 2, 3):
        repository.case(number)
    (repository.folder / "jama.yaml").unlink()
    repository.write("tests/test_ids.py", _TESTS)
    return repository


def _run(repository: Repository, *arguments: str, **environment: str) -> Finished:
    return repository.run_here(lambda: toolbox(["init", *arguments]), environment=environment)


def _rehearse(repository: Repository, *arguments: str) -> Finished:
    nowhere = {"JAMA_URL": "", "JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": ""}
    return _run(repository, "--yes", "--no-collect", *arguments, **nowhere)


def _settings(repository: Repository) -> Settings:
    return load_settings(
        start=repository.folder, file=None, flags={}, environ={}, needs_target=False
    ).settings


def _lines(repository: Repository) -> list[str]:
    text = (repository.folder / "jama.yaml").read_text(encoding="utf-8")
    return text.replace(repository.key, "KEY").partition("\ntests:\n")[2].splitlines()


def test_without_a_server_the_file_is_one_for_the_sandbox(bare: Repository) -> None:
    found = _rehearse(bare)
    settings = _settings(bare)
    assert found.status == 0, found.output
    assert (settings.url, settings.project) == ("http://127.0.0.1:8421", bare.key)
    assert f"pytest-jama sandbox --seed jama.yaml --case={bare.key}-TC-" in found.output
    assert not found.requests


def test_what_tests_say_of_cases_becomes_names_and_lines(bare: Repository) -> None:
    _rehearse(bare)
    assert _settings(bare).names is not None
    assert _lines(bare) == [
        "  # Cases are made up here, for the sandbox: put yours in their place.",
        "  tests/test_ids.py::test_purge: KEY-TC-2",
        "  tests/test_ids.py::test_flow: KEY-TC-4  # TestRail C101",
        "  tests/test_ids.py::TestAlarm: KEY-TC-5  # Xray PROJ-9",
        "  # tests/test_ids.py::test_menu: KEY-TC-?",
    ]


def test_what_pytest_collects_is_looked_at_and_the_session_succeeds(bare: Repository) -> None:
    bare.write("pytest.ini", "[pytest]\nmarkers = testrail\n    xray\n")
    found = _run(bare, "--yes", "--project", bare.key, "--plan", "P", "--cycle", "C")
    assert found.status == 0, found.output
    assert "found      8 tests in 1 Python file" in found.output
    assert "2 tests with a case in the name" in found.output
    assert "1 test linked already" in found.output
    checked = bare.run_here(lambda: toolbox(["check", "--offline"]))
    assert checked.status == 0, checked.output
    session = bare.pytest_here("-p", "no:cacheprovider")
    assert session.status == 0, session.output
    assert bare.statuses() == {1: "PASSED", 2: "PASSED", 3: "PASSED"}


@pytest.mark.parametrize("how", [(), ("--no-collect",)], ids=["collected", "read"])
def test_a_test_that_is_to_have_no_case_gets_no_line(
    repository: Repository, how: tuple[str, ...]
) -> None:
    (repository.folder / "jama.yaml").unlink()
    text = "import pytest\n@pytest.mark.jama(None)\ndef test_a(): ...\ndef test_b(): ...\n"
    repository.write("tests/test_ids.py", text)

    found = _run(repository, "--yes", "--project", repository.key, *how)

    assert "not found" not in found.output
    assert "found      2 tests in 1 Python file" in found.output
    assert _lines(repository) == ["  # tests/test_ids.py::test_b: KEY-TC-?"]


def test_a_file_that_pytest_cannot_import_is_read_as_text(bare: Repository) -> None:
    bare.write("tests/test_ids.py", "import not_installed_here\n" + _TESTS)
    found = _run(bare, "--yes", "--sandbox")
    assert found.status == 0, found.output
    assert "No module named 'not_installed_here'" in found.output
    assert "  tests/test_ids.py::test_flow: KEY-TC-4  # TestRail C101" in _lines(bare)


@pytest.mark.parametrize("name", ["jama.yaml", "jama.yml"])
def test_a_file_that_is_there_is_left_as_it_is(name: str, bare: Repository) -> None:
    bare.write(name, "mine\n")
    found = _rehearse(bare)
    assert found.status == 2
    assert f"{name}: is there, and is never overwritten" in found.output
    files = sorted(path.name for path in bare.folder.iterdir() if path.is_file())
    assert files == [name]
    assert (bare.folder / name).read_text(encoding="utf-8") == "mine\n"


def test_where_no_one_can_be_asked_yes_has_to_be_said(bare: Repository) -> None:
    read, write = os.pipe()
    os.close(write)
    with os.fdopen(read) as nothing, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", nothing)
        found = _run(bare)
    assert found.status == 2
    assert "say --yes" in found.output
    assert not (bare.folder / "jama.yaml").exists()


def test_a_dry_run_prints_the_file_and_writes_none(bare: Repository) -> None:
    found = _rehearse(bare, "--dry-run", "--quiet")
    assert found.output.startswith("# Where the results of these tests go")
    assert not (bare.folder / "jama.yaml").exists()


def test_reports_are_looked_at_where_there_are_no_tests_of_pytest(bare: Repository) -> None:
    (bare.folder / "tests/test_ids.py").unlink()
    bare.write("build/report.xml", _REPORT)
    bare.write("pom.xml", "<project/>")
    bare.write("tests/data/report.xml", _REPORT)
    found = _rehearse(bare)
    assert "found      2 tests in 1 JUnit report" in found.output
    assert "-- junit-uploader build/report.xml" in found.output
    assert _settings(bare).names is not None
    assert _lines(bare) == ["  # acme.PumpTest.starts: KEY-TC-?"]


def test_the_file_goes_where_pytest_looks_for_it(bare: Repository) -> None:
    bare.write("pytest.ini", "[pytest]\n")

    def below() -> int:
        os.chdir("tests")
        return toolbox(["init", "--yes", "--no-collect", "--sandbox"])

    found = bare.run_here(below)
    assert found.status == 0, found.output
    assert (bare.folder / "jama.yaml").exists()
    assert "  tests/test_ids.py::test_purge: KEY-TC-2" in _lines(bare)


def test_a_file_above_is_named_since_it_counts_no_more(bare: Repository) -> None:
    bare.write("jama.yaml", "project: KEY\n")
    bare.write("tests/pytest.ini", "[pytest]\n")

    def below() -> int:
        os.chdir("tests")
        return toolbox(["init", "--yes", "--no-collect", "--sandbox"])

    found = bare.run_here(below)
    assert found.status == 0, found.output
    assert "../jama.yaml counts here so far, and the new file from now on" in found.output
    assert (bare.folder / "tests/jama.yaml").exists()


def test_an_id_of_another_tool_is_looked_for_at_the_server(bare: Repository) -> None:
    bare.sandbox.store.add_case(bare.key, f"{bare.key}-TC-8", name="C101: flow is kept")
    found = _run(bare, "--yes", "--no-collect", "--project", bare.key)
    assert found.status == 0, found.output
    assert "the server knows 1 of them" in found.output
    lines = _lines(bare)
    assert "  tests/test_ids.py::test_flow: KEY-TC-8  # TestRail C101" in lines
    assert "  # tests/test_ids.py::TestAlarm: KEY-TC-?  # Xray PROJ-9" in lines
    assert {each.method for each in found.requests if "oauth" not in each.path} == {"GET"}


def test_a_project_that_the_account_cannot_see_ends_it(bare: Repository) -> None:
    found = _run(bare, "--yes", "--no-collect", "--project", "NOWHERE")
    assert found.status == 2
    assert "there is not a project 'NOWHERE' that this account can see" in found.output
    assert not (bare.folder / "jama.yaml").exists()


def test_a_case_that_is_not_there_is_said_and_the_file_is_written(bare: Repository) -> None:
    bare.write("tests/test_ids.py", 'def test_a():\n    """Verifies KEY-TC-99."""\n')
    found = _run(bare, "--yes", "--no-collect", "--project", bare.key)
    assert found.status == 1
    assert f"{bare.key}-TC-99" in found.output
    assert "\n           correct the reference, " in found.printed
    assert _lines(bare) == ["  tests/test_ids.py::test_a: KEY-TC-99"]


def test_a_login_that_fails_is_said_and_the_file_is_written(bare: Repository) -> None:
    found = _run(bare, "--yes", "--no-collect", JAMA_CLIENT_SECRET="wrong")
    assert found.status == 3
    assert "problem    login" in found.output
    assert _settings(bare).url == bare.sandbox.url


def test_half_a_pair_of_credentials_ends_it(bare: Repository) -> None:
    found = _run(bare, "--yes", "--no-collect", JAMA_CLIENT_SECRET="")
    assert found.status == 2
    assert "JAMA_CLIENT_ID is set, but JAMA_CLIENT_SECRET is not" in found.output


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--url", "http:/host"], "--url"),
        (["--skipped", "FINE"], "verdicts.skipped"),
        (["--field", "cycle.Phase"], "KIND.FIELD=VALUE"),
        (["--config", "no/where/jama.yaml"], "there is not a folder"),
    ],
)
def test_wrong_flags_write_nothing(flags: list[str], said: str, bare: Repository) -> None:
    found = _rehearse(bare, *flags)
    assert found.status == 2, found.output
    assert said in found.output
    assert not (bare.folder / "jama.yaml").exists()


@pytest.fixture(scope="module")
def strict_sandbox(closing: ThreadPoolExecutor) -> Iterator[Sandbox]:
    """A server whose cycles must have a region."""
    sandbox = Sandbox(knobs=Knobs(required_plan_field="cycle")).start()
    yield sandbox
    closing.submit(sandbox.stop)


def test_fields_that_must_have_a_value_are_written_or_said(
    strict_sandbox: Sandbox, tmp_path: Path
) -> None:
    repository = Repository(tmp_path, strict_sandbox, "REGION")
    (tmp_path / "jama.yaml").unlink()
    flags = ("--yes", "--no-collect", "--project", "REGION")
    lacking = _run(repository, *flags, "--config", "other.yaml")
    given = _run(repository, *flags, "--field", "cycle.Region=Europe")
    assert (lacking.status, given.status) == (1, 0), given.output
    assert "#   Region: ...  # must have a value" in (tmp_path / "other.yaml").read_text()
    assert _settings(repository).cycle.fields == {"Region": "Europe"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_is_asked_and_offered_what_the_server_has(
    strict_sandbox: Sandbox, tmp_path: Path
) -> None:
    repository = Repository(tmp_path, strict_sandbox, "ASKED")
    (tmp_path / "jama.yaml").unlink()
    case = repository.case(1)
    plan = strict_sandbox.store.add_plan("ASKED", "Release 7", cases=[])
    strict_sandbox.store.add_cycle(plan, "Week 1")
    repository.write("test_a.py", f"def test_a():\n    '''{case}'''\n")
    answers = {
        "Project": "ASKED",
        "Test plan": "1",
        "Test cycle": "Week ${WEEK:-0}",
        "skipped test": "nonsense",
        "verdicts.skipped is 'nonsense'": "2",
        "xfail": "",
        "Region": "Europe",
    }
    status, said = _converse(repository, answers)
    assert status == 0, said
    assert "1  Release 7" in said
    settings = _settings(repository)
    assert (settings.plan.name, settings.cycle.name) == ("Release 7", "Week 0")
    assert settings.cycle.fields == {"Region": "Europe"}
    assert settings.verdicts.skipped is Verdict.BLOCKED


def _converse(repository: Repository, answers: dict[str, str]) -> tuple[int, str]:
    """Run the command on a terminal; answer each question by the last words that are in it."""
    terminal, other_side = os.openpty()
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [_PYTHON, "-m", "pytest_jama", "init", "--no-collect"],
        cwd=repository.folder,
        env=repository.environment(),
        stdin=other_side,
        stdout=other_side,
        stderr=other_side,
    )
    os.close(other_side)
    said, asked = "", 0
    while data := _read(terminal):
        said += data
        question = said[asked:]
        if question.endswith(": "):
            fitting = [answer for words, answer in answers.items() if words in question]
            os.write(terminal, f"{fitting[-1]}\n".encode())
            asked = len(said)
    os.close(terminal)
    return process.wait(), said


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # how Linux says that the other side is closed
        return ""


def test_octane_yaml_names_what_the_server_has(octane_world: OctaneWorld) -> None:
    Path("octane.yaml").unlink()
    release = octane_world.store.add("releases", name="Pump 2.4")
    said = octane_world.run_any(
        "init", "--target", "octane", "--yes", "--release", "Pump 2.4", "--config", "octane.yaml"
    )
    assert (said.status, bool(release)) == (0, True), said.out + said.err
    loaded = load_settings(
        start=Path.cwd(), file=None, flags={}, environ={}, needs_target=False, kind=OCTANE
    )
    assert (loaded.settings.release, loaded.settings.url) == ("Pump 2.4", octane_world.sandbox.url)
    wrong = octane_world.run_any(
        "init", "--target", "octane", "--yes", "--release", "None", "--config", "other-octane.yaml"
    )
    assert wrong.status == 1
    assert "there is no release named 'None'" in wrong.out
