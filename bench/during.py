"""Results that are sent while tests run: ``upload: {when: during}`` beside ``when: end``.

The suite has tests that sleep; plan and cycle are there. How much is left to wait for begins with
the end of the last test, and ends with the process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.probes import LAUNCHER, MARK, VALGRIND, read_usage
from bench.servers import CYCLE, FOLDER, PLAN, PROJECT, Database, beside, run_beside
from bench.suites import make_suite
from bench.table import Figures, Row

if TYPE_CHECKING:
    from pathlib import Path

    from bench.probes import Command, Usage

TESTS, SLEEP_S = 1_000, 0.3
QUICK_TESTS, QUICK_SLEEP_S = 50, 0.12
WHOLE_TESTS = 200
COUNTED_TESTS, QUICK_COUNTED_TESTS = (200, 2_000), (2, 200)
LEFT_BOUND_S = 15.0
MAIN_BOUND = 1.02
THROTTLE = ("--throttle", "10/100")
WHENS = ("end", "during")
CALLGRIND = ("--tool=callgrind", "--separate-threads=yes")
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)
CONFTEST = """\
import os, pathlib, time

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    time.sleep({sleep_s})
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    pathlib.Path(__file__).with_name("ended").write_text(str(time.time()))
"""
ENDS_WITH_THE_TESTS = """\
import os

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    os._exit(0)
"""
SETTINGS = """\
project: {project}
plan: {plan}
cycle: {cycle}
upload: {{rate: {rate}, when: {when}}}
"""


def measure(version: str, *, quick: bool) -> Figures:
    """Time both, one after the other; and count what the main thread executes."""
    tests, sleep_s = (QUICK_TESTS, QUICK_SLEEP_S) if quick else (TESTS, SLEEP_S)
    database = Database("during", tests, is_built=True)
    rows, commands, left_s = [], {}, {}
    for when in WHENS:
        folder = _make_suite(tests, when, sleep_s=sleep_s)
        commands[when] = _session(version, (*database.options, *THROTTLE), folder, *LAUNCHER)
        usage = _run(commands[when], database)
        left_s[when] = usage.ended - float((folder / "ended").read_text(encoding="utf-8"))
        title = f"`when: {when}`, {tests:,} tests of {sleep_s} s, 10/s"
        bound = LEFT_BOUND_S if when == "during" else None
        rows += [
            Row(f"{title}: after the last test", left_s[when], "{:.1f} s", when, bound),
            Row(f"{title}: in all", usage.wall_s, "{:.1f} s", when),
        ]
    sizes = QUICK_COUNTED_TESTS if quick else COUNTED_TESTS
    counted = _main_thread(version, *sizes) if VALGRIND else Figures([], {})
    return Figures([*rows, *counted.rows], {**commands, **counted.commands})


def _make_suite(tests: int, when: str, *, sleep_s: float = 0) -> Path:
    """Write a suite whose tests sleep, and settings that say when results are sent."""
    folder = make_suite("marker", tests, variant=f"{when}-")
    (folder / "conftest.py").write_text(CONFTEST.format(sleep_s=sleep_s), encoding="utf-8")
    rate = 10 if sleep_s else "auto"
    settings = SETTINGS.format(project=PROJECT, plan=PLAN, cycle=CYCLE, rate=rate, when=when)
    (folder / "jama.yaml").write_text(settings, encoding="utf-8")
    return folder


def _session(version: str, options: tuple[str, ...], folder: Path, *wrapper: str) -> Command:
    session = ("python", "-m", "pytest", "-p", "no:cacheprovider", "--jama")
    return beside(version, options, *wrapper, *session, folder=folder)


def _run(command: Command, database: Database) -> Usage:
    database.fresh()
    return read_usage(MARK + run_beside(command, mark=MARK))


def _main_thread(version: str, least: int, most: int) -> Figures:
    """Count what the main thread executes with both: all of it, and until the last test has ended.

    The first includes what the end of the session compares; the second has no end, so that only the
    difference of two sizes tells what a test costs. One collection of garbage more or less is 20
    million instructions, so that the sizes have to be far apart.

    Args:
        version: The Python.
        least: How many tests the smaller session has.
        most: How many the larger one has.
    """
    whole, commands = _count(version, WHOLE_TESTS)
    until: dict[int, dict[str, int]] = {}
    for tests in (least, most):
        until[tests], more = _count(version, tests, conftest=ENDS_WITH_THE_TESTS)
        commands.update(more)
    end, during = (until[most][when] - until[least][when] for when in WHENS)
    count = "instructions of the main thread"
    one = f"{most:,} tests less {least:,}, to the last test"
    named = [f"`during` beside `end`, {each}" for each in (f"{WHOLE_TESTS} tests", one)]
    return Figures(
        [
            Row(
                f"{count}: {named[0]}",
                whole["during"] / whole["end"],
                "{:.4f} x",
                f"main during {WHOLE_TESTS} / main end {WHOLE_TESTS}",
                MAIN_BOUND,
            ),
            Row(
                f"{count}: {named[1]}",
                during / end,
                "{:.4f} x",
                f"(tests during {most} - tests during {least}) / (tests end {most} - ...)",
            ),
            Row(
                f"{count}: one test more, `during` less `end`",
                (during - end) / (most - least),
                "{:,.0f}",
                f"(tests during {most} - tests end {most}) - (tests during {least} - ...)",
            ),
        ],
        commands,
    )


def _count(
    version: str, tests: int, *, conftest: str = ""
) -> tuple[dict[str, int], dict[str, Command]]:
    """Count instructions of the main thread of a session of each kind.

    Args:
        version: The Python.
        tests: How many there are.
        conftest: The conftest.py, if it is another.
    """
    name = "tests" if conftest else "main"
    database, counts, commands = Database("counted", tests, is_built=True), {}, {}
    for when in WHENS:
        file, folder = FOLDER / f"{name}-{when}-{tests}", _make_suite(tests, when)
        if conftest:
            (folder / "conftest.py").write_text(conftest, encoding="utf-8")
        valgrind = (str(VALGRIND), *CALLGRIND, f"--callgrind-out-file={file}")
        command = _session(version, database.options, folder, *LAUNCHER, *valgrind)
        _run(command, database)
        text = file.with_name(f"{file.name}-01").read_text(encoding="utf-8")
        counts[when] = int(TOTALS.findall(text)[-1])
        commands[f"{name} {when} {tests}"] = command
    return counts, commands
