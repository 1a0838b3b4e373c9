"""What a session costs with ``--jama --jama-no-upload``, beside ``--junitxml`` and peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.probes import VALGRIND, measure_usage
from bench.sessions import INSTRUCTIONS, MILLIONS, UPLOAD_NOTHING, cost_of, peer_report, session
from bench.suites import FORMS
from bench.table import Figures, Row
from bench.venvs import python_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.probes import Command

QUICK, SMALL, LARGE = 200, 1_000, 3_000
PADDINGS = (0, 100, 1_000)
HEAVY = 30_000
"""Python asks for memory by the megabyte: 35 bytes for each of so many tests."""

MEMORY_BOUND_BYTES = 1024
BARE = ("-pno:jama", "-pno:allure_pytest", "-pno:pytest_jsonreport", "-pno:metadata")
"""Without any of the plugins; pytest-metadata is what pytest-json-report brings."""

SUBJECTS = {"marker": "`--jama`, markers", "map": "`--jama`, a map"}
PEERS = {"junitxml": "`--junitxml`", "allure": "allure-pytest", "json-report": "pytest-json-report"}
BASE = {"marker": "marked", "map": "bare", **dict.fromkeys(PEERS, "bare")}
"""The same suite without the feature: that pytest itself spends time on markers is not our cost."""


def sessions_of(version: str, count: int) -> dict[str, Command]:
    """Return the sessions that are compared, each with and without a feature."""
    options = {
        "bare": ("bare", *BARE),
        "marked": ("marker", *BARE),
        "marker": ("marker", *BARE[1:], *UPLOAD_NOTHING),
        "map": ("map", *BARE[1:], *UPLOAD_NOTHING),
        "junitxml": ("bare", *BARE, f"--junitxml={peer_report('report.xml')}"),
        "allure": ("bare", *BARE[:1], *BARE[2:], f"--alluredir={peer_report('allure')}"),
        "json-report": (
            *("bare", *BARE[:2], "--json-report"),
            f"--json-report-file={peer_report('report.json')}",
        ),
    }
    python = python_of("plugins", version)
    return {name: session(python, form, count, *rest) for name, (form, *rest) in options.items()}


def measure(version: str, *, quick: bool) -> Figures:
    """Count sessions of 1, 1,000 and 3,000 tests; with `quick` of 1, 10 and 200."""
    sizes = (1, 10, QUICK) if quick else (1, SMALL, LARGE)
    _, few, many = sizes
    paddings = PADDINGS[:1] if quick else PADDINGS
    added = {count: _added(_cost(version, count, paddings)) for count in sizes}
    one_more = {name: (added[many][name] - added[few][name]) / (many - few) for name in BASE}
    beside = one_more["junitxml"]
    scale = 1e6
    rows = [
        *(
            Row(
                f"{text}: one test more",
                one_more[name],
                INSTRUCTIONS,
                f"({name} - {BASE[name]}) of {many:,} less {few:,}",
            )
            for name, text in {**SUBJECTS, **PEERS}.items()
        ),
        *(
            Row(
                f"{text}: beside `--junitxml`",
                one_more[name] / beside,
                "{:.2f} x",
                f"({name} - {BASE[name]}) / (junitxml - bare)",
                1.0,
            )
            for name, text in SUBJECTS.items()
        ),
        *(
            Row(
                f"{text}: start-up",
                added[1][name] / scale,
                MILLIONS,
                f"{name} - {BASE[name]}, 1 test",
            )
            for name, text in {**SUBJECTS, **PEERS}.items()
        ),
        *(
            Row(
                f"{text}: each of {many:,} tests, start-up included",
                added[many][name] / many,
                INSTRUCTIONS,
                f"({name} - {BASE[name]}) / {many:,}",
            )
            for name, text in {**SUBJECTS, **PEERS}.items()
        ),
    ]
    return Figures(rows, sessions_of(version, many))


def measure_memory(version: str, *, quick: bool) -> Figures:
    """Measure the growth of the peak from 1,000 to 30,000 tests; with `quick` from 200 to 1,000."""
    low, high = (QUICK, SMALL) if quick else (SMALL, HEAVY)
    for each in (*_collecting(version, low), *_collecting(version, high)):
        measure_usage(each)  # to compile a suite takes memory, too
    few, many = (sessions_of(version, count) for count in (low, high))
    growth = {
        name: 1024
        * (measure_usage(many[name]).peak_kb - measure_usage(few[name]).peak_kb)
        / (high - low)
        for name in few
    }
    added = _added(growth)
    rows = [
        Row(
            f"{text}: memory of one test more",
            added[name],
            "{:,.0f} bytes",
            f"{name} - {BASE[name]}, {high:,} less {low:,}",
            MEMORY_BOUND_BYTES if name in SUBJECTS else None,
        )
        for name, text in {**SUBJECTS, **PEERS}.items()
    ]
    return Figures(rows, many)


def _cost(version: str, count: int, paddings: Sequence[int]) -> dict[str, float]:
    """Return what the sessions of one size cost."""
    # what only runs once has to be compiled, too: before the smallest suite
    warm_up = None if count == 1 or not VALGRIND else _collecting(version, count)
    sessions = sessions_of(version, count)
    return cost_of(sessions, repeats=3, paddings=paddings, warm_up=warm_up)


def _collecting(version: str, count: int) -> list[Command]:
    """Return what compiles each suite of a size."""
    python = python_of("plugins", version)
    return [session(python, form, count, *BARE, "--collect-only") for form in FORMS]


def _added(cost: dict[str, float]) -> dict[str, float]:
    """Return what each feature adds to the same suite without it."""
    return {name: cost[name] - cost[base] for name, base in BASE.items()}
