"""What pytest collects: the one way in which commands learn which tests there are, and their cases.

pytest itself collects, in a process of its own, with the arguments that a session would get; no
test is run.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from pytest_jama.core.cases import CaseLink, parse_links, without_none
from pytest_jama.core.errors import ErrorLog, Problem, PytestJamaError, SettingsError
from pytest_jama.core.known_tests import Coverage
from pytest_jama.core.left_out import MapFindings, look_at_map
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.hooks.extensions import Extensions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_jama.config import Settings
    from pytest_jama.core.redaction import Redactor


class SourceStep(NamedTuple):
    """What the source of a test says of one of its steps.

    Attributes:
        number: The step as counted in Jama, from 1.
        action: What is done; empty when the source does not say.
        expected: What is to happen; empty when the source does not say.
    """

    number: int
    action: str = ""
    expected: str = ""


class TestSource(NamedTuple):
    """What the source of a test says.

    Attributes:
        file: Its path, relative to the current folder where it lies on the same drive.
        line: Where the test begins there, from 1; 0 when that is not known.
        docstring: Its own docstring, without indentation; of a doctest the one that it stands in.
        markers: Name and arguments of each marker but ``parametrize``, the nearest first; a keyword
            argument is ``name=value``.
        steps: Its steps as far as numbers are written there, in the order of the source.
    """

    file: str
    line: int
    docstring: str
    markers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    steps: tuple[SourceStep, ...] = ()


TestSource.__test__ = False  # type: ignore[attr-defined]  # pytest shall not collect it

_NO_SOURCES: Mapping[str, TestSource] = MappingProxyType({})


class CollectedSession(NamedTuple):
    """What a session of pytest would have to do with.

    Attributes:
        tests: Every test that is known, with its cases by marker, name, map or hook. Its outcome is
            what it counts as unless it runs: NOT_REACHED, or DESELECTED for one that is left out.
        uncollected: Each file or folder that could not be collected, and why.
        mistakes: What of the references of tests cannot be understood, a sentence each.
        sources: What the source of a test says, by test ID; of tests of reports only their steps,
            where they report some.
        names: What reports call a test, by test ID.
        map: What the map and these tests say of each other.
        deselecting: The options that deselect tests, each with the place where it stands.
    """

    tests: tuple[TestResult, ...] = ()
    uncollected: tuple[tuple[str, str], ...] = ()
    mistakes: tuple[str, ...] = ()
    sources: Mapping[str, TestSource] = _NO_SOURCES
    names: Mapping[str, str] = MappingProxyType({})
    map: MapFindings = MapFindings()
    deselecting: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all could be collected and understood."""
        return not self.uncollected and not self.mistakes

    def as_shown(self, redactor: Redactor) -> CollectedSession:
        """Return it without secrets in what went wrong; test IDs stay, they are links and names."""

        def hide(text: str) -> str:
            return redactor.hide(text).text

        uncollected = tuple((hide(where), hide(why)) for where, why in self.uncollected)
        return self._replace(uncollected=uncollected, mistakes=tuple(map(hide, self.mistakes)))

    def problems(self) -> list[str]:
        """Return all that is wrong, a sentence each."""
        return [*(f"{where}: {why}" for where, why in self.uncollected), *self.mistakes]


_JAMA_OPTIONS = ("--jama-no-upload", "--jama-plan=not-used", "--jama-cycle=not-used")
_OCTANE_OPTIONS = ("--octane", "--octane-no-upload")
_FILE_VARIABLE = "PYTEST_JAMA_COLLECTION_FILE"
_WRONG_USE = 4  # pytest's own exit status for it
_ENDED_WELL = (0, 5)  # 5: there is no test
_SHOWN_LINES = 15


