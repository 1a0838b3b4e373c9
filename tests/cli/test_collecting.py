"""What commands learn of pytest's collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_jama.cli.collecting import CollectedSession, SourceStep, collect_tests
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.results import Outcome
from tests.harness import ADDOPTS

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest

@pytest.mark.jama("P-TC-1")
@pytest.mark.parametrize("value", ["a", "b"])
def test_marked(value): raise SystemExit("it ran")

def test_mapped(): raise SystemExit("it ran")

@pytest.mark.parametrize("value", ["P-TC-7"])
def test_named(value): raise SystemExit("it ran")

def test_hooked(): raise SystemExit("it ran")

def test_free(): raise SystemExit("it ran")
"""

CONFTEST = """
from pytest_jama import hookimpl

@hookimpl
def find_case_refs(result):
    return "P-TC-9" if "hooked" in result.test_id else None
"""

SETTINGS = """
project: P
names: '(?P<case>P-TC-[0-9]+)'
tests: {test_it.py::test_mapped: P-TC-2}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and the current folder."""
    tmp_path.joinpath("test_it.py").write_text(SUITE)
    tmp_path.joinpath("conftest.py").write_text(CONFTEST)
    tmp_path.joinpath("pytest.ini").write_text("[pytest]\naddopts = -p no:randomly\n")
    tmp_path.joinpath("jama.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", ADDOPTS)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    return tmp_path


def _linked(session: CollectedSession) -> dict[str, tuple[Outcome, list[str]]]:
    return {
        test.test_id.partition("::")[2]: (test.outcome, list(map(str, test.links)))
        for test in session.tests
    }


@pytest.mark.usefixtures("folder")
def test_every_test_is_known_with_its_cases_and_none_is_run() -> None:
    session = collect_tests(["-k", "marked or hooked", "-n", "2"], redactor=Redactor())

    assert session.is_whole
    assert _linked(session) == {
        "test_marked[a]": (Outcome.NOT_REACHED, ["P-TC-1"]),
        "test_marked[b]": (Outcome.NOT_REACHED, ["P-TC-1"]),
        "test_hooked": (Outcome.NOT_REACHED, ["P-TC-9"]),
        "test_mapped": (Outcome.DESELECTED, ["P-TC-2"]),
        "test_named[P-TC-7]": (Outcome.DESELECTED, ["P-TC-7"]),
        "test_free": (Outcome.DESELECTED, []),
    }


@pytest.mark.usefixtures("quick_children")
def test_what_cannot_be_collected_or_understood_is_named(folder: Path) -> None:
    folder.joinpath("test_broken.py").write_text("import no_such_module\n")
    folder.joinpath("test_wrong.py").write_text(
        "import pytest\n@pytest.mark.jama('nonsense')\ndef test_it(): pass\n"
    )

    session = collect_tests([], redactor=Redactor())

    assert not session.is_whole
    broken, wrong = session.problems()
    assert broken == "test_broken.py: ModuleNotFoundError: No module named 'no_such_module'"
    assert "test_wrong.py:2" in wrong
    assert "'nonsense' is not a case reference" in wrong


@pytest.mark.usefixtures("quick_children")
def test_two_files_of_one_name_are_told_with_what_pytest_advises(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "test_same.py").write_text("def test_it(): pass\n")

    (problem,) = collect_tests(["-p", "no:xdist"], redactor=Redactor()).problems()

    assert problem.startswith("two/test_same.py: import file mismatch: imported module 'test_same'")
    assert "use a unique basename" in problem


@pytest.mark.parametrize(
    "arguments, said",
    [(["--bogus"], "unrecognized arguments: --bogus"), (["nowhere.py"], "nowhere.py")],
    ids=["option", "path"],
)
@pytest.mark.usefixtures("folder", "quick_children")
def test_wrong_arguments_are_refused_in_the_words_of_pytest(
    arguments: list[str], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        collect_tests(arguments, redactor=Redactor())

    assert said in str(caught.value)


@pytest.mark.usefixtures("quick_children")
def test_wrong_settings_are_refused(folder: Path) -> None:
    folder.joinpath("jama.yaml").write_text("tests: 3\n")

    with pytest.raises(SettingsError, match="tests"):
        collect_tests([], redactor=Redactor())


TOLD = """
import unittest
from functools import wraps

import pytest

def wrapped(function):
    @wraps(function)
    def call(*args, **kwargs): return function(*args, **kwargs)
    return call

def add(a):
    '''Add one.

    >>> add(1)
    2
    '''
    return a + 1

class Odd:
    def __repr__(self): raise RuntimeError

@pytest.mark.xray("PROJ-1", 2, priority="high", odd=Odd())
@wrapped
def test_told(jama):
    '''The pump is primed.

    Whole.
        Indented.
    '''
    number, value = 4, 5
    with jama.step(1, "Start", expected="It runs"):
        with jama.step(2, f"{value} ml"): pass
    with jama.step(number=3, note="said"): pass
    with jama.step(number, "not known which"): pass

@pytest.mark.inner
class TestLegacy(unittest.TestCase):
    def test_it(self):
        "In unittest."
        with self.jama.step(7): pass
"""


@pytest.mark.usefixtures("quick_children")
def test_the_source_of_each_test_is_known(folder: Path) -> None:
    folder.joinpath("test_told.py").write_text(TOLD)

    session = collect_tests(
        ["test_told.py", "--doctest-modules", "-k", "add or told or it"], redactor=Redactor()
    )

    assert session.is_whole
    sources = {test_id.partition("::")[2]: each for test_id, each in session.sources.items()}
    told, legacy = sources["test_told"], sources["TestLegacy::test_it"]
    assert (told.file, TOLD.splitlines()[told.line - 1][:17]) == (
        "test_told.py",
        "@pytest.mark.xray",
    )
    assert told.docstring == "The pump is primed.\n\nWhole.\n    Indented."
    assert told.markers == (("xray", ("PROJ-1", "2", "priority=high", "odd=Odd")),)
    assert told.steps == (SourceStep(1, "Start", "It runs"), SourceStep(2), SourceStep(3))
    assert (legacy.docstring, legacy.steps) == ("In unittest.", (SourceStep(7),))
    assert [name for name, _ in legacy.markers] == ["inner"]
    assert sources["test_told.add"].docstring.startswith("Add one.\n\n>>> add(1)")
