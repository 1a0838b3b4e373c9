"""Settings and locks with random faults: a result, or a mistake that is told; never a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_jama.config import JAMA, OCTANE, LoadedSettings, TargetKind, load_settings
from pytest_jama.config.lock_file import parse_lock, read_lock, render_lock
from pytest_jama.core.errors import SettingsError
from pytest_jama.core.lock import CaseText, Lock, LockedCase, StepText
from tests.config.octane_values import KEY
from tests.config.values import LOGIN, NOON

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config import SharedSettings

GOOD = """\
url: https://jama.test
project: P
plan: {name: "Release ${N:-1}", create: true}
cycle: {name: Build, start: 2024-02-01}
names: '\\[(?P<case>P-TC-\\d+)\\]'
upload: &u {rate: 3, concurrency: 2, give_up_after: 2m}
run:
  fields: {build$37: 17, text$1: &t 'x', list$2: [a, *t, 1.5]}
verdicts: {<<: {failed: BLOCKED}, passed: PASSED}
tests:
  tests/test_a.py::test_b: P-TC-1
  "**/test_*": [P-TC-2, {case: P-TC-3, step: 2}]
  c.py: none
"""
GOOD_OCTANE = """\
url: https://octane.test/ui/?p=1001/1002
release: 2.4
modules: [Login, 7]
environment: &e {OS: Linux, "Python ${N:-3}": "${N}"}
fields: {Framework: pytest, Test_Level: Unit}
suite: {name: S, run: "${N}"}
build: {server: s, job: j, id: 17}
report_url: https://ci.test/17
wait: 2m
tests:
  tests/test_a.py::test_b: 2001
  "**/test_*": [2002, "2003"]
  c.py: none
"""
LOCK = render_lock(
    Lock(
        {
            f"P-TC-{number}": LockedCase.of(
                CaseText("é", "x", (StepText('Say "a"', "b\\c"),)), tests=["t.py::a"]
            )
            for number in (1, 2)
        }
    )
)
YAML = [
    *(
        "&a ",
        "*a",
        "*u",
        "<<: ",
        "? ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ": ",
        "'",
        '"',
        "|\n",
        ">\n",
        "# ",
    ),
    *(
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "!!python/object:os.x ",
        "!!binary ",
        "!x ",
        "${",
        "$${",
        "}",
    ),
    *("${A:-", "${N}", "~", "\t", "\n", "\n  ", "\r", "\ufeff", "\x00", "\x85", "\u2028", "\u202e"),
    *(
        ".inf",
        ".nan",
        "1e999",
        "9" * 5000,
        "0x1F",
        "1:30",
        "2024-02-30",
        "(?P<case>",
        "(a+)+",
        "**",
    ),
    *("plan", "tests", "password", "names", "run", "fields", "null", "true", "id: ", "\ud800"),
]
JSON = [
    *("{", "}", "[", "]", '"', ",", ":", "null", "true", "NaN", "-Infinity", "1e999", "9" * 5000),
    *('"cases"', '"jama.lock"', '"P-TC-1"', "\\ud800", "\\u0000", "\n", "\x00", "\ufeff", "2"),
    *("<<<<<<< ours\n", "=======\n", "[" * 50),
]


@st.composite
def spoiled(draw: st.DrawFn, good: str, pieces: list[str]) -> bytes:
    """Draw a file in which pieces are put in, cut out or doubled."""
    data = good.encode()
    some = st.sampled_from(pieces).map(lambda text: text.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        middle = draw(st.one_of(some, st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + middle + data[end:]
    return data


def budget(config: pytest.Config, examples: int) -> settings:
    """Return how long to look: some seconds, or minutes with `make fuzz`."""
    return settings(
        max_examples=examples * (100 if config.getoption("--every-cell") else 1),
        suppress_health_check=list(HealthCheck),
    )


def refusal_of(run: object) -> SettingsError | None:
    try:
        run()  # type: ignore[operator]
    except SettingsError as error:
        return error
    return None


def check_told(error: SettingsError | None) -> None:
    """Check that a mistake is told as one, and was foreseen."""
    if error is not None:
        assert "cannot be understood" not in str(error)
        for problem in error.problems:
            assert problem.message
            assert problem.remedy
            assert problem.origin


@pytest.mark.parametrize(
    "kind,good", [(JAMA, GOOD), (OCTANE, GOOD_OCTANE)], ids=lambda value: getattr(value, "name", "")
)
def test_spoiled_settings_are_read_or_refused(
    pytestconfig: pytest.Config, tmp_path: Path, kind: TargetKind[SharedSettings], good: str
) -> None:
    def load() -> LoadedSettings[SharedSettings]:
        environ = {**LOGIN, **KEY, "N": "7"}
        return load_settings(
            start=tmp_path, file=None, flags={}, environ=environ, kind=kind, clock=lambda: NOON
        )

    @budget(pytestconfig, 150)
    @given(spoiled(good, YAML))
    def check(data: bytes) -> None:
        (tmp_path / kind.file).write_bytes(data)
        check_told(refusal_of(load))

    check()


@pytest.mark.parametrize(
    "kind,name",
    [
        *((JAMA, name) for name in ("plan", "url", "project", "cycle")),
        *((OCTANE, name) for name in ("url", "suite", "environment", "fields", "modules", "wait")),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_spoiled_flags_are_read_or_refused(
    pytestconfig: pytest.Config, kind: TargetKind[SharedSettings], name: str
) -> None:
    @budget(pytestconfig, 20)
    @given(st.lists(st.sampled_from([*YAML, "=", "OS"]), max_size=6).map("".join))
    def check(value: str) -> None:
        check_told(
            refusal_of(
                lambda: load_settings(
                    start=pytestconfig.rootpath / "tests",
                    file=None,
                    flags={name: value},
                    environ={**LOGIN, **KEY},
                    kind=kind,
                )
            )
        )

    check()


def test_a_spoiled_lock_is_read_or_refused(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    @budget(pytestconfig, 150)
    @given(spoiled(LOCK, JSON))
    def check(data: bytes) -> None:
        (tmp_path / "jama.lock").write_bytes(data)
        error = refusal_of(lambda: read_lock(tmp_path, start=tmp_path))
        check_told(error)
        if error is None:  # what is read can be written, and is the same then
            lock = parse_lock(data.decode("utf-8-sig"), file="x")
            assert parse_lock(render_lock(lock), file="x") == lock

    check()