def collect_tests(
    arguments: Sequence[str],
    *,
    redactor: Redactor,
    config: Path | None = None,
    is_for_octane: bool = False,
) -> CollectedSession:
    """Let pytest collect, in the current folder.

    Plan and cycle are passed over: they may hold variables that only a CI job sets.

    Args:
        arguments: What pytest gets: paths, node IDs, options.
        redactor: Hides secrets in what pytest and the tests print.
        config: The settings file, when it is not the one that pytest finds.
        is_for_octane: Whether octane.yaml has the map.

    Raises:
        SettingsError: When pytest finds its arguments or our settings wrong.
        PytestJamaError: When it ended without saying what it collected.
    """
    options = _OCTANE_OPTIONS if is_for_octane else _JAMA_OPTIONS
    prefix = "octane" if is_for_octane else "jama"
    named = [f"--{prefix}-config={config.absolute()}"] if config else []
    with tempfile.TemporaryDirectory(prefix="pytest-jama-") as folder:
        file = Path(folder, "collected.json")
        process = subprocess.run(  # noqa: S603 (pytest, with what the user gave for it)
            [
                *(sys.executable, "-m", "pytest", "--collect-only", "-q"),
                *("-p", "pytest_jama.plugin.collection_file"),
                *options,
                *named,
                *arguments,
            ],
            env={**os.environ, _FILE_VARIABLE: str(file)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        session = _read(file) if file.exists() else None
    if session and (process.returncode in _ENDED_WELL or _can_tell_why(session, process)):
        return session.as_shown(redactor)
    _refuse(process.returncode, redactor.hide(process.stdout.decode("utf-8", "replace")).text)
    return None


def read_report_tests(reports: Sequence[str], settings: Settings) -> CollectedSession:
    """Let junit-uploader list the tests of reports, in the place of a collection.

    It is built on this package, so that it cannot be imported here; its list is an interface.

    Args:
        reports: As ``junit-uploader`` takes them.
        settings: Link the tests that name no case themselves.

    Raises:
        SettingsError: When it cannot understand the reports' names.
        PytestJamaError: When it ended without a list.
    """
    process = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-m", "junit_uploader", "--list", "--json", "--", *reports],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    try:
        content = json.loads(process.stdout)
    except ValueError:
        said = process.stderr.decode("utf-8", "replace").strip()
        if process.returncode == _WRONG_REPORTS:
            problem = Problem(said, "name reports behind `--junit`", "junit-uploader --list")
            raise SettingsError(problem) from None
        status = process.returncode
        raise PytestJamaError(f"junit-uploader ended with exit status {status}: {said}") from None
    log = ErrorLog()
    folders = [folder for file in content["files"] for folder in file.get("rootdirs", ())]
    seen = settings.tests.also_seen_from(folders)
    extensions = Extensions(settings.model_copy(update={"tests": seen}), errors=log)
    tests = []
    for test in content["tests"]:
        result = TestResult(test["test_id"], Outcome(test["outcome"]))
        links = tuple(link for text in test["cases"] for link in parse_links(text))
        found = links or extensions.find_links(result, name=test["name"])
        links = without_none(found)
        tests.append(result._replace(links=links, is_taken_out=bool(found) and not links))
    unreadable = [file for file in content["files"] if file["error"]]
    coverage = Coverage(
        [test.test_id for test in tests],
        is_whole=not unreadable,
        roots=() if unreadable else ("",),
        absent="has no test in any report given here",
    )
    return CollectedSession(
        tests=tuple(tests),
        uncollected=tuple((file["path"], file["error"]) for file in unreadable),
        mistakes=tuple(f"{each.where}: {each.why}" for each in log.unusable),
        sources=dict(_sources_of_report(content["tests"])),
        names={test["test_id"]: test["name"] for test in content["tests"]},
        map=look_at_map(seen, tests, coverage),
    ).as_shown(settings.redactor)


def _sources_of_report(tests: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, TestSource]]:
    for test in tests:
        if test.get("steps"):
            steps = tuple(SourceStep(number) for number in test["steps"])
            yield test["test_id"], TestSource("", 0, "", steps=steps)


_WRONG_REPORTS = 2  # exit status of a wrong command line


def _can_tell_why(session: CollectedSession, process: subprocess.CompletedProcess[bytes]) -> bool:
    """Return whether it is known why pytest did not end well."""
    return not session.is_whole and process.returncode != _WRONG_USE


_StepsOfFile = Callable[[str], Mapping[int, tuple[SourceStep, ...]]]


def _read(file: Path) -> CollectedSession:
    content = json.loads(file.read_text(encoding="utf-8"))
    steps_of_file = cache(_steps_of_file)
    taken_out = frozenset(content["taken_out"])
    return CollectedSession(
        tests=tuple(
            TestResult(
                test_id,
                Outcome(outcome),
                links=tuple(map(CaseLink.parse, links)),
                is_taken_out=test_id in taken_out,
            )
            for test_id, outcome, links in content["tests"]
        ),
        uncollected=tuple((where, why) for where, why in content["uncollected"]),
        mistakes=tuple(content["mistakes"]),
        sources={
            test_id: _read_source(source, steps_of_file)
            for test_id, source in content["sources"].items()
        },
        map=MapFindings.read(content["map"]),
        deselecting=tuple(content["deselecting"]),
    )


def _read_source(content: Mapping[str, Any], steps_of_file: _StepsOfFile) -> TestSource:
    file, line = content["file"], content["line"]
    markers = tuple((name, tuple(arguments)) for name, arguments in content["markers"])
    steps = tuple(SourceStep(*step) for step in content["steps"])
    steps = steps or steps_of_file(file).get(line, ())
    return TestSource(_nearer(file), line, content["docstring"], markers, steps)


def _nearer(file: str) -> str:
    try:
        return os.path.relpath(file)
    except ValueError:  # Windows: another drive
        return file


def _steps_of_file(file: str) -> Mapping[int, tuple[SourceStep, ...]]:
    """Return the steps of each function of a file that has some, by the line it begins in."""
    try:
        source = Path(file).read_bytes()
        if b".step(" not in source:
            return {}
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError):  # as far as they are known
        return {}
    functions = (
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    found = {_first_line(each): tuple(_steps_of(each)) for each in functions}
    return {line: steps for line, steps in found.items() if steps}


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min(function.lineno, *(each.lineno for each in function.decorator_list), sys.maxsize)


def _steps_of(function: ast.AST) -> Iterator[SourceStep]:
    """Yield the calls ``jama.step(1, "action", expected="…")`` whose number is written there."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        if _is_step(call.func):
            given = dict(zip(("number", "action"), map(_constant, call.args), strict=False))
            given |= {each.arg: _constant(each.value) for each in call.keywords if each.arg}
            number = given.get("number")
            if isinstance(number, int) and number > 0:
                texts = (given.get(name) for name in ("action", "expected"))
                yield SourceStep(number, *(text if isinstance(text, str) else "" for text in texts))


def _is_step(called: ast.expr) -> bool:
    """Whether it is ``jama.step``, or ``self.jama.step``."""
    if not (isinstance(called, ast.Attribute) and called.attr == "step"):
        return False
    owner = called.value
    return "jama" in (getattr(owner, "id", ""), getattr(owner, "attr", ""))


def _constant(value: ast.expr) -> object:
    return value.value if isinstance(value, ast.Constant) else None


def _refuse(status: int, output: str) -> NoReturn:
    """Say why pytest has not collected, in its own words."""
    lines = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.strip()]
    said = lines[-_SHOWN_LINES:]
    if status == _WRONG_USE:
        remedy = "correct what it says, or what stands behind `--`"
        problem = Problem("pytest cannot begin", remedy, "pytest --collect-only")
        raise SettingsError(problem, below=said)
    what = f"pytest --collect-only ended with exit status {status}:"
    raise PytestJamaError(what, below=said)
