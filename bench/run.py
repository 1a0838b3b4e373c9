"""Measures what pytest-jama costs, and prints it beside the bounds: ``make bench``.

Where valgrind is installed, instructions are counted: they are the same on a busy and on an idle
machine. Elsewhere processor time is measured, in turns. docs/performance.md explains the figures.
"""

from __future__ import annotations

import argparse
import platform
import time

from bench import probes, venvs
from bench.documents import measure_documents
from bench.enabled import measure_enabled, measure_memory
from bench.idle import measure_idle, measure_newer_idle
from bench.junit import measure_junit
from bench.loading import measure_loading
from bench.octane import measure_octane
from bench.pace import measure_pace
from bench.reports import measure_reports
from bench.table import print_table


def main() -> None:
    """Measure everything, and print a table as soon as it is complete."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    quick: bool = parser.parse_args().quick
    start = time.monotonic()
    print("making the environments in", venvs.WORK.relative_to(venvs.PROJECT), flush=True)
    venvs.make_all()
    print(f"Python {platform.python_version()}, {platform.platform()}")
    print("counting instructions" if probes.VALGRIND else "no valgrind: measuring processor time")
    print_table("Idle: one test, no `--jama`", measure_idle(repeats=3 if quick else 11))
    newer = measure_newer_idle()
    if newer:
        print_table(f"Idle on Python {venvs.NEWER}", newer)
    print_table("The map of jama.yaml", measure_loading())
    print_table("Enabled: `--jama --jama-no-upload`", measure_enabled(quick=quick))
    if not quick:
        print_table("Memory", measure_memory())
    print_table("Pace: uploads of 200 results, with --quick 20", measure_pace(quick=quick))
    print_table("Reading reports: `junit-uploader`", measure_junit(quick=quick))
    print_table("Reports: `pytest-jama report`", measure_reports(quick=quick))
    print_table("Documents for ALM Octane", measure_documents(quick=quick))
    print_table("Uploads and sessions for ALM Octane", measure_octane(quick=quick))
    print(f"\ntook {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
