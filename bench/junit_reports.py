"""The JUnit reports that are read, below ``build/bench/reports``.

As a large product's nightly run: a thousand tests in a suite, 10 % failures of 1 KB, properties on
20 %, 200 bytes of output each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.venvs import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TESTS_PER_SUITE = 1000
TRACE = "\n".join(f"    at com.acme.Cart{n}.pay(Cart{n}.java:{17 * n})" for n in range(30))[:1000]
OUTPUT = ("a line of the log of this test, as any framework writes it\n" * 4)[:200]


def make_report(count: int) -> Path:
    """Write a report, unless it is there, and return its path.

    Args:
        count: How many testcases it has.
    """
    file = WORK / "reports" / f"report-{count}.xml"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        with part.open("w", encoding="utf-8") as stream:
            stream.writelines(_lines(count))
        part.rename(file)
    return file


def _lines(count: int) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n'
    for first in range(0, count, TESTS_PER_SUITE):
        suite = f"com.acme.Suite{first // TESTS_PER_SUITE}Test"
        yield f'<testsuite name="{suite}">\n'
        yield from (_testcase(suite, n) for n in range(first, min(count, first + TESTS_PER_SUITE)))
        yield "</testsuite>\n"
    yield "</testsuites>\n"


def _testcase(suite: str, number: int) -> str:
    inside = f"<system-out>{OUTPUT}</system-out>"
    if number % 5 == 0:
        reference = f'<property name="jama" value="SHOP-TC-{number}"/>'
        inside += f'<properties>{reference}<property name="owner" value="x"/></properties>'
    if number % 10 == 3:  # noqa: PLR2004 (any of ten)
        inside += f'<failure message="expected {number}" type="AssertionError">{TRACE}</failure>'
    head = f'classname="{suite}" name="testNumber{number}" time="0.{number % 1000:03d}"'
    return f"  <testcase {head}>{inside}</testcase>\n"
