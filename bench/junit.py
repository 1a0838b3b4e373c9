"""What ``junit-uploader --list`` costs, beside bare expat and beside what others read with."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from bench import probes
from bench.junit_reports import make_report
from bench.probes import Command, measure_in_turns, median_ratio
from bench.sessions import cost_of
from bench.table import Figures, Row
from bench.venvs import python_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.probes import Usage

CPU_BOUND = 5.0
COUNTED_BOUND = 3.6
MEMORY_BOUND_BYTES = 512
LINEAR_BOUND = 1.2
FEW, MORE = 2_000, 6_000
QUICK = 5_000, 20_000
SMALL, LARGE, HUGE = 50_000, 200_000, 1_000_000
RATIO, BYTES = "{:.2f} x expat", "{:,.0f} bytes"
READERS = str(Path(__file__).with_name("junit_readers.py"))
LIST, JSON, EXPAT = "list", "json", "expat"
SUBJECTS = {
    LIST: "junit-uploader --list",
    JSON: "junit-uploader --list --json",
    "junitparser": "junitparser",
    "xmltodict": "xmltodict",
    "trcli": "trcli's reader",
}


def measure(version: str, *, quick: bool) -> Figures:
    """Time, weigh and count the reading of reports; with `quick` smaller ones."""
    few, many = QUICK if quick else (SMALL, LARGE)
    small = measure_in_turns(_commands(version, few), repeats=1 if quick else 3)
    large = measure_in_turns(_commands(version, many), repeats=1 if quick else 5)
    rows = _counted(version) if probes.VALGRIND else []
    for name, text in SUBJECTS.items():
        ratio = median_ratio(large[name], large[EXPAT])
        bound = CPU_BOUND if name == LIST else None
        rows.append(Row(f"{text}: {many:,} tests", ratio, RATIO, f"{name} / {EXPAT}", bound))
    for name, text in SUBJECTS.items():
        growth_kb = _peak_kb(large[name]) - _peak_kb(small[name])
        bound = MEMORY_BOUND_BYTES if name == LIST else None
        memory = 1024 * growth_kb / (many - few)
        rows.append(Row(f"{text}: memory of a test", memory, BYTES, name, bound))
    rows += [
        Row(f"{text}: peak, {many:,} tests", _peak_kb(large[name]) / 1024, "{:,.0f} MB", name)
        for name, text in SUBJECTS.items()
    ]
    rows += [] if quick else _huge(version, small, large)
    return Figures(rows, _commands(version, many))


def _commands(version: str, count: int) -> dict[str, Command]:
    report = str(make_report(count))
    uploader = (python_of("jama", version), "-m", "junit_uploader", "--list")
    readers, testrail = python_of("readers", version), python_of("trcli", version)
    peers = {name: readers for name in (EXPAT, *SUBJECTS) if name not in {LIST, JSON}}
    return {
        LIST: Command((*uploader, report)),
        **{
            name: Command((python, READERS, name, report))
            for name, python in {**peers, "trcli": testrail}.items()
        },
        JSON: Command((*uploader, "--json", report)),
    }


def _peak_kb(usages: list[Usage]) -> float:
    return max(each.peak_kb for each in usages)


def _huge(
    version: str, small: Mapping[str, list[Usage]], large: Mapping[str, list[Usage]]
) -> list[Row]:
    """Return the rows on a million tests: each must cost what one of fewer tests costs."""
    commands = _commands(version, HUGE)
    huge = measure_in_turns({name: commands[name] for name in (EXPAT, LIST)}, repeats=3)
    make_report(HUGE).unlink()  # half a gigabyte
    growth = median_ratio(huge[LIST], huge[EXPAT]) / median_ratio(small[LIST], small[EXPAT])
    memory = 1024 * (_peak_kb(huge[LIST]) - _peak_kb(large[LIST])) / (HUGE - LARGE)
    seconds = statistics.median(each.cpu_s for each in huge[LIST])
    text = SUBJECTS[LIST]
    return [
        Row(
            f"{text}: each of {HUGE:,} tests beside each of {SMALL:,}",
            growth,
            "{:.2f} x",
            f"{LIST} / {EXPAT}",
            LINEAR_BOUND,
        ),
        Row(f"{text}: memory of a test beyond {LARGE:,}", memory, BYTES, LIST, MEMORY_BOUND_BYTES),
        Row(
            f"{text}: {HUGE:,} tests",
            seconds,
            "{:.1f} s",
            LIST,
            aside=f"{_peak_kb(huge[LIST]) / 1024:,.0f} MB",
        ),
    ]


def _counted(version: str) -> list[Row]:
    """Return the rows on one test more, without start-up, as valgrind counts them."""
    low, high = (cost_of(_commands(version, count)) for count in (FEW, MORE))
    slopes = {name: high[name] - low[name] for name in low}
    return [
        Row(
            f"{text}: instructions of one test more",
            slopes[name] / slopes[EXPAT],
            RATIO,
            f"{name} / {EXPAT}, {MORE:,} less {FEW:,}",
            COUNTED_BOUND if name == LIST else None,
        )
        for name, text in SUBJECTS.items()
    ]
