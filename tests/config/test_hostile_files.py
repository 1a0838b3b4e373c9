"""Files that are made to hurt: each ends as a sentence with its line, soon, and before any test."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import load_settings
from pytest_jama.config.limits import MOST_LOCK_BYTES, MOST_SETTINGS_BYTES
from pytest_jama.config.lock_file import read_lock
from pytest_jama.config.yaml_errors import explain
from pytest_jama.config.yaml_nodes import LOADER, PurePythonLoader, TooMuchError, compose
from pytest_jama.core.errors import SettingsError
from tests.config.values import COMPLETE, LOGIN, load, problems_of
from tests.every import every
from tests.work import is_in_proportion

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

TEN_TIMES = ", ".join(["*x{}"] * 10)
ALIASES = "a: &x0 [y, y, y, y, y, y, y, y, y, y]\n" + "".join(
    f"b{n}: &x{n + 1} [{TEN_TIMES}]\n".replace("{}", str(n)) for n in range(9)
)
MERGES = "a: &x0 {y: z}\n" + "".join(
    f"b{n}: &x{n + 1} {{<<: [{TEN_TIMES}]}}\n".replace("{}", str(n)) for n in range(9)
)
CHAIN = "a: &x0 {y: z}\n" + "".join(f"b{n}: &x{n + 1} {{<<: *x{n}}}\n" for n in range(3000))
REPEATED = "aliases (`*name`) repeat more than 100,000 keys and values; repeat less of them"
DEEP = "lists and mappings are nested more than 20 deep; no setting needs this: remove them"
MANY = "there are more than 500,000 keys and values; let patterns name many tests at once"
DEFAULTS = "plan has more than 20 ${ inside each other; use fewer, or write $${ for a literal ${"
FILLED = "plan becomes longer than 1,000,000 characters; use fewer ${NAME}, or shorter values"
CODE = "has the tag tag:yaml.org,2002:python/object/apply:os.system"


@pytest.mark.parametrize(
    "text, line, said",
    [
        pytest.param(ALIASES, 5, REPEATED, id="aliases that grow"),
        pytest.param(f"tests:\n{ALIASES}".replace("\n", "\n  "), 6, REPEATED, id="in tests"),
        pytest.param(MERGES, 6, REPEATED, id="merge keys that grow"),
        pytest.param(CHAIN, 19, DEEP, id="aliases that lead deeper"),
        pytest.param("plan: " + "[" * 100_000, 1, DEEP, id="lists in lists"),
        pytest.param("plan: " + "{a: " * 100_000, 1, DEEP, id="mappings in mappings"),
        pytest.param("plan:\n" + "- " * 3000, 2, DEEP, id="lists in lists, in lines"),
        pytest.param("plan:\n" + "- \n" * 500_001, 2, MANY, id="many values"),
        pytest.param(f"plan: '{'${A:-' * 3000}{'}' * 3000}'", 1, DEFAULTS, id="defaults"),
        pytest.param(f"plan: '{'${A:-' * 99_000}'", 1, DEFAULTS, id="open defaults"),
        pytest.param(f"plan: '{'${LONG}' * 200}'", 1, FILLED, id="long values filled in"),
        pytest.param(
            "plan: '${" + "!" * 100_000 + "}'",
            1,
            "plan has ${" + "!" * 59 + "…}, which is not understood; use ${NAME} or "
            "${NAME:-default}, or write $${ for a literal ${",
            id="a long name",
        ),
        pytest.param(
            "plan: !!python/object/apply:os.system [x]",
            1,
            f"plan {CODE}; use ${{NAME}} for variables",
            id="code",
        ),
        pytest.param(
            "tests: {a: !!python/object/apply:os.system [x]}",
            1,
            f"'a' {CODE}; remove it",
            id="code for a test",
        ),
        pytest.param(
            "tests: {a: [!!python/object/apply:os.system [x]]}",
            1,
            f"'a' {CODE}; remove it",
            id="code in a list for a test",
        ),
        pytest.param(
            "!!python/object/apply:os.system {a: b}", 1, f"{CODE}; remove it", id="code for all"
        ),
        pytest.param(
            "plan: !!binary aGVsbG8=",
            1,
            "plan has the tag tag:yaml.org,2002:binary; use ${NAME} for variables",
            id="bytes",
        ),
    ],
)
def test_a_hostile_file_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    problems = problems_of(tmp_path, text, environ={"LONG": "x" * 10_000})
    assert problems[0] == f"jama.yaml:{line}: {said}"


@every(
    "loader",
    [pytest.param(LOADER, id="usual"), pytest.param(PurePythonLoader, id="without libyaml")],
)
@every("text", ["a: " + "[" * 300, "a:\n" + "- " * 500, "a: " + "{a: " * 300])
def test_depth_is_bounded_whatever_reads_the_file(loader: type, text: str) -> None:
    with pytest.raises(TooMuchError) as caught:
        compose(text, loader=loader)
    assert explain(caught.value, label="jama.yaml", text=text).message.endswith("20 deep")


def test_aliases_that_people_write_are_read(tmp_path: Path) -> None:
    entries = "".join(f"  t{number}.py: *both\n" for number in range(5000))
    tests = load(tmp_path, f"{COMPLETE}tests:\n  a.py: &both [A-1, A-2]\n{entries}").settings.tests
    assert [str(link) for link in tests.find("t4999.py::x")] == ["A-1", "A-2"]


@pytest.mark.parametrize("depth", [20, 21])
def test_defaults_may_stand_inside_each_other_twenty_deep(tmp_path: Path, depth: int) -> None:
    environ = {"JAMA_PLAN": "${NO:-" * depth + "deep" + "}" * depth}
    if depth == 20:
        assert load(tmp_path, COMPLETE, environ=environ).settings.plan.name == "deep"
    else:
        (problem,) = problems_of(tmp_path, COMPLETE, environ=environ)
        assert problem == f"environment JAMA_PLAN: {DEFAULTS}"


def test_a_flag_that_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, COMPLETE, flags={"plan": "${A:-" * 3000 + "}" * 3000})
    assert problem == f"--jama-plan: {DEFAULTS}"


def test_numbers_that_python_does_not_read_stay_text(tmp_path: Path) -> None:
    digits = "9" * 5000
    settings = load(tmp_path, f"{COMPLETE}run: {{fields: {{a$1: {digits}}}}}\n").settings
    assert settings.run.fields == {"a$1": digits}


def test_a_file_that_is_too_big_is_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "#" * (MOST_SETTINGS_BYTES + 1), needs_target=False)
    assert problem.startswith("jama.yaml: has more than 16 MB")


def test_a_lock_that_is_too_big_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "jama.lock").open("wb") as file:
        file.truncate(MOST_LOCK_BYTES + 1)
    with pytest.raises(SettingsError, match=r"jama\.lock: has more than 64 MB; write it anew"):
        read_lock(tmp_path, start=tmp_path)


def test_of_many_mistakes_a_hundred_are_told(tmp_path: Path) -> None:
    wrong = "".join(f"  a{number}.py: x y\n" for number in range(500))
    problems = problems_of(tmp_path, f"{COMPLETE}tests:\n{wrong}")
    assert len(problems) == 101
    assert problems[-1] == "... and more mistakes: correct these first"


@every(
    "line", ["tests: {a: LONG}", "tests: {LONG: b c}", "LONG: a", "plan: {LONG: a}", "url: LONG#\\"]
)
def test_a_long_value_is_told_shortened(tmp_path: Path, line: str) -> None:
    problems = problems_of(tmp_path, line.replace("LONG", "'" + "- " * 50_000 + "'"))
    assert max(map(len, problems)) < 1500


def test_what_no_one_has_foreseen_ends_as_a_mistake_that_names_the_file(tmp_path: Path) -> None:
    def broken() -> datetime:
        raise MemoryError("of hunter2")

    path = tmp_path / "jama.yaml"
    path.write_text(COMPLETE.replace("Build 1", "${DATE}"), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(start=tmp_path, file=path, flags={}, environ=LOGIN, clock=broken)
    assert str(caught.value) == (
        "jama.yaml: cannot be understood: MemoryError; make it simpler; "
        "if nothing in it is odd, report this as a fault of pytest-jama"
    )


@pytest.mark.parametrize(
    "begin, unit, end, count",
    [
        pytest.param("tests:\n", "  t{}.py: A-{}\n", "", 1000, id="tests"),
        pytest.param("tests:\n", "  '**/t{}*a*': A-{}\n", "", 700, id="patterns"),
        pytest.param("tests:\n", "  t{}.py: x y\n", "", 1000, id="wrong references"),
        pytest.param("", "k{}: x\n", "", 1200, id="unknown keys"),
        pytest.param("upload:\n", "  password{}: x\n", "", 2000, id="secrets"),
        pytest.param("", "url: x\n", "", 2000, id="one key"),
        pytest.param("plan: '", "${A}", "'", 5_000, id="variables"),
        pytest.param("plan: '", "${", "'", 100_000, id="open braces"),
        pytest.param("plan: '", "${A:-${A:-x}}", "'", 4000, id="defaults"),
        pytest.param("a: &a {x: y}\nb: {<<: [", "*a, ", "]}\n", 4000, id="merges"),
        pytest.param("a: &a {x: y}\n", "b{}: {<<: *a}\n", "", 500, id="aliases"),
        pytest.param("plan: ", "x", "\n", 300_000, id="a long value"),
        pytest.param("tests: {a: '", "A-{}, ", "'}\n", 3000, id="references of one test"),
        pytest.param("tests: {'**", "x{}", "**': A-1}\n", 20_000, id="a long key"),
    ],
)
def test_a_file_takes_time_in_proportion_to_its_size(
    tmp_path: Path, begin: str, unit: str, end: str, count: int
) -> None:
    def load_units(times: int) -> None:
        units = (unit.replace("{}", str(n + 1)) for n in range(times))
        text = begin + ("".join(units) if "{}" in unit else unit * times) + end
        with contextlib.suppress(SettingsError):
            load(tmp_path, text, environ={"A": "a"})

    assert is_in_proportion(lambda: load_units(count), lambda: load_units(4 * count))
