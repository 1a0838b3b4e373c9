"""What ``junit-uploader --list`` costs, beside bare expat and beside what others read with."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import probes, venvs
from bench.junit_reports import make_report
from bench.probes import Command
from bench.sessions import cost_of
from bench.table import Row, compare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.probes import Usage

CPU_BOUND = 5.0
VERSION_BOUND = 1.6
HELP_BOUND = 5.0
MEMORY_BOUND_BYTES = 512
LINEAR_BOUND = 1.2
FEW, MORE = 2_000, 6_000
SMALL, LARGE, HUGE = 50_000, 200_000, 1_000_000
RATIO = "{:.2f} x expat"
TIMES = "{:.2f} x `python -c pass`"
BYTES = "{:,.0f} bytes"
READERS = str(Path(__file__).with_name("junit_readers.py"))
LIST, JSON = "junit-uploader --list", "junit-uploader --list --json"
PEERS = {"junitparser": "junitparser alone", "xmltodict": "xmltodict"}


def measure_junit(*, quick: bool) -> list[Row]:
    """Return the rows on reading reports.

    Args:
        quick: Whether to leave out the report of a million tests, and to measure fewer times.
    """
    large = _measure_in_turns(_commands(LARGE), repeats=3 if quick else 9)
    small = _measure_in_turns(_commands(SMALL), repeats=1 if quick else 9)
    ratios = {name: _ratio(usages, large["expat"]) for name, usages in large.items()}
    memory = {name: _growth_bytes(small[name], large[name]) for name in large}
    rows = [
        compare(f"{LIST}: {LARGE:,} tests", ratios[LIST], bound=CPU_BOUND, form=RATIO),
        Row(f"{JSON}: {LARGE:,} tests", RATIO.format(ratios[JSON])),
        *(
            Row(f"{text}: {LARGE:,} tests", RATIO.format(ratios[name]))
            for name, text in PEERS.items()
        ),
        compare(f"{LIST}: memory of a test", memory[LIST], bound=MEMORY_BOUND_BYTES, form=BYTES),
        *(
            Row(f"{text}: memory of a test", BYTES.format(memory[name]))
            for name, text in PEERS.items()
        ),
    ]
    rows += _measure_start()
    rows += _measure_instructions() if probes.VALGRIND else []
    return rows if quick else [*rows, *_measure_growth(small, large)]


def _commands(count: int) -> dict[str, Command]:
    report = str(make_report(count))
    uploader = (venvs.python_of("jama"), "-m", "junit_uploader", "--list")
    peers = {
        name: Command((venvs.python_of("readers"), READERS, name, report), venvs.WORK)
        for name in ("expat", *PEERS)
    }
    return {
        **peers,
        LIST: Command((*uploader, report), venvs.WORK),
        JSON: Command((*uploader, "--json", report), venvs.WORK),
    }


def _measure_in_turns(commands: Mapping[str, Command], repeats: int) -> dict[str, list[Usage]]:
    """Measure commands in turns, so that a slow minute of the machine hits all of them."""
    usages: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            usages[name].append(probes.measure_usage(command))
    return usages


def _ratio(usages: list[Usage], base: list[Usage]) -> float:
    """Return the median ratio of the processor times of runs and their neighbours."""
    pairs = zip(usages, base, strict=True)
    return statistics.median(one.cpu_s / other.cpu_s for one, other in pairs)


def _growth_bytes(small: list[Usage], large: list[Usage]) -> float:
    growth_kb = max(each.peak_kb for each in large) - max(each.peak_kb for each in small)
    return 1024 * growth_kb / (LARGE - SMALL)


def _measure_growth(
    small: Mapping[str, list[Usage]],
    large: Mapping[str, list[Usage]],
) -> list[Row]:
    """Return the rows on a million tests: each must cost what one of fewer tests costs."""
    commands = _commands(HUGE)
    huge = _measure_in_turns({name: commands[name] for name in ("expat", LIST)}, repeats=3)
    make_report(HUGE).unlink()  # half a gigabyte
    growth = _ratio(huge[LIST], huge["expat"]) / _ratio(small[LIST], small["expat"])
    peaks_kb = [max(each.peak_kb for each in usages[LIST]) for usages in (large, huge)]
    memory = 1024 * (peaks_kb[1] - peaks_kb[0]) / (HUGE - LARGE)
    seconds = statistics.median(each.cpu_s for each in huge[LIST])
    return [
        compare(
            f"{LIST}: each of {HUGE:,} tests beside each of {SMALL:,}",
            growth,
            bound=LINEAR_BOUND,
            form="{:.2f} x",
        ),
        compare(
            f"{LIST}: memory of a test beyond {LARGE:,}",
            memory,
            bound=MEMORY_BOUND_BYTES,
            form=BYTES,
        ),
        Row(f"{LIST}: {HUGE:,} tests", f"{seconds:.1f} s, {peaks_kb[1] / 1024:,.0f} MB"),
    ]


def _measure_instructions() -> list[Row]:
    """Return the rows on one test more, without start-up, as valgrind counts them."""
    low, high = (cost_of(_commands(count)) for count in (FEW, MORE))
    slopes = {name: high[name] - low[name] for name in low}
    return [
        Row(f"{name}: instructions of one test more", RATIO.format(slopes[name] / slopes["expat"]))
        for name in (LIST, JSON, *PEERS)
    ]


def _measure_start() -> list[Row]:
    """Return the rows on asking for help and version."""
    python = venvs.python_of("jama")
    program = str(Path(python).with_name("junit-uploader"))
    commands = {
        "pass": Command((python, "-c", "pass"), venvs.WORK),
        "--version": Command((program, "--version"), venvs.WORK),
        "--help": Command((program, "--help"), venvs.WORK),
    }
    cost = cost_of(commands)
    return [
        compare(
            f"junit-uploader {option}",
            cost[option] / cost["pass"],
            bound=bound,
            form=TIMES,
        )
        for option, bound in (("--version", VERSION_BOUND), ("--help", HELP_BOUND))
    ]


if __name__ == "__main__":
    from bench.table import print_table

    venvs.make_all()
    print_table("Reading reports", measure_junit(quick="--quick" in sys.argv))
